"""Sequential overlap: people are asked about a picture one after the other, until its label is sure. Pure functions.

The rule stops at a bound on the posterior probability of the likeliest label, as sequential tests do (Wald 1945,
"Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16). Asking again where labels are least
sure is worth more than the same number of votes everywhere (Sheng, Provost & Ipeirotis 2008, "Get Another Label?", KDD,
section 4).

Which asks there are depends on the votes alone: the ask for the k-th person has the time of the answer that made k - 1,
so two machines that see the same answers write the same line, and a merge of both keeps one of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

from silverprint.core.votes import judging_overlap, vote_ledger
from silverprint.records import ASKS, conform

REASON: Final = "the label is not sure (sequential overlap)"
_SUPERSEDED: Final = "superseded"


@dataclass(frozen=True)
class Standing:
    """What sequential overlap came to in a round.

    Attributes:
        pictures: asked about so.
        answers: people who answered, over these pictures.
        saved: answers that were not asked for, of as many as `max_overlap` allows.
        unsure: pictures about which as many people answered as may be asked, and whose label is not sure.
    """

    pictures: int
    answers: int
    saved: int
    unsure: int


def may_go_on(queue: pl.DataFrame, progress: pl.DataFrame) -> bool:
    """Whether one more person is to be asked about any picture if its label is not sure.

    Args:
        queue: QUEUE.
        progress: from `vote_ledger.progress`.
    """
    return not _due(queue, progress).is_empty()


def next_asks(
    queue: pl.DataFrame,
    progress: pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame,
    settled: Collection[str] = (),
) -> pl.DataFrame:
    """One more person for each picture that as many people answered as were asked, whose label is not sure; of pictures
    that judge, whose answers do not settle it.

    Nobody is asked beyond `max_overlap` people, and nobody while an answer that was asked for is still to come. A
    picture without a label, on which everybody abstained, is not sure.

    Args:
        queue: QUEUE.
        progress: from `vote_ledger.progress`, of the same answers.
        answers: VOTES of the round.
        labels: image_id, confidence (0..1) by all that counts.
        settled: pictures that judge, from `judging_overlap.settled`.

    Returns:
        ASKS, each for one person, sorted by asked_at and image_id; none where everything is sure or exhausted. Where
        more people have answered than were asked there is a line for each of them, too, so that what is asked is always
        one more than have answered.
    """
    unsure = _due(queue, progress).join(labels.select("image_id", "confidence"), on="image_id", how="left")
    judges = pl.col("until").is_null()
    unsure = unsure.filter(~pl.when(judges).then(pl.col("image_id").is_in(list(settled))).otherwise(_is_sure()))
    rows = (
        unsure.join(answer_times(answers), on="image_id")
        .with_columns(people=pl.int_ranges("needed", pl.col("answered") + 1))
        .explode("people")
        .with_columns(asked_at=pl.col("times").list.get(pl.col("people") - 1))
    )
    reason = pl.when(judges).then(pl.lit(judging_overlap.REASON)).otherwise(pl.lit(REASON))
    found = rows.with_columns(extra=pl.lit(1), reason=reason)
    return conform(found, ASKS).sort("asked_at", "image_id")


def standing(queue: pl.DataFrame, progress: pl.DataFrame, labels: pl.DataFrame) -> Standing:
    """What it came to so far, for pictures that do not judge.

    Args:
        queue: QUEUE.
        progress: from `vote_ledger.progress`.
        labels: image_id, confidence.
    """
    rows = _sequential(queue.drop_nulls("until"), progress)
    rows = rows.join(labels.select("image_id", "confidence"), on="image_id", how="left")
    exhausted = rows.filter((pl.col("answered") >= pl.col("max_overlap")) & ~_is_sure())
    spared = (pl.col("max_overlap") - pl.col("answered")).clip(lower_bound=0)
    return Standing(rows.height, int(rows["answered"].sum()), int(rows.select(spared.sum()).item()), exhausted.height)


def _sequential(queue: pl.DataFrame, progress: pl.DataFrame) -> pl.DataFrame:
    """image_id, tier, max_overlap, until, needed, answered; without what a further tier is asked."""
    rows = queue.drop_nulls("max_overlap").select("image_id", vote_ledger.own_tier(), "max_overlap", "until")
    return rows.join(progress, on=["image_id", "tier"], maintain_order="left")


def _due(queue: pl.DataFrame, progress: pl.DataFrame) -> pl.DataFrame:
    """Those that everybody has answered who was asked, and about which more may be asked."""
    here, most = pl.col("answered"), pl.col("max_overlap")
    return _sequential(queue, progress).filter((here >= pl.col("needed")) & (here < most))


def _is_sure() -> pl.Expr:
    return (pl.col("confidence") >= pl.col("until")).fill_null(False)


def answer_times(answers: pl.DataFrame) -> pl.DataFrame:
    """image_id, times: when each person who has answered did so first, sorted; a later correction moves nothing."""
    counts = pl.col("status").is_in(vote_ledger.DONE)
    people = (
        answers.filter(counts | (pl.col("status") == _SUPERSEDED))
        .group_by("image_id", "annotator")
        .agg(counts.any().alias("counts"), pl.col("created_at").min())
    )
    return people.filter("counts").group_by("image_id").agg(pl.col("created_at").sort().alias("times"))
