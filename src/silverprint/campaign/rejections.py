"""Rejections: what a source gave that is no kept picture of the dataset, by name and with the reason."""

import polars as pl

from silverprint import layout
from silverprint.config import Params
from silverprint.core.cleaning import rules
from silverprint.records import MANIFEST, RAW
from silverprint.store import tables

_SCHEMA = {"name": pl.String, "reason": pl.String, "evidence": pl.String, "image_id": pl.String}


def of(params: Params, source: str) -> pl.DataFrame:
    """`name` (an address, or a file in its archive or folder), `reason`, `evidence` and `image_id` (null where nothing
    was stored), sorted by reason and name.

    What was read and is no picture has the reason of `acquire`, as its last answer has it; a picture that is not kept
    has the one of `clean`, with the figure that decided and its limit.

    Raises:
        UnavailableError: the source was not acquired on this disk.
        DataError: a table is not readable.
    """
    wanted = {name: RAW[name] for name in ("image_id", "outcome", "reason", "url")}
    last = tables.read_parts(layout.raw(source), wanted).unique("url", keep="last", maintain_order=True)
    unread = last.filter(pl.col("outcome").is_in(["failed", "refused"])).select(
        name="url", reason=pl.coalesce("reason", "outcome"), evidence=pl.lit(None, pl.String), image_id="image_id"
    )
    judged = _judged(params)
    stored = last.filter(pl.col("outcome").is_in(["stored", "duplicate", "purged"])).rename({"url": "name"})
    unkept = stored.select("name", "image_id").join(judged, on="image_id")
    return pl.concat([unread, unkept.select(list(_SCHEMA))]).sort("reason", "name")


def _judged(params: Params) -> pl.DataFrame:
    """The pictures that `clean` does not keep; none where it has not run on this disk."""
    if not layout.MANIFEST.exists():
        return pl.DataFrame(schema={name: _SCHEMA[name] for name in ("image_id", "reason", "evidence")})
    wanted = {name: MANIFEST[name] for name in ("image_id", "kept", "reason", "evidence")}
    rows = tables.read(layout.MANIFEST, wanted).filter(~pl.col("kept"))
    known = [
        None if reason not in rules.BY_REASON else rules.BY_REASON[reason].explain(evidence or "", params.clean)
        for reason, evidence in rows.select("reason", "evidence").iter_rows()
    ]
    return rows.select("image_id", "reason").with_columns(evidence=pl.Series(known, dtype=pl.String))
