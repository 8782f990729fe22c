"""Adjudication: where the crowd disagrees, one person of a tier is asked, too. Pure functions.

Which asks there are depends on the votes alone, as with sequential overlap: the ask has the time of the last of the
crowd's answers, so two machines that see the same answers write the same line, and a merge of both keeps one of it.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from silverprint.config import CROWD
from silverprint.core.votes import sequential_overlap, vote_ledger
from silverprint.records import ASKS, TEXT, conform

REASON: Final = "the crowd disagrees (adjudication)"


def may_ask(queue: pl.DataFrame, progress: pl.DataFrame) -> bool:
    """Whether anybody is to be asked if people disagree.

    Args:
        queue: QUEUE.
        progress: from `vote_ledger.progress`.
    """
    return not _due(queue, progress).is_empty()


def asks(
    queue: pl.DataFrame,
    progress: pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame,
    going_on: pl.DataFrame,
    tiers: Mapping[str, str],
) -> pl.DataFrame:
    """One person of the adjudicator's tier for each picture on which people disagree and whose label is not sure.

    It is asked about once, as soon as as many people answered as may be asked, and not where somebody of the tier has
    answered already. People disagree where they gave two different answers, or all abstained.

    Args:
        queue: QUEUE.
        progress: from `vote_ledger.progress`, of the same answers.
        answers: VOTES of the round.
        labels: image_id, confidence (0..1) by all that counts.
        going_on: ASKS that the same answers give rise to by `sequential_overlap.next_asks`.
        tiers: annotator -> tier; who is missing is of the crowd.

    Returns:
        ASKS, sorted by asked_at and image_id.
    """
    given = answers.filter(pl.col("status").is_in(vote_ledger.DONE))
    tier = pl.col("annotator").replace_strict(dict(tiers), default=CROWD, return_dtype=TEXT)
    said = given.group_by("image_id").agg(
        pl.col("choice").n_unique().alias("different"),
        (pl.col("status") == "valid").any().alias("any_class"),
        tier.unique().alias("spoke"),
    )
    rows = _due(queue, progress).join(going_on, on="image_id", how="anti").join(said, on="image_id")
    rows = rows.join(labels.select("image_id", "confidence"), on="image_id", how="left")
    rows = rows.join(sequential_overlap.answer_times(answers), on="image_id")
    differ = (pl.col("different") > 1) | ~pl.col("any_class")
    unsure = pl.col("confidence").fill_null(0.0) < pl.col("adjudicate_below")
    asked_already = pl.col("spoke").list.contains(pl.col("adjudicator"))
    found = rows.filter(differ & unsure & ~asked_already).with_columns(
        extra=pl.lit(1), reason=pl.lit(REASON), asked_at=pl.col("times").list.last(), tier=pl.col("adjudicator")
    )
    return conform(found, ASKS).sort("asked_at", "image_id")


def _due(queue: pl.DataFrame, progress: pl.DataFrame) -> pl.DataFrame:
    """Pictures that everybody has answered who was asked, and that nobody of the adjudicator's tier was asked about:
    image_id, adjudicator, adjudicate_below, and what is not used.
    """
    rows = queue.drop_nulls("adjudicator").select("image_id", vote_ledger.own_tier(), "adjudicator", "adjudicate_below")
    done = rows.join(progress, on=["image_id", "tier"]).filter(pl.col("answered") >= pl.col("needed"))
    asked = progress.select("image_id", adjudicator="tier")
    return done.join(asked, on=["image_id", "adjudicator"], how="anti", maintain_order="left")
