"""Which pictures look like one another: by features that were computed and thumbnails that were measured."""

import hashlib
from collections.abc import Iterable
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.core import alignment, alike
from silverprint.core.neighbours import RULE, Nearest, nearest, projected
from silverprint.records import ALIKE, empty
from silverprint.store import files, tables
from silverprint.store.features import Features
from silverprint.store.thumbnails import laid_out

_CENTRE_ROWS = 4096  # enough for a mean
_PAIRS = 16_384  # whose thumbnails, 75 MB, are in memory at once
_SEED = 0  # of axes and centres: they are part of what `unlikeness` means, not of the campaign

Rows = NDArray[np.float32]


def directions(image_ids: pl.Series) -> Rows:
    """(N, D) unit rows, as `core.neighbours.projected` has them, of pictures that have features.

    Raises:
        UnavailableError: there are no features.
        DataError: a picture has none.
    """
    features = Features(layout.EMBED)
    if image_ids.is_empty():
        return np.empty((0, 1), dtype=np.float32)
    sample = image_ids.gather_every(-(-len(image_ids) // _CENTRE_ROWS))
    centre = features.gathered(sample).mean(axis=0)
    blocks = list(features.blocks.values())
    return projected(features.scan(image_ids), len(image_ids), blocks, centre, _SEED)


def neighbours(rows: Rows) -> Nearest:
    """`core.neighbours.nearest` of (N, D) rows.

    They follow from the rows. So this machine keeps those that it found last, in `var/`, and another threshold or a
    withdrawal costs no search; where one bit of the rows differs, or nothing is kept, all are sought.
    """
    of = f"{RULE} {alike.NEIGHBOURS} {_SEED} {rows.shape} {hashlib.sha256(rows.data).hexdigest()}"
    kept = _kept(of)
    if kept is not None:
        return kept
    found = nearest(rows, alike.NEIGHBOURS, _SEED)
    with files.replacing(layout.NEAREST) as temporary, temporary.open("wb") as handle:
        np.savez(handle, of=of, rows=found.rows, cosines=found.cosines, crowded=found.crowded)
    return found


def _kept(of: str) -> Nearest | None:
    """What layout.NEAREST holds, if it is `of` the same rows; a damaged file is as none."""
    try:
        with layout.NEAREST.open("rb") as handle, np.load(handle) as kept:
            same = str(kept["of"]) == of
            return Nearest(kept["rows"], kept["cosines"], int(kept["crowded"])) if same else None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def pairs(sources: Iterable[str], image_ids: pl.Series, near: Nearest, limit: float) -> pl.DataFrame:
    """Pairs of pictures whose unlikeness is at most `limit`.

    What two thumbnails come to never changes. So this machine keeps it, in `var/`, and compares new pairs alone; a
    machine that has nothing there comes to the same table.

    Args:
        sources: whose measurements hold the thumbnails.
        image_ids: (N,) sorted; `near` is in their order.

    Returns:
        left, right (places in `image_ids`, left < right) and unlikeness, sorted by left and right.
    """
    found = alike.candidates(near, limit)
    found = found.with_columns(one=image_ids.gather(found["left"]), other=image_ids.gather(found["right"]))
    known = tables.read(layout.ALIKE, ALIKE) if layout.ALIKE.exists() else empty(ALIKE)
    todo = found.join(known, on=["one", "other"], how="anti", maintain_order="left")
    if not todo.is_empty():
        known = pl.concat([known, _compared(sources, todo)])
        tables.write(known, layout.ALIKE, ALIKE)
    judged = found.join(known, on=["one", "other"], maintain_order="left").with_columns(unlikeness=alike.unlikeness())
    return judged.filter(pl.col("unlikeness") <= limit).select("left", "right", "unlikeness")


def _compared(sources: Iterable[str], todo: pl.DataFrame) -> pl.DataFrame:
    """`todo` with `residual`; so few pairs at once that memory does not grow with the pool."""
    wanted = pl.concat([todo["one"], todo["other"]]).unique().sort()
    pairs = np.stack([wanted.search_sorted(todo[end]).to_numpy() for end in ("one", "other")], axis=1)
    residuals = np.empty(len(pairs))
    with laid_out(map(layout.measured, sources), wanted, layout.VAR) as shown:
        for start in range(0, len(pairs), _PAIRS):
            part = slice(start, start + _PAIRS)
            places, rows = np.unique(pairs[part], return_inverse=True)
            residuals[part] = alignment.residuals(shown.read(places), rows.reshape(-1, 2))
    return todo.select("one", "other", residual=pl.Series(residuals))
