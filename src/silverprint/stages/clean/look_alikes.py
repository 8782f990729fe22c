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
from silverprint.core.jobs import Run
from silverprint.core.measures import thumbnail_alignment
from silverprint.records import ALIKE
from silverprint.store import tables
from silverprint.store.executor import cores
from silverprint.store.features import FEW, Features
from silverprint.store.local_cache import read, write
from silverprint.store.thumbnail_table import Thumbnails, lay_out

_CENTRE_ROWS = 4096  # enough for a mean
PAIRS = 4_096  # pairs of a job, whose thumbnails have 19 MB
FEW_PAIRS = 16_384  # pairs: fewer take some seconds, and are compared here
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


def neighbours(features: Features, live: NDArray[np.bool_], run: Run = map) -> Nearest:
    """`core.features.nearest_neighbours.nearest` of (N,) rows of features, as they lie on the disk.

    What is found for a row stays true whatever comes after it. So this machine keeps what it found last, in `var/`, and
    looks only for what is new, or had a neighbour that is not `live` any more; where nothing is kept, or the rows that
    it is of have changed, all are sought, and come to the same.
    """
    rows = _sketches(features, run)
    before = _kept(rows)
    if before is not None and np.array_equal(before.live, live):
        return before
    found = nearest(rows, live, look_alikes.NEIGHBOURS, _SEED, before, run)
    content = BytesIO()
    np.savez(content, rows_sha256=_sha256(rows), **vars(found))
    write(layout.NEAREST, _RULES, content.getvalue())
    return found


def _sketches(features: Features, run: Run) -> Sketches:
    """(N, D) `core.features.sketches.sketch` of every row of features."""
    image_ids = features.image_ids
    sample = image_ids.head(founders(len(image_ids)))
    sample = sample.gather_every(-(-len(sample) // _CENTRE_ROWS) or 1)
    centre = features.gathered(sample).mean(axis=0) if len(sample) else np.zeros(features.width, dtype=np.float32)
    run, blocks = run if len(image_ids) >= FEW else map, list(features.blocks.values())
    return sketch(features.halves(image_ids), len(image_ids), blocks, centre, _SEED, run)


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


def pairs(sources: Collection[str], image_ids: pl.Series, limit: float, run: Run) -> LookAlikes:
    """Pairs of pictures whose unlikeness is at most `limit`.

    What two thumbnails come to stays, until `measure` makes them otherwise. So this machine keeps it, in `var/`, and
    compares new pairs alone; a machine that has nothing there comes to the same table.

    Args:
        sources: whose measurements hold the thumbnails.
        image_ids: (N,) distinct, sorted.
        run: does the jobs, where there are many pictures or pairs.

    Raises:
        UnavailableError: there are no features.
        DataError: a picture has none.
    """
    features = Features(layout.EMBED)
    places = features.places(image_ids)
    near = neighbours(features, places >= 0, run)
    found = look_alikes.candidate_pairs(near, places, limit)
    found = found.with_columns(one=image_ids.gather(found["left"]), other=image_ids.gather(found["right"]))
    of = origin(sources)
    known = tables.read_cached(layout.ALIKE, of, ALIKE)
    todo = found.join(known, on=["one", "other"], how="anti", maintain_order="left")
    if not todo.is_empty():
        known = pl.concat([known, _compared(sources, todo, run)])
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


def _compared(sources: Collection[str], todo: pl.DataFrame, run: Run) -> pl.DataFrame:
    """`todo` with `residual`; so few pairs at once that memory does not grow with the pool."""
    wanted = pl.concat([todo["one"], todo["other"]]).unique().sort()
    pairs = np.stack([wanted.search_sorted(todo[end]).to_numpy() for end in ("one", "other")], axis=1)
    starts = range(0, len(pairs), PAIRS)
    run, found = run if len(pairs) >= FEW_PAIRS else map, []
    with lay_out(map(layout.measured, sources), wanted, layout.VAR) as shown, bar() as progress:
        task = progress.add_task("clean: comparing look-alikes", total=len(pairs), unit="pairs")
        for part in run(residuals, (_shown(shown, pairs[start : start + PAIRS]) for start in starts)):
            found.append(part)
            progress.advance(task, len(part))
    return todo.select("one", "other", residual=pl.Series(np.concatenate(found)))


def _shown(thumbnails: Thumbnails, pairs: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The thumbnails of pairs, and the pairs as rows of these."""
    places, rows = np.unique(pairs, return_inverse=True)
    return thumbnails.read(places), rows.reshape(-1, 2)


def residuals(job: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> NDArray[np.float64]:
    """`thumbnail_alignment.residuals` of (N, S, S) thumbnails and (P, 2) rows of them."""
    return thumbnail_alignment.residuals(*job, threads=cores.available())
