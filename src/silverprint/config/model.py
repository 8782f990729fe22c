"""Model of params.yaml: every knob with its type and range. docs/params.md explains each."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from silverprint.config.classifiers import Classifier
from silverprint.config.field_types import (
    BackboneName,
    ClassName,
    Count,
    Grey,
    ImageCount,
    Line,
    Name,
    OpenShare,
    People,
    Policy,
    Positive,
    Radius,
    ReleaseFormat,
    Sha256,
    Share,
    ShareShown,
    Shown,
    StorageAddress,
    Title,
    frozen,
    frozen_by_name,
)
from silverprint.config.finetune import Finetune
from silverprint.config.sources import Source
from silverprint.errors import ConfigError
from silverprint.records import BLUR

START = "start"
CROWD = "crowd"
PERSON_POLICIES = ("hide", BLUR, "reject", "flag")  # or the name of a tier


@frozen
class Dataset:
    name: Name
    campaign: Name  # name of this labelling campaign in Label Studio; change it when you start your own
    title: Title  # the question put to annotators
    classes: tuple[ClassName, ...]
    instructions: Shown


@frozen
class Clean:
    """Thresholds; a picture beyond one is rejected. Units in the names or beside them."""

    min_side: Annotated[int, Field(ge=1, le=10_000)]  # pixels, the shorter side
    max_aspect: Annotated[float, Field(ge=1)]  # longer side / shorter side
    min_contrast: Annotated[float, Field(ge=0, le=127.5)]  # standard deviation of grey levels
    min_brightness: Grey  # mean grey level, 0..255
    max_brightness: Grey
    min_sharpness: Annotated[float, Field(ge=0)]  # variance of the Laplacian
    duplicate_radius: Radius  # bits of 256; at or below it pictures are the same, and one is dropped
    group_radius: Radius  # bits of 256; at or below it pictures are asked about once and never split
    alike_limit: Annotated[float, Field(ge=0, le=2)]  # unlikeness at or below which they are grouped. 0: hashes only
    licenses: tuple[str, ...]  # licences that may be used
    unknown_license: Literal["reject", "keep"]
    placeholder: Policy = "flag"  # pictures that one source shows on many pages
    placeholder_pages: Annotated[int, Field(ge=2)] = 5  # pages, at or above which the policy applies
    text_like: Policy = "flag"  # screenshots, pages of writing
    text_lines: Positive = 6  # lines, at or above which the policy applies
    off_topic: Policy = "flag"  # pictures unlike all others
    off_topic_strangeness: Annotated[float, Field(gt=0)] = 6.0  # robust standard deviations, at or above
    group: Literal["look", "hash", "none"] = "look"  # rule that groups pictures; none: only with their dropped copies
    group_radii: dict[Name, Radius] = Field(default_factory=dict)  # radii of single sources; the smaller counts
    personal_confidence: Share = 0.5  # confidence at or above which a detector's finding of a person counts


@frozen
class Persons:
    """What looks for persons in pictures, and who may be asked about those that show one."""

    detector: Literal["none", "mtcnn"] = "none"  # of faces
    # hide: nobody is asked; blur: faces are; reject; flag: asked about as any other; or the name of a tier
    policy: Name = "hide"
    policies: dict[Name, Name] = Field(default_factory=dict)  # of single sources


@frozen
class Measure:
    """What one picture may ask for; docs/cleaning.md says what becomes of those that ask for more."""

    max_megapixels: Annotated[float, Field(gt=0, le=1000)] = 128.0  # largest JPEG; formats decoded whole get 0.4 of it


@frozen
class Embed:
    backbone: BackboneName  # packaged, or library/name
    size: Annotated[int, Field(ge=32, le=512)]  # pixels, square
    batch: Annotated[int, Field(ge=1, le=4096)]
    weights: Line | None = None  # file of weights, for a library's backbone
    weights_sha256: Sha256 | None = None  # SHA-256 of that file


@frozen
class Model:
    members: Annotated[int, Field(ge=1, le=100)]  # heads whose mean counts; each has a bootstrap sample of its own
    omega: Literal["auto", "none", "entropy", "consistency", "graph", "ensemble"] = "auto"  # how the pool teaches
    trainer: Literal["head", "finetune"] = "head"  # finetune: the backbone learns, too
    finetune: Finetune = Finetune()

    @property
    def recipe(self) -> dict[str, object]:
        """The knobs that make this model, for its card: those of the other trainer do nothing."""
        if self.trainer == "head":
            return {"members": self.members, "omega": self.omega}
        return {"trainer": self.trainer, **self.finetune.recipe}


@frozen
class Evaluation:
    size: ImageCount  # pictures, drawn once in the first round, never trained on
    overlap: People  # people asked about each picture
    sequential: bool = False  # one after the other, until the answers settle what the picture is to say
    tier: Name = CROWD  # group of people asked about whatever judges a model, whatever class it predicts
    # strata: more of the rare ones, with known chances, and every figure is weighted; random: all alike
    draw: Literal["random", "strata"] = "random"


@frozen
class PeopleCost:
    """What annotators' time costs: for the estimates of `silverprint status`."""

    cost_per_hour: Annotated[float, Field(ge=0)] = 0.0  # 0: hours only
    currency: Line = "EUR"


@frozen
class SequentialOverlap:
    """People who are asked about a picture one after the other, until its label is sure."""

    min: People  # people asked in any case
    max: People  # people asked at most
    until: Annotated[float, Field(ge=0.5, lt=1)]  # confidence of the label from which on nobody more is asked

    def __str__(self) -> str:
        return f"{{min: {self.min}, max: {self.max}, until: {self.until}}}"


Overlap: TypeAlias = Annotated[
    Annotated[People, Tag("number")] | Annotated[SequentialOverlap, Tag("sequential")],
    Discriminator(lambda value: "sequential" if isinstance(value, dict | SequentialOverlap) else "number"),
]


@frozen
class Tier:
    """A group of people beside the crowd, which is everybody."""

    overlap: Overlap | None = None  # people asked about each picture; null: as many as the round asks
    adjudicate: OpenShare | None = None  # confidence below which one is asked where the crowd disagrees; null: nobody

    @property
    def sequential(self) -> SequentialOverlap | None:
        """Null where a fixed number of people is asked."""
        return self.overlap if isinstance(self.overlap, SequentialOverlap) else None

    @property
    def least_overlap(self) -> int | None:
        """People asked about each picture in any case; null: as many as the round asks."""
        return self.sequential.min if self.sequential else self.overlap  # type: ignore[return-value]


@frozen
class ClassRule:
    tier: Name = CROWD  # group of people asked about pictures that a model takes for this class
    group: ClassName | None = None  # title on the page under which it stands, together with others of the same


@frozen
class PlannedRound:
    """What a round is to ask; nobody is asked before a lead opens it."""

    strategy: str
    budget: ImageCount  # pictures: train + control + relabel + audit
    control: Share  # share of the budget that is drawn at random
    overlap: Overlap  # people asked about each picture
    show_predictions: ShareShown = False  # a number: the share of pictures, by chance, whose page shows it
    page: Literal["single", "grid"] = "single"  # grid: pictures of one predicted class share a page
    page_images: Annotated[int, Field(ge=12, le=48)] = 24  # pictures on a shared page, at most
    floor: Share = 0.0  # share of the strategy's picks that is divided evenly among the predicted classes
    relabel: Share = 0.0  # share of the budget, at most, for a second look at earlier labels in doubt
    audit: Share = 0.0  # share of the budget that is drawn at random to test automatic labels; not trained on since
    gold: Annotated[int, Field(ge=0, le=10_000)] = 0  # pictures of data/gold.csv, hidden among the others

    @property
    def share_shown(self) -> float:
        """Share of the pictures whose page may show a prediction that do show it, 0..1."""
        return float(self.show_predictions)

    @property
    def sequential(self) -> SequentialOverlap | None:
        """Null where a fixed number of people is asked."""
        return self.overlap if isinstance(self.overlap, SequentialOverlap) else None

    @property
    def least_overlap(self) -> int:
        """People asked about each picture in any case."""
        return self.overlap if isinstance(self.overlap, int) else self.overlap.min

    @property
    def most_overlap(self) -> int:
        """People asked about each picture at most."""
        return self.overlap if isinstance(self.overlap, int) else self.overlap.max


@frozen_by_name
class Round(PlannedRound):
    """A round that a lead opened."""

    prev: str
    draw: Count = 0  # raised by `silverprint round redraw`


@frozen
class Labels:
    consensus: Literal["auto", "dawid-skene", "glad", "majority"] = "auto"  # how votes become one label


@frozen
class Gate:
    min_alpha: Annotated[float, Field(ge=-1, le=1)]  # Krippendorff's alpha over the round's votes
    max_unresolved: Share  # share of pictures on which every vote abstained
    min_gold: Share = 0.7  # share of right answers on gold pictures; a round that is surely below it stops
    max_conflicts: Share = 0.2  # share of near-duplicate groups with several labels that have different ones
    max_changed: Share = 0.05  # share of earlier labels that a round changes
    max_unsure: Share = 0.2  # share of answers that are unsure
    max_anchoring: Share = 0.1  # share of answers that follow a prediction because it was shown
    max_none: Share = 0.3  # share of other answers that are "not one of these"
    min_pace: Share = 0.25  # part of the others' median time, below which an answer is too quick
    level: OpenShare = 0.01  # probability of a false alarm of each test: of people on gold, of runs, of drift


@frozen
class Promise:
    """What holds of a release's automatic labels, as far as random pictures unseen by the model can tell."""

    precision: OpenShare = 0.97  # share of them that is right, at least
    confidence: OpenShare = 0.95  # share of campaigns, at least, in which that holds


@frozen
class Release:
    promise: Promise = Promise()  # automatic labels that keep it go to the `silver` split
    imported: bool = True  # brought labels that keep it, of pictures that nobody was asked about: `imported` split
    core_classes: tuple[ClassName, ...] = ()  # classes that people alone give
    test_sources: tuple[Name, ...] = ()  # sources of which all that people labelled is in `test`, and nothing elsewhere
    augment: Annotated[int, Field(ge=0, le=100)] = (
        0  # changed copies of each training picture, as model.finetune.augment
    )
    formats: tuple[ReleaseFormat, ...] = ("parquet", "imagefolder")
    csv_raw: bool = False  # true: text in the CSV is left as it is, even where a spreadsheet would read a formula
    answers: dict[Name, Shown] = Field(default_factory=dict)  # what only a person knows, by the documents' questions


@frozen
class Params:
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)]  # the range that numpy takes
    dataset: Dataset
    sources: dict[Name, Source]
    clean: Clean
    embed: Embed
    model: Model
    evaluation: Evaluation
    rounds: dict[Name, Round]  # those that were opened
    last: str  # the chain's last one; 'start' before any was opened
    gate: Gate
    release: Release
    planned: dict[Name, PlannedRound] = Field(default_factory=dict)  # in the order in which they are meant to be opened
    classifiers: dict[Name, Classifier] = Field(default_factory=dict)  # gives the first predictions; at most one
    people: PeopleCost = PeopleCost()
    measure: Measure = Measure()
    persons: Persons = Persons()
    labels: Labels = Labels()
    tiers: dict[Name, Tier] = Field(default_factory=dict)  # groups of people beside the crowd
    classes: dict[ClassName, ClassRule] = Field(default_factory=dict)  # classes that are asked about in another way
    executor: Literal["serial", "processes", "ray"] = "processes"  # how shards are processed; it changes no output
    storage: StorageAddress = "disk"  # where the large files of outputs lie: disk, or s3://bucket/prefix

    @property
    def round_names(self) -> tuple[str, ...]:
        """Every round that may be spoken of: the opened ones in their order, then the planned ones."""
        return (*self.chain, *self.planned)

    @property
    def adjudicator(self) -> str | None:
        """The tier that is asked where the crowd disagrees; None where nobody is."""
        return next((name for name, tier in self.tiers.items() if tier.adjudicate is not None), None)

    @property
    def tier_names(self) -> tuple[str, ...]:
        """Every tier that may be spoken of, the crowd first."""
        named = (*self.tiers, *(rule.tier for rule in self.classes.values()), self.evaluation.tier)
        return tuple(dict.fromkeys((CROWD, *named)))

    @property
    def rounds_by_section(self) -> tuple[tuple[str, Mapping[str, PlannedRound]], ...]:
        return ("rounds", self.rounds), ("planned", self.planned)

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """The opened rounds in their order, checked to be one unforked chain from 'start'."""
        self._require_no_cycle()
        followers: dict[str, str] = {}
        for name, entry in self.rounds.items():
            value = f"rounds.{name}.prev = {entry.prev!r}"
            if entry.prev != START and entry.prev not in self.rounds:
                known = ", ".join([START, *self.rounds])
                raise ConfigError(value, "prev must name another round or 'start'", f"use one of: {known}")
            if entry.prev in followers:
                rule = f"rounds form one chain, and {followers[entry.prev]!r} already follows {entry.prev!r}"
                raise ConfigError(value, rule, "give each round a prev of its own")
            followers[entry.prev] = name
        order: list[str] = []
        at = START
        while at in followers:
            at = followers[at]
            order.append(at)
        return tuple(order)

    def _require_no_cycle(self) -> None:
        for name in self.rounds:
            before = {name}
            at = self.rounds[name].prev
            while at in self.rounds and at not in before:
                before.add(at)
                at = self.rounds[at].prev
            if at == name:  # a round that only leads into a cycle is not to blame
                value = f"rounds.{name}.prev = {self.rounds[name].prev!r}"
                raise ConfigError(value, "the chain of rounds must begin at 'start' and have no cycle", "fix its prev")
