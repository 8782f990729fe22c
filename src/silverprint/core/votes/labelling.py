"""Labelling: the label of each picture that people were asked about, from votes, imports, known labels and models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import polars as pl
from numpy.typing import ArrayLike

from silverprint.core import agreement
from silverprint.core.consensus import consensus
from silverprint.core.splits import JUDGING
from silverprint.core.votes import gold_answers, imported_labels, vote_ledger
from silverprint.records import LABELS, RETIRED, TEXT, UNHEARD, conform

_CONTROL: Final = "control"  # judges the strategy by training, so that labels of imports are as good as elsewhere


@dataclass(frozen=True)
class Evidence:
    """What labels are made from.

    Attributes:
        asked: image_id, role, round of the pictures that people were asked about; none of gold.
        answers: votes that stand about them (VOTES, an empty choice abstains).
        imports: votes of imports about them (VOTES).
        gold: image_id, annotator, choice: people's first answers about pictures of `known`.
        known: image_id -> label.
        voices: image_id -> (C,) probabilities, in the order of the classes, of a model that did not see the label.
    """

    asked: pl.DataFrame
    answers: pl.DataFrame
    imports: pl.DataFrame
    gold: pl.DataFrame
    known: Mapping[str, str]
    voices: Mapping[str, ArrayLike]

    def counting(self, classes: Sequence[str]) -> pl.DataFrame:
        """image_id, annotator, choice: the votes that count beside people's, which are those of imports."""
        people = agreement.counted_votes(self.answers, classes)
        return agreement.counted_votes(imported_labels.counting_votes(self.imports, self.asked, people), classes)

    def cast(self) -> pl.DataFrame:
        """image_id, annotator, choice: people's latest answers, abstentions and those on gold pictures among them."""
        return pl.concat(
            [agreement.latest_votes(self.answers).select(agreement.VOTE), self.gold.select(agreement.VOTE)]
        )

    def hearing(self, voices: Mapping[str, ArrayLike]) -> "Evidence":
        """The evidence with these voices, as far as they are about pictures that people were asked about."""
        asked = set(self.asked["image_id"])
        return replace(self, voices={name: row for name, row in voices.items() if name in asked})

    def with_votes(self, votes: pl.DataFrame) -> "Evidence":
        """The evidence with more VOTES, whatever their status."""
        known = pl.DataFrame(list(self.known.items()), schema={"image_id": TEXT, "label": TEXT}, orient="row")
        first = gold_answers.gold_answers(votes, known).filter(pl.col("exposure") == 1)
        about = votes.join(self.asked, on="image_id", how="semi")
        gold = pl.concat([self.gold.select(agreement.VOTE), first.select(agreement.VOTE)])
        return replace(self, answers=pl.concat([self.answers, about]), gold=gold)


def mark_retired(votes: pl.DataFrame, retired: frozenset[str]) -> pl.DataFrame:
    """VOTES in which the answers of retired annotators say so, and so count for nothing."""
    is_gone = pl.col("status").is_in(vote_ledger.ANSWERS) & pl.col("annotator").is_in(sorted(retired))
    return votes.with_columns(status=pl.when(is_gone).then(pl.lit(RETIRED)).otherwise("status"))


class Votes(NamedTuple):
    """What votes alone say, without any model: image_id, label, confidence, distribution, n_votes.

    Attributes:
        people: by people alone.
        all: by people and imports.
        cast: image_id, annotator, choice: the votes of these.
    """

    people: pl.DataFrame
    all: pl.DataFrame
    cast: pl.DataFrame


def without_models(evidence: Evidence, classes: Sequence[str], method: str) -> Votes:
    """The part of `label` that no model's voice changes."""
    people, brought = evidence.cast(), evidence.counting(classes)
    cast = pl.concat([people, brought])
    alone = _decide(evidence, people, classes, method)
    return Votes(alone, _decide(evidence, cast, classes, method) if brought.height else alone, cast)


def label(
    evidence: Evidence, classes: Sequence[str], method: str, said: Votes | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """LABELS of the asked pictures, and UNHEARD of those that a model's voice was heard about.

    Pictures that judge have labels by which no model has a say, not even by the way of whom it makes us believe:
    control pictures by people and imports, the others by people alone. `agreement` is among people.

    Args:
        said: `without_models` of the same evidence, where it is known already.
    """
    alone, free, cast = said or without_models(evidence, classes, method)
    speaks = bool(evidence.voices) and method == "auto"
    heard = _decide(evidence, cast, classes, method, evidence.voices) if speaks else free
    role = pl.col("role")
    parts = (
        (alone, role.is_in(JUDGING) & (role != _CONTROL)),
        (free, role == _CONTROL),
        (heard, ~role.is_in(JUDGING)),
    )
    decided = pl.concat([evidence.asked.filter(which).join(found, on="image_id", how="left") for found, which in parts])
    among_people = agreement.pairwise_agreement(evidence.answers, classes).select("image_id", "agreement")
    filled = (pl.col("n_votes").fill_null(0), pl.col("distribution").fill_null("{}"), pl.lit("human").alias("source"))
    labels = decided.join(among_people, on="image_id", how="left").with_columns(*filled)
    told = evidence.asked.filter(
        ~role.is_in(JUDGING) & pl.col("image_id").is_in(list(evidence.voices if speaks else ()))
    )
    unheard = free.join(told, on="image_id", how="semi")
    return conform(labels, LABELS).sort("image_id"), conform(unheard, UNHEARD).sort("image_id")


def _decide(
    evidence: Evidence,
    votes: pl.DataFrame,
    classes: Sequence[str],
    method: str,
    voices: Mapping[str, ArrayLike] | None = None,
) -> pl.DataFrame:
    return consensus(votes, method, classes=classes, probabilities=voices, known=evidence.known).drop("agreement")


def gold_labels(known: pl.DataFrame, said: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """LABELS of the gold pictures asked so far, with what people say of them; none where data/gold.csv has it no more.

    Args:
        known: image_id, role, round, label.
        said: votes that stand.
    """
    asked = said.join(known, on="image_id", how="semi")
    votes = consensus(asked, "majority", classes=classes)  # shares and numbers only
    rows = known.join(votes.select("image_id", "distribution", "n_votes"), on="image_id", how="left")
    sure = pl.when(pl.col("label").is_not_null()).then(1.0)
    filled = (pl.col("n_votes").fill_null(0), pl.col("distribution").fill_null("{}"))
    return conform(rows.with_columns(*filled, sure.alias("confidence"), pl.lit("gold").alias("source")), LABELS)
