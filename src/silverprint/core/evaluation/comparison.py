"""Comparison of rounds' models on the evaluation pictures that all of them judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from silverprint.core.evaluation import paired, weighted
from silverprint.core.evaluation.calibration import expected_calibration_error
from silverprint.core.evaluation.paired import Estimate, Hits, Weights


@dataclass(frozen=True)
class Judged:
    """A model on the shared pictures.

    Attributes:
        accuracy, balanced: shares 0..1; balanced accuracy is the mean recall of the classes that occur.
        recall: class -> share of its pictures that the model recognises; classes without a picture are left out.
        ece: calibration error of the confidences as they are used, after the temperature, 0..1.
        confidence: their mean, 0..1.
    """

    accuracy: Estimate
    balanced: Estimate
    recall: dict[str, Estimate]
    ece: float
    confidence: float


@dataclass(frozen=True)
class Gain:
    """A model against another on the shared pictures; differences -1..1, above 0 where it is better.

    Attributes:
        won, lost: pictures on which it alone, or the other alone, is right.
    """

    accuracy: Estimate
    balanced: Estimate
    recall: dict[str, Estimate]
    won: int
    lost: int


@dataclass(frozen=True)
class Shared:
    """The pictures that all models judged, by image_id.

    Attributes:
        labels: image_id, label: what people say of each by now.
        hits: round -> (pictures,) whether its model is right.
        confidences: round -> (pictures,) how sure it is, 0..1.
        weights: (pictures,) for how many pictures each stands; None where all stand for as many.
    """

    labels: pl.DataFrame
    hits: dict[str, Hits]
    confidences: dict[str, pl.Series]
    weights: Weights | None = None

    @property
    def pictures(self) -> int:
        return self.labels.height

    @property
    def support(self) -> dict[str, int]:
        """class -> its pictures."""
        return dict(self.labels.group_by("label").len().sort("label").iter_rows())


def shared(evaluations: Mapping[str, pl.DataFrame], judge: pl.DataFrame) -> Shared:
    """
    Args:
        evaluations: round -> EVALUATION, what its model said.
        judge: image_id, label: the labels by which all are judged, without those whose label no model can say; and
            weight, where the pictures have any.
    """
    rows = judge.select("image_id", "label", *(["weight"] if "weight" in judge.columns else []))
    for name, evaluation in evaluations.items():
        said = evaluation.select(
            "image_id", pl.col("predicted").alias(f"predicted {name}"), pl.col("confidence").alias(f"confidence {name}")
        )
        rows = rows.join(said, on="image_id")
    rows = rows.sort("image_id")
    return Shared(
        rows.select("image_id", "label"),
        {name: (rows["label"] == rows[f"predicted {name}"]).to_numpy() for name in evaluations},
        {name: rows[f"confidence {name}"] for name in evaluations},
        weighted.weights_of(rows),
    )


def judged(pictures: Shared, name: str) -> Judged:
    """The round's model on `pictures`, of which there is at least one."""
    hits, confidence = pictures.hits[name], pictures.confidences[name].to_numpy()
    return Judged(
        *_shares(pictures, hits),
        ece=expected_calibration_error(confidence, hits, weights=pictures.weights),
        confidence=weighted.mean(confidence, pictures.weights),
    )


def _shares(pictures: Shared, hits: Hits) -> tuple[Estimate, Estimate, dict[str, Estimate]]:
    """Accuracy, balanced accuracy, recall of each class."""
    labels, weights = pictures.labels["label"].to_numpy(), pictures.weights
    if weights is None:
        return (
            paired.share(hits, paired.equal_weights(len(hits))),
            paired.share(hits, paired.balanced_weights(labels)),
            {
                label: paired.share(hits[labels == label], paired.equal_weights(n))
                for label, n in pictures.support.items()
            },
        )
    places = np.unique(labels, return_inverse=True)[1]
    return (
        weighted.share(hits, np.ones_like(hits), weights),
        weighted.balanced_accuracy(np.where(hits, places, -1), places, weights),
        {label: weighted.share(hits, labels == label, weights) for label in pictures.support},
    )


def gain(pictures: Shared, before: str, after: str) -> Gain:
    """The model of the round `after` against that of `before` on `pictures`, of which there is at least one."""
    ours, theirs, weights = pictures.hits[after], pictures.hits[before], pictures.weights
    labels = pictures.labels["label"].to_numpy()
    of_class = {label: labels == label for label in pictures.support}
    return Gain(
        accuracy=paired.gain(ours, theirs, paired.weights_of(len(labels), weights)),
        balanced=paired.gain(ours, theirs, paired.balanced_weights(labels, weights)),
        recall={
            label: paired.gain(
                ours[rows],
                theirs[rows],
                paired.weights_of(int(rows.sum()), None if weights is None else weights[rows]),
            )
            for label, rows in of_class.items()
        },
        won=int((ours & ~theirs).sum()),
        lost=int((~ours & theirs).sum()),
    )


def most_changed(change: Gain, classes: Sequence[str], most: int) -> list[str]:
    """At most `most` of the classes that were compared, those whose recall changed most, in the order of `classes`."""
    known = [name for name in classes if name in change.recall]
    ranked = np.argsort([-abs(change.recall[name].value) for name in known], kind="stable")
    kept = {known[place] for place in ranked[:most]}
    return [name for name in known if name in kept]
