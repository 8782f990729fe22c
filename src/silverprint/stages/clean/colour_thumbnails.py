"""Colours of images that may be copies by their hashes: decoded when they are first wanted, then kept."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from silverprint import layout
from silverprint.console import bar
from silverprint.core.duplicates import colour_agreement
from silverprint.core.duplicates.near_duplicates import Sameness
from silverprint.imaging.decode import Undecodable, decode
from silverprint.records import MINIATURES
from silverprint.store import ShardReader, tables

_BATCH = 256  # pictures whose bytes are in memory at once
_SHORTER = 4 * colour_agreement.SIDE  # pixels, at least, of a reduced decode: each cell is a mean of some


def add_colours(sources: Iterable[str], image_ids: pl.Series, same: Sameness) -> Sameness:
    """`same` with the colours of its suspects.

    A picture's miniature follows from its image_id. So what this machine has decoded it keeps, in `var/`; one that has
    nothing there comes to the same by decoding. What is no suspect any more is forgotten: of what was purged, nothing
    that shows it may stay.

    Args:
        sources: whose shards hold the pictures.
        image_ids: (N,) of the rows of `same`.

    Raises:
        UnavailableError: a shard is not there.
        DataError: a shard is damaged.
    """
    rows = same.suspects()
    wanted = pl.DataFrame({"image_id": image_ids.gather(rows)}).with_columns(row=pl.Series(rows))
    before = tables.read_cached(layout.MINIATURES, colour_agreement.RULE, MINIATURES)
    kept = before.join(wanted, on="image_id", how="semi")
    todo = wanted.join(kept, on="image_id", how="anti")["image_id"].sort().to_list()
    if todo:
        kept = pl.concat([kept, _decoded(ShardReader([layout.raw(source) for source in sources]), todo)])
    if todo or kept.height < before.height:
        tables.write_cached(kept.sort("image_id"), layout.MINIATURES, colour_agreement.RULE, MINIATURES)
    found = wanted.join(kept, on="image_id").drop_nulls("miniature").sort("row")
    places = np.full(len(image_ids), -1, dtype=np.int64)
    places[found["row"].to_numpy()] = np.arange(len(found))
    levels = np.frombuffer(b"".join(found["miniature"]), dtype=np.uint8)
    return same.seen(places, levels.reshape(-1, colour_agreement.SIDE, colour_agreement.SIDE, 3))


def _decoded(reader: ShardReader, image_ids: list[str]) -> pl.DataFrame:
    rows: list[tuple[str, bytes | None]] = []
    with ThreadPoolExecutor() as threads, bar() as progress:
        task = progress.add_task("clean: comparing colours", total=len(image_ids))
        for start in range(0, len(image_ids), _BATCH):
            names, contents = zip(*reader.read(image_ids[start : start + _BATCH]), strict=True)
            rows += zip(names, threads.map(_miniature, contents), strict=True)
            progress.advance(task, len(names))
    return pl.DataFrame(rows, schema=MINIATURES, orient="row")


def _miniature(data: bytes) -> bytes | None:
    try:
        return colour_agreement.miniature(decode(data, shorter_side=_SHORTER).pixels).tobytes()
    except Undecodable:
        return None
