"""Agreement between annotators. Only votes that do not abstain count: see `counted_votes`."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import polars as pl

from silverprint.core.votes.vote_ledger import LONGEST_S
from silverprint.records import ANNOTATORS, NONE_OF_THESE, UNSURE, conform

VOTE = ["image_id", "annotator", "choice"]

# Why alpha is not defined: nobody shared a picture, so that nothing was measured; or all say one thing, as people do
# who always click one answer.
NO_PAIR: Final = "no-pair"
NO_VARIATION: Final = "no-variation"
Undefined = Literal["no-pair", "no-variation"]


def latest_votes(votes: pl.DataFrame) -> pl.DataFrame:
    """One row per picture and person, their last: by `created_at` and `annotation_id` where there are such columns.

    Votes of one time, and all votes of a frame without those columns, follow each other in the frame's order.
    """
    when = [name for name in ("created_at", "annotation_id") if name in votes.columns]
    ordered = votes.sort(when, maintain_order=True, nulls_last=False) if when else votes
    return ordered.unique(["image_id", "annotator"], keep="last", maintain_order=True).sort("image_id", "annotator")


def counted_votes(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> pl.DataFrame:
    """The votes that count: image_id, annotator, choice; one per picture and person, sorted.

    A person's latest answer is theirs. 'unsure', an empty answer, and (where `classes` are given) an unknown class
    abstain; 'not one of these' is a class like any other.
    """
    choice = pl.col("choice")
    says = choice.is_not_null() & (choice != "") & (choice != UNSURE)
    if classes is not None:
        says &= choice.is_in([*classes, NONE_OF_THESE])
    return latest_votes(votes).filter(says).select(VOTE)


def krippendorff_alpha(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> float:
    """Krippendorff's alpha for nominal data: 1 is perfect agreement, 0 is what chance gives, below 0 is worse.

    alpha = 1 - (n - 1) * sum_{c != k} o_ck / sum_{c != k} n_c n_k over pictures with two votes or more
    (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C).

    Returns:
        A float at most 1; NaN where it is not defined: no picture has two votes, or all votes are for one class;
        `why_undefined` tells which.
    """
    tally = _paired(votes, classes)
    per_class = tally.group_by("choice").agg(pl.col("n").sum())["n"]
    total = int(per_class.sum() or 0)
    expected = total**2 - int((per_class**2).sum() or 0)
    if expected == 0:
        return float("nan")
    observed = tally.select((pl.col("n") * (pl.col("of") - pl.col("n")) / (pl.col("of") - 1)).sum()).item()
    return float(1 - (total - 1) * observed / expected)


def alpha_interval(
    votes: pl.DataFrame, classes: Sequence[str] | None = None, *, seed: int, resamples: int = 1000, level: float = 0.95
) -> tuple[float, float] | None:
    """The interval of Krippendorff's alpha, by a bootstrap of percentiles over pictures; None where alpha is undefined.

    Source: Hayes & Krippendorff 2007, Communication Methods and Measures 1(1), 77-89, who resample pairs; pictures are
    what was drawn here, and their votes stay together.
    """
    if why_undefined(votes, classes) is not None:
        return None
    tally = _paired(votes, classes).with_columns(
        picture=pl.col("image_id").rank("dense") - 1, label=pl.col("choice").rank("dense") - 1
    )
    counts = np.zeros((tally["picture"].n_unique(), tally["label"].n_unique()))
    counts[tally["picture"].to_numpy(), tally["label"].to_numpy()] = tally["n"].to_numpy()
    of = counts.sum(axis=1, keepdims=True)
    terms = np.column_stack([counts, (counts * (of - counts) / (of - 1)).sum(axis=1)])
    rng, pictures = np.random.default_rng(seed), len(counts)
    drawn = np.array(
        [np.bincount(rng.integers(pictures, size=pictures), minlength=pictures) @ terms for _ in range(resamples)]
    )
    per_class, observed = drawn[:, :-1], drawn[:, -1]
    total = per_class.sum(axis=1)
    expected = total**2 - (per_class**2).sum(axis=1)
    there = expected > 0
    alphas = 1 - (total[there] - 1) * observed[there] / expected[there]
    low, high = np.quantile(alphas, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def alpha_by_pair(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> pl.DataFrame:
    """Krippendorff's alpha of each two people over the pictures that both voted on.

    Returns:
        one, other (the larger name), pictures, alpha (null where it is not defined), sorted by one and other.
    """
    own = counted_votes(votes, classes)
    both = own.join(own, on="image_id", suffix="_other").filter(pl.col("annotator") < pl.col("annotator_other"))
    said = pl.concat(
        [
            both.select("annotator", "annotator_other", choice)
            for choice in (pl.col("choice"), pl.col("choice_other").alias("choice"))
        ]
    )
    pair = ["annotator", "annotator_other"]
    spread = said.group_by(*pair, "choice").len("n").group_by(pair).agg((pl.col("n") ** 2).sum().alias("squares"))
    differ = (pl.col("choice") != pl.col("choice_other")).sum().alias("differ")
    pairs = both.group_by(pair).agg(pl.len().cast(pl.Int64).alias("pictures"), differ).join(spread, on=pair)
    total = 2 * pl.col("pictures")
    expected = total.cast(pl.Int64) ** 2 - pl.col("squares").cast(pl.Int64)
    alpha = pl.when(expected > 0).then(1 - (total - 1) * 2 * pl.col("differ") / expected)
    named = {"one": pl.col("annotator"), "other": pl.col("annotator_other")}
    return pairs.select(**named, pictures=pl.col("pictures"), alpha=alpha).sort("one", "other")


def why_undefined(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> Undefined | None:
    """Why Krippendorff's alpha of these votes is not defined; None where it is."""
    tally = _paired(votes, classes)
    if tally.is_empty():
        return NO_PAIR
    return NO_VARIATION if tally["choice"].n_unique() == 1 else None


def pairwise_agreement(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> pl.DataFrame:
    """Per picture with a counted vote: n_votes, and agreement, the share of agreeing pairs of votes.

    Returns:
        image_id, n_votes (Int64), agreement (0..1, null below two votes), sorted by image_id.
    """
    n, of = pl.col("n"), pl.col("of").first()
    return (
        _tally(counted_votes(votes, classes))
        .group_by("image_id")
        .agg(
            of.alias("n_votes"),
            pl.when(of > 1).then((n * (n - 1)).sum() / (of * (of - 1))).alias("agreement"),
        )
        .sort("image_id")
    )


def agreement_with_others(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> pl.DataFrame:
    """Per counted vote on a picture that others voted on too: does it say what most of the others say?

    Returns:
        image_id, annotator, agrees: 1 or 0, or 1/k where k classes lead among the others and this is one of them.
    """
    own = counted_votes(votes, classes)
    others = (
        own.join(_tally(own).rename({"choice": "said"}), on="image_id")
        .with_columns((pl.col("n") - (pl.col("said") == pl.col("choice")).cast(pl.Int64)).alias("n"))
        .filter((pl.col("of") > 1) & (pl.col("n") > 0))
    )
    leads = pl.col("n") == pl.col("n").max()
    hit = (leads & (pl.col("said") == pl.col("choice"))).sum() / leads.sum()
    return others.group_by("image_id", "annotator").agg(hit.alias("agrees")).sort("image_id", "annotator")


def annotators(votes: pl.DataFrame, classes: Sequence[str] | None = None) -> pl.DataFrame:
    """Each person's work: how many votes, how many abstentions, how often they say what the others say, how fast.

    Args:
        votes: VOTES that still stand (none superseded, deleted or withdrawn); a time that can be none is left out.

    Returns:
        ANNOTATORS, sorted by annotator; agreement is null for a person who never shared a picture.
    """
    answers = latest_votes(votes)
    seconds = pl.col("lead_time_s")
    median = seconds.filter(seconds.is_between(0, LONGEST_S)).median()
    voted = counted_votes(votes, classes).group_by("annotator").agg(pl.len().cast(pl.Int64).alias("votes"))
    agreement = (
        agreement_with_others(votes, classes)
        .group_by("annotator")
        .agg(pl.col("agrees").mean().round(9).alias("agreement"))
    )
    table = (
        answers.group_by("annotator")
        .agg(pl.len().cast(pl.Int64).alias("answers"), median.alias("median_lead_time_s"))
        .join(voted, on="annotator", how="left")
        .join(agreement, on="annotator", how="left")
        .with_columns(pl.col("votes").fill_null(0))
        .with_columns((pl.col("answers") - pl.col("votes")).alias("abstained"))
    )
    return conform(table, ANNOTATORS).sort("annotator")


def _paired(votes: pl.DataFrame, classes: Sequence[str] | None) -> pl.DataFrame:
    """`_tally` of the votes that count, of pictures with two or more."""
    return _tally(counted_votes(votes, classes)).filter(pl.col("of") > 1)


def _tally(votes: pl.DataFrame) -> pl.DataFrame:
    """Per picture and choice: `n` votes for it, `of` all the picture's votes."""
    return (
        votes.group_by("image_id", "choice")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .with_columns(pl.col("n").sum().over("image_id").alias("of"))
        .sort("image_id", "choice")
    )
