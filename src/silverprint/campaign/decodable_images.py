"""Images of all sources that can be decoded and are still there."""

from collections.abc import Iterable

import polars as pl

from silverprint import layout
from silverprint.records import MEASURED, RAW
from silverprint.store import tables
from silverprint.store.shards.purge import PURGED


def decodable_images(sources: Iterable[str]) -> list[str]:
    """Sorted image_ids of what `measure` could decode and nobody purged since.

    Raises:
        UnavailableError: a table is not there.
    """
    names = list(sources)
    measured = pl.concat([tables.read_parts(layout.measured(name), MEASURED) for name in names])
    raw = pl.concat([tables.read_parts(layout.raw(name), RAW) for name in names])
    purged = raw.filter(pl.col("outcome") == PURGED)["image_id"]
    found = measured.filter(pl.col("decodable") & ~pl.col("image_id").is_in(purged.implode()))
    return found["image_id"].unique().sort().to_list()
