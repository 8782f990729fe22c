"""scikit-activeml's strategies behind the trial's contract: the same arrays, the same head, the same process."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skactiveml.base import SkactivemlClassifier
from skactiveml.pool import Badge, CoreSet, DropQuery, Falcun, MaxHerding, ProbCover, TypiClust

from benchmarks.label_efficiency.head import Head
from benchmarks.label_efficiency.request import NeedsModel, Request

NEEDS_MODEL = ("Badge", "DropQuery", "Falcun")
# ProbCover's radii are meant for rows of unit length; it keeps its graph from round to round.
ON_UNIT_ROWS = ("ProbCover",)
QUERIES: dict[str, Callable[..., Any]] = {
    "Badge": Badge,
    "CoreSet": CoreSet,
    "DropQuery": DropQuery,
    "Falcun": Falcun,
    "MaxHerding": MaxHerding,
    "ProbCover": ProbCover,
    "TypiClust": TypiClust,
}


class Peer:
    """One strategy of scikit-activeml over one run."""

    def __init__(self, name: str, classes: int, seed: int) -> None:
        self.name, self.classes = name, classes
        options: dict[str, Any] = {"n_classes": classes} if name == "ProbCover" else {}
        if name in ("ProbCover", "TypiClust", "DropQuery"):
            options["cluster_algo_dict"] = {"n_init": 1}
        self.query = QUERIES[name](random_state=seed, **options)

    def __call__(self, request: Request) -> NDArray[np.int64]:
        y = np.full(len(request.embeddings), np.nan)
        y[request.labeled] = request.labels
        model: dict[str, Any] = {}
        if self.name in NEEDS_MODEL:
            if request.head is None:
                raise NeedsModel
            model = {"clf": _Given(request.head), "fit_clf": False}
        rows = request.embeddings.astype(np.float64)
        if self.name in ON_UNIT_ROWS:
            rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(self.query.query(rows, y, batch_size=request.budget, **model), dtype=np.int64)


class _Given(SkactivemlClassifier):
    """The trial's head, fitted already."""

    def __init__(self, head: Head) -> None:
        super().__init__(classes=list(range(head.classes)), random_state=0)
        self.head = head
        self.classes_ = np.arange(head.classes)

    def fit(self, *_: Any, **__: Any) -> "_Given":
        return self

    def predict_proba(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        return self.head.probabilities(rows)

    def predict(self, rows: NDArray[np.floating], **_: Any) -> NDArray[np.int64]:
        return self.head.probabilities(rows).argmax(axis=1)
