"""Retirement of annotators: which labels change without their votes, and which pictures then want another person."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from silverprint.core.votes import vote_ledger

_ZONE = r"(Z|\+00:00)$"  # both mean UTC; without it, times of any precision are in the order of their characters


@dataclass(frozen=True)
class LabelChanges:
    """
    Attributes:
        labels: pictures with a label before.
        changed: of them, how many have another one after.
        lost: how many have none after.
        classes: class, before, after (pictures), of every class of either, sorted.
    """

    labels: int
    changed: int
    lost: int
    classes: pl.DataFrame


def label_changes(before: pl.DataFrame, after: pl.DataFrame) -> LabelChanges:
    """What differs between two LABELS of the same pictures."""
    had = before.drop_nulls("label").select("image_id", "label")
    both = had.join(after.select("image_id", pl.col("label").alias("now")), on="image_id", how="left")
    counts = [
        frame.drop_nulls("label").group_by("label").agg(pl.len().cast(pl.Int64).alias(name))
        for frame, name in ((before, "before"), (after, "after"))
    ]
    classes = counts[0].join(counts[1], on="label", how="full", coalesce=True).fill_null(0).sort("label")
    return LabelChanges(
        labels=had.height,
        changed=both.filter(pl.col("now") != pl.col("label")).height,
        lost=both["now"].null_count(),
        classes=classes.rename({"label": "class"}),
    )


def answers_in_time(votes: pl.DataFrame, since: Mapping[str, str]) -> pl.DataFrame:
    """The votes that answer what was asked: those that a retired annotator gave later do not.

    What they said before stays an answer: whoever retires them asks other people in their stead, or does not.

    Args:
        votes: VOTES.
        since: retired annotator -> time (UTC, ISO 8601).
    """
    ended = pl.col("annotator").replace_strict(dict(since), default=None, return_dtype=pl.String)
    late = pl.col("created_at").str.replace(_ZONE, "") > ended.str.replace(_ZONE, "")
    return votes.filter(~late.fill_null(False))


def images_to_ask_again(votes: pl.DataFrame, progress: pl.DataFrame, annotator: str) -> list[str]:
    """The pictures that `annotator` took a stand on and that have too few answers without them, sorted.

    Args:
        votes: VOTES of a round.
        progress: from `vote_ledger.progress`.
    """
    own = votes.filter((pl.col("annotator") == annotator) & pl.col("status").is_in(vote_ledger.DONE))
    short = progress.filter(pl.col("answered") - 1 < pl.col("needed"))
    return sorted(set(short["image_id"]) & set(own["image_id"]))
