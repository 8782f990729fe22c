"""Evidence: what a round's gate judges, one table per suite, and the figures that stand in them."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import evaluation_draws, ledgers
from silverprint.config import Params
from silverprint.core import agreement
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.evaluation import thinning, training_set
from silverprint.core.gates import changed_labels, class_drift, group_conflicts, leakage
from silverprint.core.gates.counted_share import CountedShare
from silverprint.core.semisupervised import MOST
from silverprint.core.splits import TRAINABLE
from silverprint.core.votes import undecided, vote_ledger
from silverprint.errors import restore_remedy
from silverprint.records import ANNOTATORS, LABELS, MANIFEST, NONE_OF_THESE, VOTES
from silverprint.stages.gate import alpha_words, people
from silverprint.store import json_files, tables

# Lies below every `min_alpha`: votes that are all for one class say as little of agreement as votes by chance.
_NO_VARIATION: Final = -float("inf")
_RANDOM: Final = ("evaluation", "control")  # roles that are drawn at random of all that may be asked about
NO_VARIATION_SAID: Final = "no variation: all votes on shared pictures are for one answer"


@dataclass(frozen=True)
class Figure:
    """A figure that every row of a suite's table repeats.

    Attributes:
        value: what is judged; None where nothing could be measured.
        words: what a finding says instead of the value; empty: the value.
        rows: image_id, and what is to be seen of it, of the pictures that the figure is about.
    """

    value: float | None
    words: str = ""
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)

    @staticmethod
    def of(share: CountedShare, rows: pl.DataFrame | None = None) -> "Figure":
        return Figure(share.surely, str(share), pl.DataFrame() if rows is None else rows)


@dataclass(frozen=True)
class Table:
    """What one suite is given.

    Attributes:
        rows: the table, without its figures.
        figures: by the name of their column.
        limits: values for the suite's parameters.
        keys: columns of `rows` that name a row.
        words: the column that says in words what is in another one, by the name of that.
    """

    rows: pl.DataFrame
    figures: Mapping[str, Figure]
    limits: dict[str, Any]
    keys: tuple[str, ...] = ("image_id",)
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def with_figures(self) -> pl.DataFrame:
        return self.rows.with_columns(
            pl.lit(figure.value, dtype=pl.Float64).alias(column) for column, figure in self.figures.items()
        )


class Evidence:
    """The files of a round that is judged."""

    def __init__(self, params: Params, name: str) -> None:
        self.params, self.name = params, name
        folder, before = layout.labels(name), layout.labels(params.rounds[name].prev)
        self.quality = json_files.read(
            folder / "quality.json", "alpha_round", "unresolved_share", "gold", remedy=restore_remedy(folder)
        )
        self.labels = tables.read(folder / "labels.parquet", LABELS)
        self.before = tables.read(before / "labels.parquet", LABELS)
        self.votes = tables.read(folder / "votes.parquet", VOTES).filter(pl.col("round") == name)
        self.answers = self.votes.filter(pl.col("status").is_in(vote_ledger.DONE))
        self.annotators = tables.read(folder / "annotators.parquet", ANNOTATORS)
        self.manifest = tables.read(layout.MANIFEST, MANIFEST)
        self.queue = ledgers.queue(name)
        self.withdrawn = ledgers.withdrawn_images()

    def tables(self) -> dict[str, Table]:
        """The table of each suite, by the suite's name."""
        return {
            "votes": self._votes(),
            "annotators": self._annotators(),
            "labels": self._labels(),
            "training": self._training(),
        }

    def _votes(self) -> Table:
        gate, answers = self.params.gate, self.answers
        said = answers.filter(status="valid")
        unsure = CountedShare(answers.height - said.height, answers.height)
        none = CountedShare(said.filter(choice=NONE_OF_THESE).height, said.height)
        figures = {
            "unsure_low": Figure.of(unsure),
            "none_low": Figure.of(none),
            "anchoring_low": self._anchoring(),
        }
        limits = {"max_unsure": gate.max_unsure, "max_none": gate.max_none, "max_anchoring": gate.max_anchoring}
        return Table(self._marked(answers), figures, limits, keys=("image_id", "annotator"))

    def _anchoring(self) -> Figure:
        found = (self.quality.get("anchoring") or {}).get("acceptance")
        if found is None:
            return Figure(None)
        shown, hidden, low = found["shown"], found["hidden"], found["low"]
        words = (
            f"the prediction is the answer {shown:.3f} of the time where it is shown and {hidden:.3f} where it is not"
        )
        return Figure(low, f"{words}, surely {low:.3f} more")

    def _annotators(self) -> Table:
        gate, guesses = self.params.gate, self.queue.select("image_id", "predicted")
        rows = people.table(self.answers, guesses, self.quality["gold"]["annotators"], gate)
        suspected = people.suspected(self.annotators)
        rows = rows.join(suspected, on="annotator", how="full", coalesce=True).sort("annotator")
        return Table(
            rows, {}, {"min_gold": gate.min_gold, "level": gate.level}, keys=("annotator",), words=people.WORDS
        )

    def _labels(self) -> Table:
        gate, gold = self.params.gate, self.quality["gold"]
        judged = changed_labels.judged(self.labels, self.before, self.name, self.queue["image_id"])
        conflicts = group_conflicts.share(self.labels, self.manifest.select("image_id", "group"))
        figures = {
            "alpha_round": self._alpha(),
            "unresolved_share": Figure(self.quality["unresolved_share"]),
            "gold_round_high": Figure(gold["round"]["high"]),
            "conflicts_low": Figure.of(*conflicts),
            "changed_low": Figure.of(*changed_labels.changed(self.labels, self.before)),
            "undecided": self._undecided(),
            "drift_chance": self._drift(),
        }
        limits = {
            "answers": [*self.params.dataset.classes, NONE_OF_THESE],
            "min_alpha": gate.min_alpha,
            "max_unresolved": gate.max_unresolved,
            "min_gold": gate.min_gold,
            "max_conflicts": gate.max_conflicts,
            "max_changed": gate.max_changed,
            "level": gate.level,
        }
        return Table(self._marked(judged), figures, limits)

    def _undecided(self) -> Figure:
        """Labels of this round that `release` leaves out of `train`."""
        here = self.labels.filter(pl.col("role").is_in(TRAINABLE), round=self.name)
        found = undecided.undecided(here, self.annotators)
        words = f"{found.height} of {here.height}"
        return Figure(found.height, words, found.select("image_id", "label", pl.col("confidence").round(3)))

    def _drift(self) -> Figure:
        """The random pictures that the round asked about first, beside those of the round before.

        Of evaluation pictures from strata those that thinning leaves, which are a uniform draw, too.
        """
        random = self.labels.filter(pl.col("role").is_in(_RANDOM), source="human")
        chances = evaluation_draws.inclusion([self.params.rounds[self.name].prev, self.name])
        random = random.filter(pl.Series(thinning.kept(random["image_id"].to_list(), chances), dtype=pl.Boolean))
        now, before = (random.filter(round=name)["label"] for name in (self.name, self.params.rounds[self.name].prev))
        found = class_drift.drift(now, before, seed=zlib.crc32(self.name.encode()))
        return Figure(None) if found is None else Figure(found.chance, str(found))

    def _training(self) -> Table:
        """What `train` will take, looked at from the other side: by the roles of all labels."""
        classes, withdrawn = self.params.dataset.classes, self.withdrawn
        taken = training_set.examples(
            self.labels, self.manifest, classes=classes, withdrawn=withdrawn, binding=BINDING
        ).training
        pool = training_set.unlabelled(self.labels, self.manifest, withdrawn=withdrawn, most=MOST)
        rows = pl.concat(
            [taken.select("image_id", "role"), pl.DataFrame({"image_id": pool}, {"image_id": pl.String})],
            how="diagonal",
        )
        judging = self.labels.filter(~pl.col("role").is_in(TRAINABLE))["image_id"]
        found = leakage.with_judging(self._marked(rows), judging, self.manifest)
        return Table(found, {}, {"roles": list(TRAINABLE)})

    def _marked(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(withdrawn=pl.col("image_id").is_in(sorted(self.withdrawn)))

    def _alpha(self) -> Figure:
        """The upper end of its 95 % interval. People who shared pictures in this round and all gave one answer have no
        alpha, and fail.
        """
        gold_ones = self.labels.filter(role="gold")
        answers = vote_ledger.standing_votes(self.votes).join(gold_ones, on="image_id", how="anti")
        if agreement.why_undefined(answers, self.params.dataset.classes) == agreement.NO_VARIATION:
            return Figure(_NO_VARIATION, NO_VARIATION_SAID)
        interval = self.quality.get("alpha_interval")
        most = self.quality["alpha_round"] if interval is None else interval[1]
        return Figure(most, alpha_words.describe(self.quality))
