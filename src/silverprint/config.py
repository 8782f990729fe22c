"""params.yaml as frozen dataclasses: the only reader of that file. Types, ranges, rules are checked here."""

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from silverprint import layout
from silverprint.errors import ConfigError
from silverprint.records import NONE_OF_THESE, UNSURE

START = "start"

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Positive: TypeAlias = Annotated[int, Field(ge=1)]
PositiveReal: TypeAlias = Annotated[float, Field(gt=0)]

frozen = dataclass(frozen=True, config=ConfigDict(extra="forbid"))


@frozen
class Dataset:
    name: Name
    campaign: Name  # names this labelling campaign to Label Studio; change it when you start your own
    title: str  # the question put to annotators
    classes: tuple[Annotated[str, Field(min_length=1)], ...]
    instructions: str


@frozen
class WebSource:
    """A crawl by Scrapy."""

    kind: Literal["web"]
    start: tuple[str, ...]  # first listing pages
    next: str  # CSS selector of the link to the next listing page
    page: str  # CSS selector of links to picture pages
    picture: str  # CSS selector of the picture on its page
    revision: int = 1  # raise it to ask for a re-crawl
    allow_private: tuple[str, ...] = ()  # host:port, the only private addresses that may be fetched
    max_bytes: Positive = 20_000_000  # of one response
    timeout_s: PositiveReal = 15.0
    user_agent: str = "silverprint/0.1 (dataset crawler; set sources.<name>.user_agent to your contact)"


@frozen
class ArchiveSource:
    """A partner's drop: a folder or a zip, with an optional manifest.csv (path, license, label)."""

    kind: Literal["archive"]
    path: str
    license: str | None = None  # of pictures for which the manifest names none
    revision: int = 1
    max_bytes: Positive = 20_000_000


Source: TypeAlias = Annotated[WebSource | ArchiveSource, Field(discriminator="kind")]


@frozen
class Clean:
    """Thresholds; a picture beyond one is rejected. Units in the names or beside them."""

    min_side: Positive  # pixels, the shorter side
    max_aspect: PositiveReal  # longer side / shorter side
    min_contrast: float  # standard deviation of grey levels
    min_brightness: float  # mean grey level, 0..255
    max_brightness: float
    min_sharpness: float  # variance of the Laplacian
    duplicate_radius: Annotated[int, Field(ge=0, le=64)]  # bits of 256; at or below: the same picture, dropped
    group_radius: Annotated[int, Field(ge=0, le=64)]  # bits of 256; at or below: asked once, never split
    licenses: tuple[str, ...]  # that may be used
    unknown_license: Literal["reject", "keep"]


@frozen
class Embed:
    backbone: Literal["efficientnet_lite0"]
    size: Annotated[int, Field(ge=32, le=512)]  # pixels, square
    batch: Positive


@frozen
class Model:
    members: Positive  # of the ensemble; each has its own seed and bootstrap sample
    epochs: Positive
    learning_rate: PositiveReal
    weight_decay: Annotated[float, Field(ge=0)]


@frozen
class Evaluation:
    size: Positive  # pictures, drawn once in the first round, never trained on
    overlap: Positive  # people asked about each


@frozen
class Round:
    prev: str
    strategy: str
    budget: Positive  # pictures: train + control + relabel
    control: Share  # of the budget, drawn at random
    overlap: Positive  # people asked about each
    show_predictions: bool = False
    draw: Count = 0  # raised by `silverprint round redraw`


@frozen
class Gate:
    min_alpha: float  # Krippendorff's alpha over the round's votes
    max_unresolved: Share  # share of pictures on which every vote abstained


@frozen
class Release:
    silver_confidence: Share  # automatic labels at or above it go to the `silver` split


@frozen
class Params:
    seed: int
    dataset: Dataset
    sources: dict[Name, Source]
    clean: Clean
    embed: Embed
    model: Model
    evaluation: Evaluation
    rounds: dict[Name, Round]
    last: str
    gate: Gate
    release: Release

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """The rounds in their order, checked to be one unforked chain from 'start'."""
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
        if len(order) < len(self.rounds):
            lost = next(name for name in self.rounds if name not in order)
            value = f"rounds.{lost}.prev = {self.rounds[lost].prev!r}"
            raise ConfigError(value, "the chain of rounds must begin at 'start' without a circle", "mend its prev")
        return tuple(order)


def load(path: Path = layout.PARAMS) -> Params:
    """The checked parameters.

    Raises:
        ConfigError: the file is missing, is not YAML, or breaks a rule; the message names the first offending value.
    """
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(str(path), "the file is missing", "run from the project's folder") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"not readable as YAML ({str(error)[:200]})", "mend it") from None
    if not isinstance(document, dict):
        raise ConfigError(str(path), "must be a mapping", "compare docs/params.md")
    return check(document)


def check(document: dict[str, Any]) -> Params:
    known = Params.__annotations__.keys()
    unknown = sorted(map(str, document.keys() - known))
    if unknown:
        raise ConfigError(f"params.yaml {unknown[0]!r}", "no such section", f"known: {', '.join(sorted(known))}")
    try:
        params: Params = TypeAdapter(Params).validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        value = f"params.yaml {where} = {first.get('input')!r}"[:200]
        raise ConfigError(value, first["msg"].lower(), "see docs/params.md for its type and range") from None
    _cross_checks(params)
    return params


def _cross_checks(params: Params) -> None:
    classes = params.dataset.classes
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise ConfigError(f"dataset.classes = {list(classes)}", "at least two classes, each once", "mend the list")
    taken = sorted({UNSURE, NONE_OF_THESE} & set(classes))
    if taken:
        raise ConfigError(f"dataset.classes has {taken[0]!r}", "the name is used for an answer", "rename the class")
    if not params.sources:
        raise ConfigError("sources = {}", "a dataset needs a source", "silverprint source add NAME")
    if not params.rounds:
        raise ConfigError("rounds = {}", "a campaign needs a round", "silverprint round open NAME")
    if START in params.rounds:
        raise ConfigError("rounds.start", "'start' is the state before the first round", "rename the round")
    if params.clean.group_radius < params.clean.duplicate_radius:
        value = f"clean.group_radius = {params.clean.group_radius}"
        raise ConfigError(value, "must be at least clean.duplicate_radius", f"set {params.clean.duplicate_radius}")
    if params.last != params.chain[-1]:
        value = f"last = {params.last!r}"
        raise ConfigError(value, "must be the chain's last round", f"set last: {params.chain[-1]}")
