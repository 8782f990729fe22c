"""Which pictures look like one another: by features that were computed and thumbnails that were measured."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.core import alignment, alike
from silverprint.core.neighbours import Nearest, nearest, projected
from silverprint.records import ALIKE, THUMBNAILS, empty
from silverprint.store import tables
from silverprint.store.features import Features

_CENTRE_ROWS = 4096  # enough for a mean
_SEED = 0  # of axes and centres: they are part of what `unlikeness` means, not of the campaign

Rows = NDArray[np.float32]


def directions(image_ids: list[str]) -> Rows:
    """(N, D) unit rows, as `core.neighbours.projected` has them, of pictures that have features.

    Raises:
        UnavailableError: there are no features.
        DataError: a picture has none.
    """
    features = Features(layout.EMBED)
    if not image_ids:
        return np.empty((0, 1), dtype=np.float32)
    sample = image_ids[:: -(-len(image_ids) // _CENTRE_ROWS)]
    centre = features.matrix(sample).mean(axis=0)
    return projected(features.batches(image_ids), list(features.blocks.values()), centre, _SEED)


def neighbours(rows: Rows) -> Nearest:
    return nearest(rows, alike.NEIGHBOURS, _SEED)


def pairs(sources: Iterable[str], image_ids: list[str], near: Nearest, limit: float) -> pl.DataFrame:
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
    names = pl.Series(image_ids, dtype=pl.String)
    found = found.with_columns(one=names.gather(found["left"]), other=names.gather(found["right"]))
    known = tables.read(layout.ALIKE, ALIKE) if layout.ALIKE.exists() else empty(ALIKE)
    todo = found.join(known, on=["one", "other"], how="anti", maintain_order="left")
    if not todo.is_empty():
        known = pl.concat([known, _compared(sources, todo)])
        tables.write(known, layout.ALIKE, ALIKE)
    judged = found.join(known, on=["one", "other"], maintain_order="left").with_columns(unlikeness=alike.unlikeness())
    return judged.filter(pl.col("unlikeness") <= limit).select("left", "right", "unlikeness")


def _compared(sources: Iterable[str], todo: pl.DataFrame) -> pl.DataFrame:
    wanted = pl.concat([todo["one"], todo["other"]]).unique().sort()
    parts = [tables.read_parts(layout.measured(source), THUMBNAILS) for source in sources]
    shown = pl.concat(part.filter(pl.col("image_id").is_in(wanted.implode())) for part in parts)
    shown = shown.unique("image_id").sort("image_id")
    side = alignment.SIDE
    pixels = np.frombuffer(b"".join(shown["thumbnail"]), dtype=np.uint8).reshape(-1, side, side)
    rows = np.stack([shown["image_id"].search_sorted(todo[end]).to_numpy() for end in ("one", "other")], axis=1)
    residual = alignment.residuals(pixels, rows.astype(np.int64))
    return todo.select("one", "other", residual=pl.Series(residual))
