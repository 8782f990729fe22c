"""Turned, mirrored, inverted or framed copies: hashes say which images may be one, thumbnails decide."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.cleaning.judge import HASH, radii
from silverprint.core.duplicates import TooManyPairs, look_alikes, near_others, turned_hashes
from silverprint.core.hashing import hamming
from silverprint.core.jobs import Run
from silverprint.core.measures import borders
from silverprint.records import INNER, ROTATED
from silverprint.stages.clean.look_alikes import FEW_PAIRS, PAIRS, origin, residuals
from silverprint.store import tables
from silverprint.store.thumbnail_table import Thumbnails, lay_out

Words = NDArray[np.uint64]

_RADIUS = 20  # bits, at most: 24 find hardly more, and take four times as long
_MOST = 200_000  # pairs of each way that are looked at: some minutes


def pairs(
    params: Params, pictures: pl.DataFrame, rows: NDArray[np.int64], links: NDArray[np.int64], run: Run
) -> NDArray[np.int64]:
    """(P, 2) of the `rows` of `pictures`, one for each pair of hashes that are copies turned or without a border.

    One hash of a turned pair is the other in one of `turned_hashes.WAYS`.

    What a pair of thumbnails comes to stays, until `measure` makes them otherwise. So this machine keeps it, in `var/`.

    Args:
        pictures: sorted by image_id.
        rows: those that can be compared.
        links: (L, 2) what belongs together anyway, of which nothing is looked for.
        run: does the jobs, where there are many hashes or pairs.
    """
    if params.clean.alike_limit == 0 or not len(rows):
        return np.empty((0, 2), dtype=np.int64)
    hashes, first = np.unique(pictures[rows].select(HASH).to_numpy(), axis=0, return_index=True)
    parts = look_alikes.join_components(np.arange(len(pictures)), links)[rows[first]]
    within = np.minimum(radii(pictures[rows[first]], params.clean), _RADIUS)
    ways = {way: (hashes, turned_hashes.turn_hashes(hashes, way)) for way in turned_hashes.WAYS}
    ways[borders.WAY] = 2 * (_inner(pictures[rows[first]]),)
    found = pl.concat(_candidates(*both, parts, within, way, run) for way, both in ways.items())
    names = pictures["image_id"].gather(rows[first])
    found = found.with_columns(one=names.gather(found["left"]), other=names.gather(found["right"]))
    judged = found.join(_residuals(params, pictures, found, run), on=["one", "other", "way"], maintain_order="left")
    same = judged.filter(look_alikes.THUMBNAILS_WEIGH * pl.col("residual") <= params.clean.alike_limit)
    return np.asarray(rows[first][same.select("left", "right").to_numpy()])


def _inner(pictures: pl.DataFrame) -> Words:
    """(N, 4) the hashes of pictures without their borders, whether they have some or not."""
    inner = [pl.coalesce(word, plain) for word, plain in zip(list(INNER)[:4], HASH, strict=True)]
    return pictures.select(inner).to_numpy()


def _boxes(pictures: pl.DataFrame) -> NDArray[np.float64]:
    """(N, 4) as `borders.crop_to_boxes` takes them."""
    whole = zip(list(INNER)[4:], (0.0, 0.0, 1.0, 1.0), strict=True)
    return pictures.select(pl.col(name).fill_null(share) for name, share in whole).to_numpy()


def _candidates(
    hashes: Words, others: Words, parts: NDArray[np.int64], within: NDArray[np.int64], way: str, run: Run
) -> pl.DataFrame:
    """left, right, way: places of `hashes` that are near one of `others`; each two once."""
    try:
        found = near_others(hashes, others, int(within.max()), parts, _MOST, run)
    except TooManyPairs:
        say(f"clean: these hashes share most of their bits, so {way} copies were not looked for")
        found = np.empty((0, 2), dtype=np.int64)
    if len(found) == _MOST:
        say(f"clean: more than {_MOST} pairs may be {way} copies of one another; only so many were compared")
    if way != "quarter":  # a way that is its own inverse finds each pair twice
        found = found[found[:, 0] < found[:, 1]]
    near = hamming(hashes[found[:, 0]], others[found[:, 1]]) <= within[found].min(axis=1)
    left, right = found[near].T
    return pl.DataFrame({"left": left, "right": right}).with_columns(way=pl.lit(way))


def _residuals(params: Params, pictures: pl.DataFrame, found: pl.DataFrame, run: Run) -> pl.DataFrame:
    """ROTATED of each pair, as kept or compared now."""
    of = origin(params.sources)
    known = tables.read_cached(layout.ROTATED, of, ROTATED)
    todo = found.select("one", "other", "way").join(known, on=["one", "other", "way"], how="anti")
    if todo.is_empty():
        return known
    todo = todo.sort("way", "one", "other")
    wanted = pl.concat([todo["one"], todo["other"]]).unique().sort()
    places = np.stack([wanted.search_sorted(todo[end]).to_numpy() for end in ("one", "other")], axis=1)
    boxes = _boxes(pictures[pictures["image_id"].search_sorted(wanted)])
    run = run if len(todo) >= FEW_PAIRS else map
    with lay_out(map(layout.measured, params.sources), wanted, layout.VAR) as thumbnails:
        parts = run(residuals, _turned(thumbnails, todo["way"].to_numpy(), places, boxes))
        found_residuals = np.concatenate(list(parts))
    known = pl.concat([known, todo.with_columns(residual=pl.Series(found_residuals))])
    tables.write_cached(known, layout.ROTATED, of, ROTATED)
    return known


def _turned(
    thumbnails: Thumbnails, ways: NDArray[Any], places: NDArray[np.int64], boxes: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Jobs of `residuals`: thumbnails of pairs, the second in its way, in the order of `ways`, sorted."""
    for way in np.unique(ways):
        own = np.flatnonzero(ways == way)
        for part in np.split(own, range(PAIRS, len(own), PAIRS)):
            one, other = thumbnails.read(places[part, 0]), thumbnails.read(places[part, 1])
            if way == borders.WAY:
                both = borders.crop_to_boxes(np.concatenate([one, other]), boxes[np.concatenate(places[part].T)])
            else:
                both = np.concatenate([one, turned_hashes.turn_thumbnails(other, way)])
            each = np.arange(len(part))
            yield both, np.stack([each, len(part) + each], axis=1)
