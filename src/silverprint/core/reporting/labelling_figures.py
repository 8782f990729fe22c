"""Figures of a round's labelling: how far people agree, what is left open, the time and money that it took."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from silverprint.core.agreement import pairwise_agreement
from silverprint.core.votes import labelling_effort, vote_ledger

_HOUR = 3600.0


def labelling_figures(
    quality: dict[str, Any], votes: pl.DataFrame, labels: pl.DataFrame, name: str, classes: Sequence[str]
) -> dict[str, float]:
    """The figures of round `name` alone; what is not known is left out.

    Args:
        quality: what labels@r wrote beside its tables (quality.json).
        votes: VOTES so far.
        labels: LABELS so far.

    Returns:
        round_votes; agreement (mean share of agreeing pairs of votes on a picture, 0..1, without gold pictures), alpha
        (Krippendorff's), gold (share of right answers on gold pictures, 0..1) with gold_low and gold_high,
        anchoring (share of answers that follow a prediction because it is shown, -1..1) with anchoring_low and
        anchoring_high, anchoring_accuracy (how much oftener answers are right where it is shown, -1..1),
        anchoring_seconds (time of a vote where it is shown, as a part of that where it is hidden),
        unresolved_share (pictures on which every vote abstained, 0..1), hours (of work, from the lead times that
        browsers reported).
    """
    answers = votes.filter((pl.col("round") == name) & pl.col("status").is_in(vote_ledger.ANSWERS))
    gold = labels.filter(pl.col("source") == "gold")
    pairs = pairwise_agreement(answers.join(gold, on="image_id", how="anti"), classes)["agreement"]
    known = quality.get("gold", {}).get("round", {})
    pace = labelling_effort.seconds_per_vote(answers["lead_time_s"])
    anchoring = quality.get("anchoring", {})
    effect = {name: anchoring.get(name) or {} for name in ("acceptance", "accuracy", "seconds")}
    found = {
        "round_votes": answers.height,
        "agreement": pairs.mean(),
        "alpha": quality.get("alpha_round"),
        "gold": known.get("accuracy"),
        "gold_low": known.get("low") if known.get("accuracy") is not None else None,
        "gold_high": known.get("high") if known.get("accuracy") is not None else None,
        "anchoring": effect["acceptance"].get("effect"),
        "anchoring_low": effect["acceptance"].get("low"),
        "anchoring_high": effect["acceptance"].get("high"),
        "anchoring_accuracy": effect["accuracy"].get("effect"),
        "anchoring_seconds": effect["seconds"].get("effect"),
        "unresolved_share": quality.get("unresolved_share"),
        "hours": None if pace is None else answers.height * pace / _HOUR,
    }
    return {key: float(value) for key, value in found.items() if value is not None}


def class_counts(labels: pl.DataFrame, classes: Sequence[str]) -> dict[str, int]:
    """Pictures that people gave each of `classes` (rows of LABELS): class -> pictures, 0 where none."""
    counted = labels.filter((pl.col("source") == "human") & pl.col("label").is_in(list(classes)))
    return dict.fromkeys(classes, 0) | dict(counted.group_by("label").len().iter_rows())
