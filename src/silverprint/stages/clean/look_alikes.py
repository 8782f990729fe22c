"""Look-alikes by features that were computed and thumbnails that were measured."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, fields
from io import BytesIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.console import bar
from silverprint.core.duplicates import look_alikes
from silverprint.core.features.nearest_neighbours import RULE, Nearest, founders, nearest
from silverprint.core.features.sketches import Sketches, sketch
from silverprint.core.measures import thumbnail_alignment
from silverprint.records import ALIKE
from silverprint.store import tables
from silverprint.store.features import Features
from silverprint.store.local_cache import read, write
from silverprint.store.thumbnail_table import lay_out

_CENTRE_ROWS = 4096  # enough for a mean
_PAIRS = 16_384  # pairs whose thumbnails, 75 MB, are in memory at once
_SEED = 0  # seed of axes and centres: they are part of what `unlikeness` means, not of the campaign
_RULES = f"{RULE} {look_alikes.NEIGHBOURS} {_SEED}"


@dataclass(frozen=True)
class LookAlikes:
    """
    Attributes:
        pairs: (P, 2) places of pictures, the smaller first, sorted.
        crowded: pictures that have so many look-alikes that they were compared with a part of them only.
    """

    pairs: NDArray[np.int64]
    crowded: int


def neighbours(features: Features, live: NDArray[np.bool_]) -> Nearest:
    """`core.features.nearest_neighbours.nearest` of (N,) rows of features, as they lie on the disk.

    What is found for a row stays true whatever comes after it. So this machine keeps what it found last, in `var/`, and
    looks only for what is new, or had a neighbour that is not `live` any more; where nothing is kept, or the rows that
    it is of have changed, all are sought, and come to the same.
    """
    rows = _sketches(features)
    before = _kept(rows)
    if before is not None and np.array_equal(before.live, live):
        return before
    found = nearest(rows, live, look_alikes.NEIGHBOURS, _SEED, before)
    content = BytesIO()
    np.savez(content, rows_sha256=_sha256(rows), **vars(found))
    write(layout.NEAREST, _RULES, content.getvalue())
    return found


def _sketches(features: Features) -> Sketches:
    """(N, D) `core.features.sketches.sketch` of every row of features."""
    image_ids = features.image_ids
    sample = image_ids.head(founders(len(image_ids)))
    sample = sample.gather_every(-(-len(sample) // _CENTRE_ROWS) or 1)
    centre = features.gathered(sample).mean(axis=0) if len(sample) else np.zeros(features.width, dtype=np.float32)
    return sketch(features.scan(image_ids), len(image_ids), list(features.blocks.values()), centre, _SEED)


def _sha256(rows: Sketches) -> str:
    return hashlib.sha256(rows.data).hexdigest()


def _kept(rows: Sketches) -> Nearest | None:
    """What layout.NEAREST holds, if it is of the first of `rows`."""
    content = read(layout.NEAREST, _RULES)
    if content is None:
        return None
    arrays = np.load(BytesIO(content))
    count = len(arrays["live"])
    if founders(count) != founders(len(rows)) or str(arrays["rows_sha256"]) != _sha256(rows[:count]):
        return None
    return Nearest(*(arrays[field.name] for field in fields(Nearest)))


def pairs(sources: Collection[str], image_ids: pl.Series, limit: float) -> LookAlikes:
    """Pairs of pictures whose unlikeness is at most `limit`.

    What two thumbnails come to stays, until `measure` makes them otherwise. So this machine keeps it, in `var/`, and
    compares new pairs alone; a machine that has nothing there comes to the same table.

    Args:
        sources: whose measurements hold the thumbnails.
        image_ids: (N,) distinct, sorted.

    Raises:
        UnavailableError: there are no features.
        DataError: a picture has none.
    """
    features = Features(layout.EMBED)
    places = features.places(image_ids)
    near = neighbours(features, places >= 0)
    found = look_alikes.candidate_pairs(near, places, limit)
    found = found.with_columns(one=image_ids.gather(found["left"]), other=image_ids.gather(found["right"]))
    of = origin(sources)
    known = tables.read_cached(layout.ALIKE, of, ALIKE)
    todo = found.join(known, on=["one", "other"], how="anti", maintain_order="left")
    if not todo.is_empty():
        known = pl.concat([known, _compared(sources, todo)])
        tables.write_cached(known, layout.ALIKE, of, ALIKE)
    judged = found.join(known, on=["one", "other"], maintain_order="left").with_columns(
        unlikeness=look_alikes.unlikeness()
    )
    enough = judged.filter(pl.col("unlikeness") <= limit)
    return LookAlikes(enough.select("left", "right").to_numpy(), near.crowded)


def origin(sources: Collection[str]) -> str:
    """What residuals follow from, beside the pictures: the rule, and which `measure` made the thumbnails."""
    marks = [layout.measured(source) / layout.MEASURED_BY for source in sources]
    versions = {mark.read_text(encoding="utf-8").strip() for mark in marks if mark.exists()}
    return " ".join([str(thumbnail_alignment.RULE), *sorted(versions)])


def _compared(sources: Collection[str], todo: pl.DataFrame) -> pl.DataFrame:
    """`todo` with `residual`; so few pairs at once that memory does not grow with the pool."""
    wanted = pl.concat([todo["one"], todo["other"]]).unique().sort()
    pairs = np.stack([wanted.search_sorted(todo[end]).to_numpy() for end in ("one", "other")], axis=1)
    residuals = np.empty(len(pairs))
    with lay_out(map(layout.measured, sources), wanted, layout.VAR) as shown, bar() as progress:
        task = progress.add_task("clean: comparing look-alikes", total=len(pairs), unit="pairs")
        for start in range(0, len(pairs), _PAIRS):
            part = slice(start, start + _PAIRS)
            places, rows = np.unique(pairs[part], return_inverse=True)
            residuals[part] = thumbnail_alignment.residuals(shown.read(places), rows.reshape(-1, 2))
            progress.advance(task, len(pairs[part]))
    return todo.select("one", "other", residual=pl.Series(residuals))
