"""Learning of a round's network: fine-tuned on all labels, and judged by folds that it did not see."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from silverprint.config import Embed, Model
from silverprint.core.evaluation.calibration import temperature
from silverprint.core.evaluation.resampling import stratified_folds
from silverprint.errors import DataError
from silverprint.model.finetune.fit import fit
from silverprint.model.finetune.lesson import Lesson, seed_of
from silverprint.model.finetune.network import Network

FOLDS = 3
FEWEST = 12  # pictures to learn from: below, a fold would teach less than a batch
CHECKPOINT_EVERY_S = 60.0


class Learnt(NamedTuple):
    network: Network  # with its temperature
    held_out: NDArray[np.float32]  # (n, C), for each picture what a network says that did not see its label
    facts: dict[str, Any]  # how it was learnt, for the card


def learn(
    lesson: Lesson, embed: Embed, recipe: Model, *, seed: int, scratch: Path, every_s: float = CHECKPOINT_EVERY_S
) -> Learnt:
    """Fine-tunes FOLDS + 1 networks: one for each fold, which predicts what it did not see, and that of all.

    The temperature is that of the folds' predictions: so is the head's.

    Args:
        scratch: folder of the checkpoints; removed at the end. A killed run that is called again goes on from there.
        every_s: least time between two checkpoints, seconds.

    Raises:
        DataError: too few pictures, or what `fit` raises.
        UnavailableError: the backbone's weights are not there.
    """
    if len(lesson.image_ids) < FEWEST:
        rule = f"a network is fine-tuned on {FEWEST} pictures or more"
        raise DataError(f"{len(lesson.image_ids)} labels", rule, "set model.trainer: head until there are more")
    mine = scratch / _digest(lesson, embed, recipe, seed)
    for other in scratch.glob("*"):
        if other != mine:
            shutil.rmtree(other)
    classes, knobs = lesson.targets.shape[1], recipe.finetune

    def taught(part: Lesson, number: int) -> Network:
        network = Network.pretrained(embed, classes, seed_of(seed, number))
        checkpoint = mine / f"{number}.ckpt"
        fit(network, part, knobs, seed=seed_of(seed, number), checkpoint=checkpoint, every_s=every_s)
        return network

    unseen = np.zeros((len(lesson.image_ids), classes), dtype=np.float32)
    folds = stratified_folds(lesson.labels, FOLDS, seed)
    for fold in range(FOLDS):
        seen, left_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        names = [lesson.image_ids[place] for place in left_out]
        unseen[left_out] = taught(lesson.part(seen), fold + 1).logits(lesson.pictures.read(names))
    network = taught(lesson, 0)
    network.temperature.fill_(temperature(unseen[None], lesson.labels))
    shutil.rmtree(scratch)
    facts: dict[str, Any] = {"folds": FOLDS, "temperature": round(float(network.temperature), 4)}
    if lesson.pool and knobs.unlabelled.omega != "none":
        facts |= {"omega": knobs.unlabelled.omega, "pool": len(lesson.pool)}
    return Learnt(network, network.probabilities(unseen)[0], facts)


def _digest(lesson: Lesson, embed: Embed, recipe: Model, seed: int) -> str:
    """A name for all that decides what is learnt: a checkpoint of anything else is of no use."""
    size_and_weights = [embed.backbone, embed.size, embed.weights_sha256]
    names = [list(lesson.image_ids), list(lesson.pool)]
    said = json.dumps([seed, recipe.recipe, size_and_weights, names, torch.__version__])
    found = hashlib.sha256(said.encode())
    for part in (lesson.labels, lesson.targets):
        found.update(part.tobytes())
    return found.hexdigest()[:16]
