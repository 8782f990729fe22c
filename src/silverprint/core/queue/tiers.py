"""Tiers of a queue: which group of people is asked about an image, and how many of them.

An image goes to the tier of the class that the round's model, or its first guess, takes it for; without a prediction to
the crowd. Images that judge a model all go to one tier, whatever the model says of them. Where the people who give the
reference depended on the model's answer, its errors would be found out more often in some classes than in others:
differential verification bias (Whiting et al. 2004, "Sources of Variation and Bias in Studies of Diagnostic Accuracy",
Annals of Internal Medicine 140; de Groot et al. 2011, "Verification Problems in Diagnostic Accuracy Studies", BMJ 343).
An image of a person that one tier alone may see goes there in every role.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from silverprint.config import CROWD
from silverprint.records import TEXT


@dataclass(frozen=True)
class Asking:
    """How many people are asked about an image."""

    overlap: int  # people in any case
    max_overlap: int | None = None  # people at most, while its label is not sure; None: `overlap` is all
    until: float | None = None  # confidence, 0..1, from which on a label is sure


@dataclass(frozen=True)
class Tiers:
    """
    Attributes:
        of_class: predicted class -> tier; who is missing is for the crowd.
        asking: of tiers that have a number of people of their own.
        judging: the tier that is asked about whatever judges a model.
        adjudicator: the tier of which one person is asked where the crowd disagrees; None: nobody is.
        adjudicate_below: confidence of the label, 0..1, below which they are.
    """

    of_class: Mapping[str, str] = field(default_factory=dict)
    asking: Mapping[str, Asking] = field(default_factory=dict)
    judging: str = CROWD
    adjudicator: str | None = None
    adjudicate_below: float | None = None


def of_rows(tiers: Tiers, judges: pl.Expr) -> pl.Expr:
    """`tier` of a queue's rows, which have predicted and shown_to.

    Args:
        judges: of the rows that judge a model.
    """
    by_class = pl.col("predicted").replace_strict(dict(tiers.of_class), default=CROWD, return_dtype=TEXT)
    usual = pl.when(judges).then(pl.lit(tiers.judging)).otherwise(by_class.fill_null(CROWD))
    return pl.coalesce("shown_to", usual).alias("tier")


def asked(queue: pl.DataFrame, tiers: Tiers, usual: Asking, judges: pl.Expr, goes_on: pl.Expr) -> pl.DataFrame:
    """`queue` with `max_overlap` and `until`, an `overlap` of its tier's own, and who adjudicates.

    Args:
        queue: rows with tier, role and overlap.
        usual: how many people are asked in a tier that says nothing of it.
        judges: of the rows that judge a model, whose overlap stays as it is.
        goes_on: of the rows that may be asked about until their label is sure.
    """
    own = {tier: found for tier, found in tiers.asking.items() if tier in set(queue["tier"])}
    overlap, most, until = pl.col("overlap"), pl.lit(usual.max_overlap), pl.lit(usual.until)
    for tier, asking in own.items():
        here = pl.col("tier") == tier
        overlap = pl.when(here & ~judges).then(asking.overlap).otherwise(overlap)
        most = pl.when(here).then(asking.max_overlap).otherwise(most)
        until = pl.when(here).then(asking.until).otherwise(until)
    may = (pl.col("tier") == CROWD) & (pl.col("role") != "gold")  # of gold the label is known
    return queue.with_columns(
        overlap=overlap,
        max_overlap=pl.when(goes_on).then(most),
        until=pl.when(goes_on).then(until),
        adjudicator=pl.when(may).then(pl.lit(tiers.adjudicator, TEXT)),
        adjudicate_below=pl.when(may).then(pl.lit(tiers.adjudicate_below, pl.Float64)),
    )
