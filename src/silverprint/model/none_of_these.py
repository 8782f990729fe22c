"""Score of pictures that are none of the classes: a head of two outcomes beside the one of the classes.

It tells what people answered "not one of these" from what they gave a class, on the same features and by the same way
to learn: logistic regression whose penalty and temperature are of labels held out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from silverprint.core.evaluation.detection import detection
from silverprint.core.features.lens import Lens
from silverprint.core.semisupervised import fit
from silverprint.model import weights_file
from silverprint.model.head import Head
from silverprint.model.learning import head_of
from silverprint.model.predict_pool import predict_pool
from silverprint.store.features import Features

WEIGHTS: Final = "none-of-these.pt"
HELD_OUT: Final = "none-held-out.parquet"  # beside it: NONE_HELD_OUT of the pictures that taught it
FEWEST: Final = 10  # answers that teach it: below, each of the folds would hold one or none


class Learnt(NamedTuple):
    head: Head
    held_out: NDArray[np.float32]  # (n,), the chance that each is none, by a head that did not see its answer
    facts: dict[str, Any]  # answers, and core.evaluation.detection of `held_out`, for the card


def learn(
    rows: NDArray[np.float32], none: NDArray[np.bool_], pool: NDArray[np.float32], lens: Lens, seed: int
) -> Learnt | None:
    """The head of these answers; None where too few are "not one of these".

    Args:
        rows: (n, k) of the pictures asked about, as the lens shows them.
        none: (n,) whether people found no class; not all of them.
        pool: (N, k) of pictures that nobody labelled; by them the features are scaled.
    """
    answers = int(none.sum())
    if answers < FEWEST:
        return None
    fitted = fit(rows, none.astype(np.int64), pool, classes=2, omega="none", seed=seed)
    held_out = np.asarray(fitted.held_out[:, 1], dtype=np.float32)
    return Learnt(head_of(fitted, lens), held_out, {"answers": answers, **detection(held_out, none)})


def save(head: Head, folder: Path) -> None:
    """Writes none-of-these.pt: the same head always gives the same bytes."""
    weights_file.write(folder / WEIGHTS, head.state_dict())


def load(folder: Path) -> Head | None:
    """The head in a model's folder; None where it has none.

    Raises:
        DataError: it is not readable.
    """
    path = folder / WEIGHTS
    return weights_file.read(path, "head", Head) if path.exists() else None


def chances(folder: Path, embedded: Path, image_ids: Sequence[str]) -> NDArray[np.float32] | None:
    """(n,) how likely each picture is none of the classes, 0..1, by the model in `folder`; None where it cannot say.

    Args:
        embedded: folder of the features, not looked at where there is no such score.

    Raises:
        UnavailableError: there are no features.
        DataError: a picture has none, or the head is not readable.
    """
    head = load(folder)
    if head is None:
        return None
    if not image_ids:
        return np.zeros(0, dtype=np.float32)
    found: NDArray[np.float32] = predict_pool(head, Features(embedded), image_ids).mean(axis=0)[:, 1]
    return found
