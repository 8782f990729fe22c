"""A campaign of Silverprint in memory: the functions of the stages, in their order, without their files.

A round: `compose` draws the queue (evaluation, control, the strategy's choice, audit, pages), people answer, sequential
overlap asks on, `labelling` makes labels, `fit` learns from them, the pool and what was brought, and the thresholds
that keep the promise say what is released. Left out are near-duplicates, gold, second looks and first guesses, which no
set of the trial has; and the model has one member in place of five, for time.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.campaign.draw import draw
from benchmarks.campaign.people import Delivered, People, class_names, image_ids
from benchmarks.campaign.release import Released, released
from benchmarks.consensus import Floats, Numbers
from benchmarks.label_efficiency.datasets import Task
from silverprint.core import agreement
from silverprint.core.brought_labels.belief import Belief, Brought, believe
from silverprint.core.evaluation.targets import believed
from silverprint.core.features import block_weights
from silverprint.core.semisupervised import Fitted, fit, of_random_draw
from silverprint.core.splits import HELD_OUT, TRAINABLE
from silverprint.core.votes import (
    annotators,
    held_out_voice,
    judging_overlap,
    labelling,
    sequential_overlap,
    vote_ledger,
)
from silverprint.core.votes.labelling import Evidence
from silverprint.records import ASKS, LABELS, VOTES, conform, empty

COVERED: Final = 0.9
SOURCE: Final = "import:source"
ASKED: Final = {"image_id": pl.String, "role": pl.String, "round": pl.String}


@dataclass(frozen=True)
class Way:
    """How a campaign is led: as a new campaign's params.yaml says, but for sequential overlap and the later rounds.

    Attributes:
        page: `grid`: pictures of one predicted class share a page, whose answers are pre-set, and are asked about once;
            `single`: sequential overlap.
        evaluation: pictures drawn for it in the first round.
        votes: for each evaluation and audit picture, at most; one after the other, as `evaluation.sequential` says.
        budget: of each round, or a quarter of the pictures that were asked before where that is more.
        control, audit: shares of it; the first round's control is `first_control`.
    """

    page: str = "single"
    evaluation: int = 150
    votes: int = 3
    budget: int = 100
    first_control: float = 0.4
    control: float = 0.1
    audit: float = 0.2
    least: int = 1
    most: int = 5
    until: float = 0.9


@dataclass
class Campaign:
    given: Task
    people: People
    way: Way
    seed: int
    brought: Numbers | None = None
    asked: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ASKED))
    voices: dict[str, Floats] = field(default_factory=dict)
    probabilities: Floats | None = None
    steps: list[dict[str, float]] = field(default_factory=list)
    once: set[str] = field(default_factory=set)  # audit pictures that one answer may settle

    def __post_init__(self) -> None:
        self.names = image_ids(np.arange(len(self.given.truth)))
        self.places = {name: place for place, name in enumerate(self.names)}
        self.classes = class_names(np.arange(self.given.classes))
        self.labels = pl.DataFrame()
        self.rows = self.given.pool  # as the newest weights of the blocks show them
        self.belief: tuple[Numbers, Belief] | None = None

    def play(self) -> Delivered:
        """Rounds until nine tenths of the pool are covered, or people have answered about all of it."""
        while True:
            self._round(f"r{len(self.steps) + 1:02d}")
            found = self._release()
            delivered = self._delivered(found)
            self.steps.append(delivered.figures(self.given.truth, self.people))
            if self.steps[-1]["covered"] >= COVERED or self.asked.height == len(self.names):
                return delivered

    def _round(self, name: str) -> None:
        queue = draw(self, name)
        self.once |= {*judging_overlap.settled_by_one(queue)}
        self.asked = pl.concat([self.asked, queue.select("image_id", "role", round=pl.lit(name))])
        if self.probabilities is not None:
            alone = queue.filter(pl.col("page").is_null()) if "page" in queue.columns else queue
            self.voices |= {one: self.probabilities[self.places[one]] for one in alone["image_id"]}
        self._answers(queue, name)
        self._sequential(queue, name)
        self.labels = self._labels()
        self._learn()

    def _answers(self, queue: pl.DataFrame, name: str) -> None:
        """What is asked in any case: shared pages once, other pictures by as many people as the queue says."""
        if "page" in queue.columns:
            shared = queue.drop_nulls("page").sort("page")
            shown = np.array([self.classes.index(one) for one in shared["predicted"]], dtype=np.int64)
            self.people.correct(self.at(shared), shown, shared["page"].to_numpy(), name)
            queue = queue.filter(pl.col("page").is_null())
        for turn in range(queue["overlap"].max() or 0):  # type: ignore[arg-type]
            self.people.answer(self.at(queue.filter(pl.col("overlap") > turn)), name)

    def _sequential(self, queue: pl.DataFrame, name: str) -> None:
        """Asks on as the annotate stage does, while labels are not sure."""
        asks = empty(ASKS)
        while "max_overlap" in queue.columns and queue["max_overlap"].count():
            votes = self.people.votes.filter(round=name)
            progress = vote_ledger.progress(queue, asks, votes, frozenset(), {})
            if not sequential_overlap.may_go_on(queue, progress):
                return
            settled = judging_overlap.settled(queue, votes, self._imports())
            by_label = sequential_overlap.may_go_on(queue.drop_nulls("until"), progress)
            labels = self._labels_to_ask_by() if by_label else empty(LABELS)
            more = sequential_overlap.next_asks(queue, progress, votes, labels, settled)
            if more.is_empty():
                return
            asks = pl.concat([asks, more])
            self.people.answer(self.at(more), name)

    def _imports(self) -> pl.DataFrame:
        """VOTES of the source about what people were asked."""
        if self.brought is None:
            return empty(VOTES)
        said = class_names(self.brought[self.at(self.asked)])
        rows = self.asked.select("image_id", "round").with_columns(choice=pl.Series(said))
        return conform(rows.with_columns(annotator=pl.lit(SOURCE), status=pl.lit("valid")), VOTES)

    def _evidence(self) -> Evidence:
        return Evidence(
            asked=self.asked,
            answers=self.people.votes,
            imports=self._imports(),
            gold=empty(VOTES).select(agreement.VOTE),
            known={},
            voices=self.voices,
        )

    def _labels_to_ask_by(self) -> pl.DataFrame:
        """The labels whose confidence says whether somebody more is asked."""
        return self._labels()

    def _labels(self) -> pl.DataFrame:
        """As the labels stage: once without models, then with what heads say that learnt from the other labels."""
        evidence = self._evidence()
        votes = labelling.without_models(evidence, self.classes, "auto")
        rows, voices = (
            held_out_voice.teachers(evidence.asked.join(votes.all, on="image_id"), self.classes),
            evidence.voices,
        )
        if not rows.is_empty():
            at = self.at(rows)
            weights = block_weights.choose_weights(self.given.pool[at], self.ids(rows), self.given.blocks)
            seen = self.given.pool[at] * block_weights.column_scales(weights, self.given.blocks)
            said = held_out_voice.voices(rows, seen, self.classes, seed=self.seed + len(self.steps))
            voices = held_out_voice.joined(voices, said)
        return labelling.label(replace(evidence, voices=voices), self.classes, "auto", votes)[0]

    def _learn(self) -> None:
        """The round's model, and how likely each brought label is right."""
        training = self.labels.filter(pl.col("role").is_in(TRAINABLE))
        at, labels = self.at(training), self.ids(training)
        weights = block_weights.choose_weights(self.given.pool[at], labels, self.given.blocks)
        self.rows = self.given.pool * block_weights.column_scales(weights, self.given.blocks)
        free = np.setdiff1d(np.arange(len(self.names)), self.at(self.asked))
        seed = self.seed + len(self.steps)
        self.belief = self._belief(training, free, seed) if self.brought is not None and len(free) else None
        self.model: Fitted = fit(
            self.rows[at],
            labels,
            self.rows[free],
            classes=self.given.classes,
            seed=seed,
            shares=of_random_draw(labels[(training["role"] == "control").to_numpy()], self.given.classes),
            targets=believed(training, tuple(self.classes)),
            doubtful=self.belief[1].ways(seed) if self.belief else (),
        )
        self.training = training
        self.probabilities = self.model.probabilities(self.rows)

    def _belief(self, training: pl.DataFrame, free: Numbers, seed: int) -> tuple[Numbers, Belief]:
        """Places of brought labels that teach or are judged, and what is thought of them."""
        assert self.brought is not None
        judging = self.at(self.labels.filter(pl.col("role").is_in(HELD_OUT)))
        places = np.concatenate([free, judging])
        told = np.zeros((1, self.given.classes, self.given.classes))
        np.add.at(told[0], (self.ids(training), self.brought[self.at(training)]), 1)
        teaches = np.arange(len(places)) < len(free)
        brought = Brought(self.rows[places], self.brought[places], np.zeros(len(places), np.int64), teaches)
        return places, believe(brought, told=told, classes=self.given.classes, seed=seed)

    def _release(self) -> Released:
        audited = self.labels.filter(pl.col("role").is_in(HELD_OUT))
        people = annotators.table(self._evidence(), self.people.votes, {}, self.classes)
        hidden = judging_overlap.hidden_share(audited["image_id"], self.once, self.people.votes, people)
        return released(self, audited, hidden)

    def _delivered(self, found: Released) -> Delivered:
        labels = found.labels.copy()
        answered = self.labels.drop_nulls("label")
        labels[self.at(answered)] = self.ids(answered)
        by_people: NDArray[np.bool_] = np.zeros(len(labels), dtype=np.bool_)
        by_people[self.at(answered)] = True
        return Delivered(labels, by_people)

    def at(self, rows: pl.DataFrame) -> Numbers:
        return np.array([self.places[name] for name in rows["image_id"]], dtype=np.int64)

    def ids(self, rows: pl.DataFrame) -> Numbers:
        """Class ids of `label`."""
        return np.array([int(name[1:]) for name in rows["label"]], dtype=np.int64)
