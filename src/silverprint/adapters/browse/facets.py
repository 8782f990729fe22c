"""Facets of the pool: columns by whose values it is narrowed and coloured, and suspicions to look for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

NONE: Final = ""  # the value of a picture that has none
MOST_VALUES: Final = 254  # of a facet: the rarer ones are in no list, and colour a point as none does


@dataclass(frozen=True)
class Facet:
    """
    Attributes:
        words: as the page calls it.
        without: what a picture without a value is called there.
        column: of the table, or an expression of its columns.
        many: whether a picture may have several values: the column is of lists, and the first colours a point.
    """

    words: str
    without: str
    column: pl.Expr
    many: bool = False

    def has(self, value: str) -> pl.Expr:
        """Whether a picture has the value."""
        if value == NONE:
            return self.column.is_null()
        return self.column.list.contains(value) if self.many else self.column == value


FACETS: Final[Mapping[str, Facet]] = {
    "predicted": Facet("Predicted class", "no prediction", pl.col("predicted")),
    "label": Facet("Label", "no label", pl.col("label")),
    "cleaning": Facet("Cleaning", "kept", pl.col("reason")),
    "flag": Facet("Flag", "no flag", pl.col("flags").str.replace_all(":[^ ]*", "").str.split(" "), many=True),
    "round": Facet("Asked in round", "not asked yet", pl.col("round")),
    "role": Facet("Role", "not asked yet", pl.col("role")),
    "split": Facet("Split of the release", "not released", pl.col("split")),
    "source": Facet("Source", "no source", pl.col("source")),
    "license": Facet("Licence", "no licence", pl.col("license")),
}
SUSPICIONS: Final[Mapping[str, tuple[str, pl.Expr]]] = {
    "disagreed": ("People disagree", pl.col("disagreed")),
    "contradicted": ("Label and prediction differ", pl.col("contradicted")),
    "mistake": ("The champion is wrong", pl.col("mistake").is_not_null()),
    "flagged": ("Has a flag", pl.col("flags").is_not_null()),
    "brought": ("Has a label of its source", pl.col("source_label").is_not_null()),
}


@dataclass(frozen=True)
class Values:
    """A facet's values in a pool.

    Attributes:
        names: the commonest first; NONE is not among them.
        counts: pictures of each.
        without: pictures that have none.
        codes: (N,) place in `names` plus 1; 0 for none.
    """

    names: list[str]
    counts: list[int]
    without: int
    codes: NDArray[np.uint8]


def values(rows: pl.DataFrame, facet: Facet) -> Values:
    """The values of a facet, the commonest first, those of equal number by name."""
    column = rows.select(value=facet.column)
    each = column.explode("value") if facet.many else column
    first = column.select(pl.col("value").list.first()) if facet.many else column
    counted = each.drop_nulls().group_by("value").len().sort("len", "value", descending=[True, False])
    counted = counted.head(MOST_VALUES)
    names = counted["value"].to_list()
    known = counted.select("value", code=pl.int_range(1, pl.len() + 1, dtype=pl.UInt8))
    codes = first.join(known, on="value", how="left", maintain_order="left")["code"].fill_null(0)
    return Values(names, counted["len"].to_list(), int(column["value"].null_count()), codes.to_numpy())
