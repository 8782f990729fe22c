"""Undecided labels: those that neither the votes nor what else is known of a picture decide."""

import json
from typing import Final

import polars as pl

from silverprint.core.splits import TRAINABLE
from silverprint.core.votes import imported_labels
from silverprint.records import RETIRED

_HALF: Final = 0.5
_TIED: Final = 1e-6  # shares of votes are rounded to it


def undecided(labels: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The labels for training that are no better than a guess, in the order of `labels`.

    A label is undecided that is not likelier right than wrong (confidence of one half or less). So is one for which the
    votes have no majority, another class having as many or more, where what speaks for it beside them (whom we believe
    more, a model's voice) is worth less than one more answer: its confidence is below the share of people's answers
    that are right.

    Args:
        labels: LABELS.
        people: ANNOTATORS of the same round: `accuracy` by the consensus. Without any figure there, no tie is decided.
    """
    by_people = labels.filter(pl.col("role").is_in(TRAINABLE), pl.col("label").is_not_null(), source="human")
    leads = pl.struct("label", "distribution").map_elements(
        lambda row: _leads(row["label"], row["distribution"]), return_dtype=pl.Boolean
    )
    unsure = pl.col("confidence") < one_answer(people)
    return by_people.filter((pl.col("confidence") <= _HALF) | (~leads & unsure))


def one_answer(people: pl.DataFrame) -> float:
    """How often an answer of these ANNOTATORS is right, 0..1, each as often as they answered; 1 where nothing says."""
    counting = ~pl.col("annotator").str.starts_with(imported_labels.PREFIX) & (pl.col("state") != RETIRED)
    known = people.filter(counting).drop_nulls("accuracy")
    votes = int(known["compared"].sum())
    return float((known["accuracy"] * known["compared"]).sum() / votes) if votes else 1.0


def _leads(label: str, distribution: str) -> bool:
    """Whether `label` has more votes than any other class."""
    shares = json.loads(distribution)
    others = [share for name, share in shares.items() if name != label]
    return float(shares.get(label, 0)) > max(others, default=0.0) + _TIED
