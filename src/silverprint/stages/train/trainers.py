"""Trainers of a round's model by their names in params.yaml: what each makes of labels, pool and pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import console, layout
from silverprint.config import Params
from silverprint.core.evaluation.targets import believed, one_hot
from silverprint.core.features.lens import Lens
from silverprint.stages.train.brought import Taught
from silverprint.store.features import Features

if TYPE_CHECKING:
    from silverprint.model.round_model import RoundModel


@dataclass(frozen=True)
class Material:
    """What a round's model may be made from.

    Attributes:
        training: rows of LABELS.
        labels: (L,) their class ids.
        judged: (L,) the same as they would be had no model spoken: by these what is learnt is judged when held out.
        rows: (L, D) their features as they are stored.
        unlabelled: (N,) pictures that nobody labelled.
        pool: (N, D) their features.
        brought: of sources.
        seed: of the round.
    """

    round: str
    classes: tuple[str, ...]
    training: pl.DataFrame
    labels: NDArray[np.int64]
    judged: NDArray[np.int64]
    rows: NDArray[np.float32]
    unlabelled: Sequence[str]
    pool: NDArray[np.float32]
    features: Features
    lens: Lens
    brought: Taught
    seed: int


class Made(NamedTuple):
    model: "RoundModel"
    held_out: NDArray[np.float32]  # (L, C), for each example what a model says that did not see its label
    facts: dict[str, Any]  # how it was learnt, for the card


def head(params: Params, given: Material) -> Made:
    """A head on the features of the frozen backbone, from labels, pool and brought labels."""
    from silverprint.model.learning import Material as Lesson
    from silverprint.model.learning import learn
    from silverprint.model.round_model import OnFeatures

    random = (given.training["role"] == "control").to_numpy()
    seen, pool = given.lens(given.rows), given.lens(given.pool)
    targets = believed(given.training, given.classes)
    lesson = Lesson(seen, given.judged, targets, random, pool, len(given.classes), given.brought.ways)
    learnt = learn(lesson, given.lens, params.model, given.seed)
    return Made(OnFeatures(learnt.head, given.features), learnt.held_out, learnt.facts)


def finetune(params: Params, given: Material) -> Made:
    """The backbone, fine-tuned on people's labels, and on the pool where an Ω is asked for."""
    from silverprint.model.round_model import finetuned

    if given.brought.ways:
        console.say(f"train {given.round}: a fine-tuned network learns from people's labels, not from sources'")
    soft = params.model.finetune.soft_labels
    sure = one_hot(given.labels, len(given.classes))
    targets = believed(given.training, given.classes).astype(np.float32) if soft else sure
    names, scratch = given.training["image_id"].to_list(), layout.FINETUNING / given.round
    pool = _pool(params.model.finetune.unlabelled.omega, given)
    model, learnt = finetuned(params, names, given.judged, targets, pool=pool, seed=given.seed, scratch=scratch)
    return Made(model, learnt.held_out, learnt.facts)


def _pool(omega: str, given: Material) -> Sequence[str]:
    """The pictures without a label that a network learns from."""
    if omega == "none":
        return ()
    if len(given.unlabelled) < FEWEST_UNLABELLED:
        value = f"train {given.round}: model.finetune.unlabelled.omega = {omega!r}"
        left = f"{len(given.unlabelled)} pictures without a label, and it needs {FEWEST_UNLABELLED}"
        console.say(f"{value} does nothing: {left}")
        return ()
    return given.unlabelled


FEWEST_UNLABELLED: Final = 12  # of fewer no batch says much
TRAINERS: Final[dict[str, Callable[[Params, Material], Made]]] = {"head": head, "finetune": finetune}
