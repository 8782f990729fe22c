"""Exact copies: images with the same pixels in other bytes. Hashes are computed only where a copy is possible."""

from collections.abc import Iterable

import polars as pl

from silverprint import layout
from silverprint.console import track
from silverprint.core.duplicates.exact_copies import possible_copies
from silverprint.imaging.decode import MOST_PIXELS
from silverprint.imaging.measurement import pixel_sha256
from silverprint.imaging.resource_limits import KNOWN
from silverprint.records import FINGERPRINTS, MEASURED, PIXELS, conform, empty
from silverprint.store import ShardReader, tables
from silverprint.store.shards.purge import fingerprints

_RULE = "1"  # raised when `pixel_sha256` comes to others


def pixel_hashes(sources: Iterable[str], raw: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    """PIXELS of every picture that may have a copy here, and of every purged one; null where it does not decode.

    A picture's hash follows from its image_id. So what this machine has hashed once it keeps, in `var/`; a machine that
    has nothing there comes to the same table by decoding.

    Args:
        sources: those that `raw` and `measured` are of.
        raw: RAW rows.
        measured: MEASURED rows.

    Raises:
        UnavailableError: a shard is not there.
        DataError: a shard or a table is damaged.
    """
    roots = [layout.raw(source) for source in sources]
    purged = pl.concat([empty(FINGERPRINTS), *(fingerprints(root) for root in roots)]).unique("image_id")
    seen = pl.concat([purged, conform(measured, FINGERPRINTS)]).unique("image_id", keep="first", maintain_order=True)
    formats = raw.select("image_id", "format").drop_nulls().unique("image_id")
    alike = possible_copies(seen.join(formats, on="image_id"))
    wanted = pl.DataFrame({"image_id": alike}, schema={"image_id": pl.String})
    kept = tables.read_cached(layout.PIXELS, _RULE, PIXELS)
    stored = raw.filter(pl.col("outcome") == "stored").select("image_id").unique()
    todo = wanted.join(stored, on="image_id", how="semi").join(kept, on="image_id", how="anti").sort("image_id")
    if not todo.is_empty():
        kept = pl.concat([kept, _hashed(ShardReader(roots), todo["image_id"].to_list())])
        tables.write_cached(kept.sort("image_id"), layout.PIXELS, _RULE, PIXELS)
    found = pl.concat([conform(purged, PIXELS), kept.join(wanted, on="image_id", how="semi")])
    return found.unique("image_id", keep="first", maintain_order=True).sort("image_id")


def pixel_hashes_of_measured(sources: Iterable[str], raw: pl.DataFrame) -> pl.DataFrame:
    """`pixel_hashes` of the sources that were measured: copies among the others are found by the next `clean`."""
    here = [source for source in sources if layout.measured(source).is_dir()]
    measured = pl.concat([empty(MEASURED), *(tables.read_parts(layout.measured(source), MEASURED) for source in here)])
    return pixel_hashes(here, raw.filter(pl.col("source").is_in(here)), measured)


def _hashed(reader: ShardReader, image_ids: list[str]) -> pl.DataFrame:
    pictures = track(reader.read(image_ids), "clean: comparing possible copies", total=len(image_ids))
    rows = [(image_id, pixel_sha256(data, MOST_PIXELS, KNOWN)) for image_id, data in pictures]
    return pl.DataFrame(rows, schema=PIXELS, orient="row")
