"""Effect of labels that flipped: a model trained with the old ones and one with the new, of the same pictures."""

import zlib
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.campaign import evaluation_draws, ledgers, present_labels
from silverprint.campaign.round_comparison import RoundComparison
from silverprint.config import Params
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.evaluation import paired, weighted
from silverprint.core.evaluation.paired import Estimate
from silverprint.core.evaluation.present_classes import unique_names
from silverprint.core.evaluation.targets import believed
from silverprint.core.evaluation.training_set import Examples, examples, unlabelled
from silverprint.core.semisupervised import MOST
from silverprint.records import MANIFEST
from silverprint.store import evaluations, model_card, tables
from silverprint.store.features import Features


class LabelEffect(NamedTuple):
    """
    Attributes:
        pictures: trained on, both times.
        flipped: of them, with another label the second time.
        old, new: accuracy with the first round's labels and with the last round's, 0..1.
        gain: of the new over the old, -1..1.
    """

    pictures: int
    flipped: int
    old: Estimate
    new: Estimate
    gain: Estimate


def measure(params: Params, found: RoundComparison) -> LabelEffect | None:
    """Trains as `train` of the last round, with its labels and once more with those of the first where it knew any.

    Pictures that were no use for training then ("not one of these", no label) keep the last round's label both times.

    Returns:
        None where no trained picture's label flipped, or nothing judges it.

    Raises:
        ConfigError: the features at hand are not those that the last round's model was trained on.
    """
    from silverprint.model.head import require_same_features
    from silverprint.model.retrain import Retraining

    card = model_card.read(layout.model(found.last.name))
    classes = tuple(unique_names(card["classes"], evaluations.unseen(card)))  # of today, as all labels here
    (training, judged), pool = _examples(found.last.name, classes)
    before = present_labels.of_round(found.first.name)
    old = _older(training, before, classes)
    flipped = int((old["label"] != training["label"]).sum())
    if not flipped or judged.is_empty():
        return None
    features = Features(layout.EMBED)
    require_same_features(card, features.description, layout.model(found.last.name))
    place = {name: number for number, name in enumerate(classes)}
    models = Retraining(
        features,
        training["image_id"].to_list(),
        (training["role"] == "control").to_numpy(),
        pool,
        judged["image_id"].to_list(),
        seed=zlib.crc32(f"{params.seed} {found.last.name}".encode()),
    )
    truth = np.array([place[label] for label in judged["label"]])

    def right(rows: pl.DataFrame) -> NDArray[np.bool_]:
        labels = np.array([place[name] for name in rows["label"]])
        found: NDArray[np.bool_] = models.predicted(labels, believed(rows, classes), params.model) == truth
        return found

    theirs, ours = right(old), right(training)
    drawn = evaluation_draws.weights(judged["image_id"], params.chain[: params.chain.index(found.last.name) + 1])
    weights = weighted.weights_of(drawn.to_frame())
    if weights is None:
        old_share, new_share = (paired.share(hits, paired.equal_weights(len(truth))) for hits in (theirs, ours))
    else:
        old_share, new_share = (weighted.share(hits, np.ones_like(hits), weights) for hits in (theirs, ours))
    return LabelEffect(
        pictures=training.height,
        flipped=flipped,
        old=old_share,
        new=new_share,
        gain=paired.gain(ours, theirs, paired.weights_of(len(truth), weights)),
    )


def _examples(name: str, classes: tuple[str, ...]) -> tuple[Examples, list[str]]:
    """What `train` learns from and judges by, and the pictures that nobody labelled."""
    labels = present_labels.of_round(name)
    manifest, withdrawn = tables.read(layout.MANIFEST, MANIFEST), ledgers.withdrawn_images()
    found = examples(labels, manifest, classes=classes, withdrawn=withdrawn, binding=BINDING)
    return found, unlabelled(labels, manifest, withdrawn=withdrawn, most=MOST)


def _older(training: pl.DataFrame, before: pl.DataFrame, classes: tuple[str, ...]) -> pl.DataFrame:
    """`training` with the labels, and what people said of them, as they were before, where those were of use."""
    told = ("label", "confidence", "distribution")
    known = before.filter(pl.col("label").is_in(list(classes))).select("image_id", *told)
    rows = training.join(known, on="image_id", how="left", maintain_order="left", suffix="_before")
    was = pl.col("label_before").is_not_null()
    return rows.with_columns(pl.when(was).then(f"{name}_before").otherwise(name).alias(name) for name in told)
