"""Overlap of pictures that judge, where people are asked one after the other. Pure functions.

Nobody more is asked about a picture once one class leads by `least` answers, or the answers still to come could not
change which class has most (curtailed sampling: Phillips 1985, "Curtailed Sampling", Journal of the American
Statistical Association 80). `most` people are asked at most. A lead that stops is the sequential probability ratio test
of two classes (Wald 1945, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16). The
answers alone say who is asked; no model has a say.

An audit picture has one use: to say whether a label that nobody gave is right. Nobody more is asked about one, either,
as soon as somebody's answer, and each one, is the label that would be released. What that hides is `hidden_share`.
"""

from collections.abc import Collection
from typing import Final

import polars as pl

from silverprint.core.votes import vote_ledger

AUDIT: Final = "audit"
REASON: Final = "the answers so far do not settle it (sequential overlap)"
_PAIR: Final = 2  # of so many people nobody can say who is right where they differ


def least(role: str, overlap: int) -> int:
    """People who are asked in any case about a picture of `role`: of `overlap` people as many as could settle it."""
    return 1 if role == AUDIT else overlap // 2 + 1


def most(overlap: int) -> int:
    """People who are asked at most: more than `overlap`, from 3 on, where the answers of so many do not settle it."""
    return 2 * overlap - 1 if overlap > _PAIR else overlap


def is_sequential() -> pl.Expr:
    """Whether people are asked one after the other about a row of a queue because it judges."""
    return pl.col("max_overlap").is_not_null() & pl.col("until").is_null()


def settled(queue: pl.DataFrame, answers: pl.DataFrame, brought: pl.DataFrame) -> list[str]:
    """The image_ids, among those of `queue` that judge, about which nobody more needs to be asked, or could be.

    Beyond `overlap` people one more is asked only where somebody who answers such pictures has not answered this one: a
    round never waits for a person whom nobody has met.

    Args:
        queue: QUEUE.
        answers: VOTES of the round.
        brought: image_id, choice: labels that sources came with.
    """
    rows = queue.filter(is_sequential()).select("image_id", "role", "predicted", "max_overlap")
    given = answers.filter(pl.col("status").is_in(vote_ledger.DONE)).unique(["image_id", "annotator"])
    counts = given.group_by("image_id").agg(
        pl.len().cast(pl.Int64).alias("people"),
        pl.col("choice").filter(pl.col("status") == "valid").value_counts(sort=True).struct.field("count").alias("of"),
        pl.col("choice").first().alias("said"),
    )
    of_sources = brought.group_by("image_id").agg(pl.col("choice").alias("brought"))
    rows = rows.join(counts, on="image_id").join(of_sources, on="image_id", how="left")
    first = pl.col("of").list.get(0, null_on_oob=True).fill_null(0).cast(pl.Int64)
    second = pl.col("of").list.get(1, null_on_oob=True).fill_null(0).cast(pl.Int64)
    lead, people, overlap = first - second, pl.col("people"), usual()
    there = given.join(rows, on="image_id", how="semi")["annotator"].n_unique()
    is_decided = (lead > overlap // 2) | (lead > pl.col("max_overlap") - people)
    has_met_all = people >= pl.max_horizontal(overlap, pl.lit(there))
    proposed = pl.concat_list(pl.col("predicted"), pl.col("brought").fill_null([])).list.drop_nulls().list.unique()
    is_one = (proposed.list.len() == 1) & (proposed.list.get(0, null_on_oob=True) == pl.col("said"))
    is_confirmed = (pl.col("role") == AUDIT) & (first == pl.col("people")) & is_one
    return rows.filter(is_decided | has_met_all | is_confirmed)["image_id"].to_list()


def usual() -> pl.Expr:
    """The `overlap` of which `max_overlap` is `most`: so many people are asked about a picture that is not settled,
    whoever there is. Queues of earlier versions have `overlap` itself there.
    """
    most_asked = pl.col("max_overlap")
    is_most = (most_asked >= most(_PAIR + 1)) & (most_asked % 2 == 1)
    return pl.when(is_most).then((most_asked + 1) // 2).otherwise(most_asked)


def hidden_share(
    audited: pl.Series, settled_by_one: Collection[str], answers: pl.DataFrame, annotators: pl.DataFrame
) -> float:
    """Of wrong labels the share, 0..1, that audited pictures take for right because one answer settled them, at most.

    One person confirms a wrong label only by making just that mistake, so it is at most how often the person errs. Of
    each picture that one answer may settle the person who answered it first counts, with the upper end of the 95 %
    interval of their errors, by the consensus or else by gold; who could not be compared with anybody may always err.
    The others hide nothing. The mean over all audited pictures suffices for a test of their sum: where each is right
    with a chance of its own, a sum far above its mean is no likelier than if all had the mean chance (Hoeffding 1956,
    "On the Distribution of the Number of Successes in Independent Trials", Annals of Mathematical Statistics 27).

    Args:
        audited: image_ids.
        settled_by_one: from `settled_by_one`, of all queues.
        answers: VOTES that stand.
        annotators: ANNOTATORS.
    """
    mine = audited.filter(audited.is_in(list(settled_by_one)))
    if mine.is_empty():
        return 0.0
    given = answers.filter(pl.col("status").is_in(vote_ledger.DONE) & pl.col("image_id").is_in(mine.implode()))
    first = given.sort("created_at", "annotator").unique("image_id", keep="first")
    errs = annotators.select("annotator", errs=1 - pl.coalesce("low", "gold_low").fill_null(0.0))
    return float(first.join(errs, on="annotator", how="left")["errs"].fill_null(1.0).sum()) / len(audited)


def settled_by_one(queue: pl.DataFrame) -> pl.Series:
    """The image_ids of a queue's audit pictures that one answer may settle."""
    return queue.filter(is_sequential() & (pl.col("role") == AUDIT))["image_id"]
