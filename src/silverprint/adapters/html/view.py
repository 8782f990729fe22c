"""View of the report's page, ready for the template. Shares are 0..1; images are data: addresses."""

from dataclasses import dataclass
from typing import Any, Final

from silverprint.core.evaluation.slices import Slice
from silverprint.core.votes.sequential_overlap import Standing

_TRIED: Final = 10  # random pictures of a source, below which no share of right labels is said


@dataclass(frozen=True)
class Tile:
    picture: str
    alt: str
    title: str = ""
    note: str = ""
    differs: bool = False  # whether people answered otherwise than the model had guessed
    why: str = ""  # the reason why people were asked about it
    instead: str = ""  # the picture that is kept in place of this one


@dataclass(frozen=True)
class Reason:
    name: str
    pictures: int
    share: float  # share of all acquired pictures
    tiles: list[Tile]


@dataclass(frozen=True)
class Contact:
    """The contact sheet."""

    acquired: list[Tile]
    rejected: list[Reason]
    flagged: list[Reason]  # flags; their pictures are kept
    idle: list[str]  # reasons that were looked for and not found
    kept: list[Tile]


@dataclass(frozen=True)
class LabelChanges:
    """Labels by people of earlier rounds' pictures that are others after this round."""

    labels: int  # labels that both rounds know
    changed: int
    commonest: list[dict[str, Any]]  # before, after (None: no label), pictures


@dataclass(frozen=True)
class RoundView:
    name: str
    strategy: str
    roles: dict[str, int]  # role -> pictures in the queue; empty while there is no queue
    people: dict[str, Any]  # core.summary.rounds: votes, abstained, people, alpha
    surplus: int  # votes beyond those that were asked for
    metrics: dict[str, Any] | None  # metrics.json
    gate: dict[str, Any] | None  # gate.json
    waivers: list[dict[str, Any]]  # expectation, why: in Git, whether or not the check then failed
    tiles: list[Tile]  # the first tiles of the queue
    page: str | None  # address of its queue's page, relative to the report's folder; None where there is none
    changed: LabelChanges | None  # None in the first round, and where one of the two rounds' labels is not here
    sequential: Standing | None  # what sequential overlap came to; null where a fixed number of people was asked
    anchoring: dict[str, Any] | None  # core.votes.anchoring; null unless predictions were hidden by chance

    @property
    def evaluation(self) -> dict[str, Any] | None:
        """Null while no model of the round was measured on any picture."""
        found: dict[str, Any] | None = self.metrics["evaluation"] if self.metrics else None
        return found if found and found["n"] else None

    @property
    def control(self) -> dict[str, Any] | None:
        return self.metrics["control"] if self.metrics else None

    @property
    def classifier(self) -> dict[str, Any] | None:
        """Figures of the classifier that gave the first predictions; null in other rounds, and where there was none."""
        return self.metrics.get("classifier") if self.metrics else None


@dataclass(frozen=True)
class PlannedView:
    """A round that no lead has opened."""

    name: str
    strategy: str
    budget: int  # pictures
    overlap: int  # people asked about each, at least
    most: int  # likewise, at most


@dataclass(frozen=True)
class Takedown:
    kind: str  # image | url | domain | source
    target: str
    why: str | None
    at: str | None
    pictures: int  # pictures that it reaches, copies too


@dataclass(frozen=True)
class RoundWithdrawal:
    name: str
    pictures: list[tuple[str, str, str]]  # image_id, role, what people had answered
    models: list[dict[str, Any]]  # model_id, labels, accuracy, n: as they followed each other, the present one last

    @property
    def touched(self) -> bool:
        return bool(self.pictures or self.models)


@dataclass(frozen=True)
class Withdrawals:
    takedowns: list[Takedown]
    rounds: list[RoundWithdrawal]
    neighbours: int  # kept pictures that look like a withdrawn one
    neighbours_path: str  # the table that names them


@dataclass(frozen=True)
class SubsetRow:
    """Pictures of a source or a class; figures are None where nothing tells them."""

    name: str
    pictures: int
    effective: float | None  # number of pictures
    coverage: float | None


@dataclass(frozen=True)
class Qualities:
    """Qualities of the version that was released last."""

    kept: SubsetRow
    sources: list[SubsetRow]  # kept pictures by source
    classes: list[SubsetRow]  # released pictures by class
    share_kept: float  # share of the acquired pictures; so is the next
    flagged: dict[str, float]
    consistency: dict[str, float]  # figures of core.reporting.dataset_metrics.consistency
    automatic: dict[str, Any] | None  # core.automatic_labels.figures; None in releases of earlier versions


@dataclass(frozen=True)
class ChangedPictures:
    """Pictures of one kind of change between two versions of the release."""

    kind: str  # one of core.reporting.release_changes.KINDS
    pictures: int
    tiles: list[Tile]  # the first of them


@dataclass(frozen=True)
class ReleaseDiff:
    """What the page about two versions of the release shows."""

    name: str
    before: str
    after: str
    versions: list[dict[str, Any]]  # rows of records.RELEASES
    classes: list[dict[str, Any]]  # label, added, removed, gained, lost
    relabelled: list[dict[str, Any]]  # label_before, label, pictures
    renamed: list[dict[str, Any]]  # the same of classes that have another name
    kinds: list[ChangedPictures]


@dataclass(frozen=True)
class Card:
    """A picture of a queue."""

    rank: int
    image_id: str
    picture: str
    role: str
    guess: str | None  # the model's guess before people were asked
    confidence: float | None
    why: str
    shown: bool  # whether people see the guess
    people: int  # people to ask


@dataclass(frozen=True)
class QueueView:
    """What the page of a round's queue shows."""

    name: str
    question: str
    round: str
    strategies: str  # the strategies that chose its train pictures
    roles: dict[str, int]  # role -> pictures, the commonest first
    guesses: dict[str, int]  # what the model predicts -> pictures, in the order of the classes
    cards: list[Card]  # by rank

    @property
    def unguessed(self) -> int:
        return sum(card.guess is None for card in self.cards)

    def place(self, guess: str | None) -> int:
        """A number for each guess, so that no class name becomes markup; -1 for none."""
        return -1 if guess is None else list(self.guesses).index(guess)


@dataclass(frozen=True)
class ComparedRow:
    title: str
    cells: list[str]  # one a round
    difference: str  # of the last round from the first
    heading: bool


@dataclass(frozen=True)
class ComparisonView:
    """What the page of compared rounds shows."""

    name: str
    question: str
    title: str
    rounds: list[str]
    difference: str  # heading of the last column
    rows: list[ComparedRow]
    sentences: list[str]
    plot: str | None
    flips: list[dict[str, Any]]  # before, after, pictures: the commonest
    tiles: list[Tile]  # pictures whose label flipped


@dataclass(frozen=True)
class DrawnRow:
    """A picture as a network takes it, and as it would be shown it; thumbnails as addresses."""

    image_id: str
    original: str
    draws: list[str]


@dataclass(frozen=True)
class DrawnSection:
    title: str
    rows: list[DrawnRow]


@dataclass(frozen=True)
class AugmentationsView:
    """What the page of augmentations shows."""

    name: str
    knobs: dict[str, Any]  # of model.finetune.augment
    sections: list[DrawnSection]


@dataclass(frozen=True)
class View:
    name: str
    question: str
    classes: tuple[str, ...]
    addresses: int
    acquired: int
    kept: int
    labelled: int  # pictures with a label of the dataset's classes
    agreement: float | None  # share of agreeing pairs of votes
    strip: str
    curve: str | None
    rounds: list[RoundView]  # the opened ones
    planned: list[PlannedView]  # in the order of the plan
    contact: Contact
    groups: str | None  # the cost of groups, in words; None where they cost nothing
    not_stored: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    reservations: list[dict[str, Any]]
    provenance: list[dict[str, Any]]
    licenses: list[dict[str, Any]]
    subsets: list[dict[str, Any]]  # rows of core.reporting.subset_quality.SUBSETS
    labels_per_class: dict[str, int]
    disputed: list[Tile]
    confusion: list[list[int]]  # rows: people, columns: the model; in the order of `classes`
    confusion_shares: list[list[float]]  # shares of each row of `confusion`, by what the pictures stand for
    mistakes: list[dict[str, Any]]
    confident: list[Tile]  # the mistakes of which the last model was surest
    slices: list[Slice]
    reliability: str | None  # the reliability diagram
    annotators: list[dict[str, Any]]  # people
    imports: list[dict[str, Any]]  # sources whose labels are votes, with figures of core.brought_labels.precision
    taught: int  # brought labels that the last model learnt from
    gold: dict[str, dict[str, Any]]  # annotator -> core.votes.gold.gold_figures
    contributors: list[dict[str, Any]]  # rows of campaign.contributors.judged
    costs: list[dict[str, Any]]  # rows of campaign.studies.cost_rows
    qualities: Qualities | None  # None before the first release
    withdrawals: Withdrawals | None

    @property
    def brought(self) -> tuple[int, float | None]:
        """Labels that sources came with, and the share that is right; None where one was tried on too few pictures."""
        counts = [row.get("labels", row["votes"]) for row in self.imports]
        if not all(row.get("drawn", 0) >= _TRIED for row in self.imports) or not sum(counts):
            return sum(counts), None
        right = [count * row["precision"] for count, row in zip(counts, self.imports, strict=True)]
        return sum(counts), sum(right) / sum(counts)

    @property
    def measured(self) -> RoundView | None:
        """The last round whose model was measured."""
        return next((entry for entry in reversed(self.rounds) if entry.evaluation), None)
