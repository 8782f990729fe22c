"""View of the pool: which pictures a request asks for, checked, and in which order they come."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from silverprint.adapters.browse.facets import FACETS, SUSPICIONS, Facet

MOST_CORNERS: Final = 400  # of an area on the map
PAGE: Final = 60  # pictures of a page
ORDERS: Final[Mapping[str, tuple[str, tuple[str, bool] | None]]] = {  # words; column, descending
    "any": ("by chance", None),
    "unsure": ("least confident prediction first", ("confidence", False)),
    "sure": ("most confident prediction first", ("confidence", True)),
    "disagreed": ("least agreement first", ("agreement", False)),
    "newest": ("newest first", ("fetched_at", True)),
    "smallest": ("smallest first", ("width", False)),
}

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(max_length=300)]


class Wanted(BaseModel):
    """What the page asks for.

    Attributes:
        facets: facet -> the value that pictures have; NONE for those without one.
        suspicion: a key of SUSPICIONS.
        text: what an address, a caption, a source's label or the beginning of an image_id has in it.
        group: near-duplicates of one another.
        area: corners of a closed shape on the map.
        like: number of the picture that others are like; they come in the order of their similarity.
        words: what pictures show; they come in the order in which it describes them.
        offset: pictures before the page.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    facets: dict[Name, Name] = {}
    suspicion: Name = ""
    text: Name = ""
    least: Share = 0.0
    most: Share = 1.0
    group: int | None = None
    area: Annotated[list[tuple[float, float]], Field(max_length=MOST_CORNERS)] = []
    like: Annotated[int, Field(ge=0)] | None = None
    words: Name = ""
    order: Literal["any", "unsure", "sure", "disagreed", "newest", "smallest"] = "any"
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


def matching(
    rows: pl.DataFrame, coordinates: NDArray[np.float32], wanted: Wanted, facets: Mapping[str, Facet] = FACETS
) -> NDArray[np.bool_]:
    """(N,) the pictures that are asked for. A facet or a suspicion that there is none of asks for none."""
    conditions = [pl.col("image_id").is_not_null()]
    for name, value in wanted.facets.items():
        if name not in facets:
            return np.zeros(rows.height, dtype=np.bool_)
        conditions.append(facets[name].has(value))
    if wanted.suspicion:
        if wanted.suspicion not in SUSPICIONS:
            return np.zeros(rows.height, dtype=np.bool_)
        conditions.append(SUSPICIONS[wanted.suspicion][1])
    if wanted.least > 0 or wanted.most < 1:
        conditions.append(pl.col("confidence").is_between(wanted.least, wanted.most))
    if wanted.group is not None:
        conditions.append(pl.col("group") == wanted.group)
    if text := " ".join(wanted.text.split()).lower():
        conditions.append(_says(text))
    found = rows.select(pl.all_horizontal(conditions).fill_null(False).alias("found"))["found"]
    matched: NDArray[np.bool_] = found.to_numpy()
    return matched & within(coordinates, wanted.area) if wanted.area else matched


def _says(text: str) -> pl.Expr:
    fields = ("url", "caption", "source_label")
    holds = [pl.col(name).str.to_lowercase().str.contains(text, literal=True).fill_null(False) for name in fields]
    return pl.any_horizontal(*holds, pl.col("image_id").str.starts_with(text))


def within(points: NDArray[np.float32], corners: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """(N,) whether each point lies in a closed shape, by the parity of the edges that a ray to the right crosses."""
    shape = np.array(corners, dtype=np.float64)
    low, high = shape.min(axis=0), shape.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))  # NaN is nowhere
    x, y = points[near, 0].astype(np.float64), points[near, 1].astype(np.float64)
    inside = np.zeros(len(near), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(shape, np.roll(shape, -1, axis=0), strict=True):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    out = np.zeros(len(points), dtype=np.bool_)
    out[near[inside]] = True
    return out


def ordered(
    rows: pl.DataFrame, matched: NDArray[np.bool_], wanted: Wanted, similarity: NDArray[np.float32] | None
) -> NDArray[np.int64]:
    """Numbers of the matched pictures in the order asked; the most similar first, where `similarity`, (N,), is given:
    then those without features are left out.
    """
    numbers = np.flatnonzero(matched)
    if similarity is not None:
        numbers = numbers[~np.isnan(similarity[numbers])]
        nearest: NDArray[np.int64] = numbers[np.argsort(-similarity[numbers], kind="stable")]
        return nearest
    by = ORDERS[wanted.order][1]
    if by is None:
        return numbers  # of names that are hashes: as good as drawn
    column, descending = by
    place = rows[column].gather(numbers).arg_sort(descending=descending, nulls_last=True)
    placed: NDArray[np.int64] = numbers[place.to_numpy()]
    return placed
