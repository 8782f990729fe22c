"""Pool as the page knows it: its pictures in a table, and what a selection may become."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Said: TypeAlias = Mapping[str, str]  # field -> what a person wrote


@dataclass(frozen=True)
class Field:
    """One thing that a person says about a selection.

    Attributes:
        choices: what it may be; empty: any line of text.
        value: what stands there at first.
    """

    name: str
    words: str
    choices: tuple[str, ...] = ()
    value: str = ""


@dataclass(frozen=True)
class Change:
    """Lines of a ledger that a selection would become.

    Attributes:
        path: of the ledger, for people.
        lines: as they will be written.
        left_out: why pictures get no line, with their number.
        after: what a person does next.
        write: writes them.
    """

    path: str
    lines: pl.DataFrame
    left_out: Sequence[tuple[str, int]]
    after: str
    write: Callable[[], object]


@dataclass(frozen=True)
class Action:
    """What a selection may become. `draw_up` gets image_ids and what was said, and writes nothing.

    Attributes:
        idle: why it cannot be done now; empty where it can.
    """

    verb: str
    words: str
    fields: tuple[Field, ...]
    draw_up: Callable[[Sequence[str], Said], Change]
    idle: str = ""


@dataclass(frozen=True)
class Pool:
    """
    Attributes:
        rows: columns of `campaign.pool_table.POOL`; a picture's number is its place here.
        coordinates: (N, 2) on the map, 0 to 1; NaN for a picture without features.
        similar: (N,) similarity of every picture to one, by its number, -1 to 1; NaN for one without features.
        stored: the bytes of a picture, by its image_id.
        gone: image_ids of pictures that nobody is shown any more.
        marks: image_id -> lists that name it by now.
        facts: sentences about where the figures come from.
        actions: by name.
        described: (N,) how well a text describes every picture, -1 to 1; NaN for one without features. None where
            nothing at hand reads texts.
    """

    name: str
    classes: tuple[str, ...]
    rows: pl.DataFrame
    coordinates: NDArray[np.float32]
    similar: Callable[[int], NDArray[np.float32]]
    stored: Callable[[str], bytes]
    gone: Callable[[], frozenset[str]]
    marks: Callable[[], Mapping[str, tuple[str, ...]]]
    facts: tuple[str, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    described: Callable[[str], NDArray[np.float32]] | None = None
