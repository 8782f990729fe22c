"""silverprint takedown: a picture is withdrawn by a line in a ledger; the next `dvc repro` replays it everywhere."""

import re
from datetime import UTC, datetime

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import RAW, TAKEDOWNS
from silverprint.store import tables

_IMAGE_ID = re.compile(r"[0-9a-f]{64}")


def run(params: Params, target: str, why: str) -> None:
    raw = _raw(params)
    of_target = (
        pl.col("image_id") == target
        if _IMAGE_ID.fullmatch(target)
        else ((pl.col("url") == target) | (pl.col("page_url") == target))
    )
    found = sorted(set(raw.filter(of_target)["image_id"].drop_nulls()))
    if not found:
        rule = "no source has a picture of this name or address"
        raise UsageError(target, rule, "give an image_id (64 hex digits), a picture's address or its page's")
    kept = ledgers.takedowns()
    new = [image_id for image_id in found if image_id not in kept["image_id"]]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    rows = pl.DataFrame({"image_id": new}, schema={"image_id": pl.String}).with_columns(
        target=pl.lit(target), why=pl.lit(why), at=pl.lit(at)
    )
    tables.write_ledger(pl.concat([kept, rows]), layout.TAKEDOWNS, TAKEDOWNS, ["at", "image_id"])
    say(f"withdrawn: {len(new)} pictures ({len(found) - len(new)} were already); go on: dvc repro")


def _raw(params: Params) -> pl.DataFrame:
    for source in params.sources:
        if not layout.raw(source).is_dir():
            rule = "the takedown cannot be resolved without this source's index"
            raise UnavailableError(str(layout.raw(source)), rule, f"run: dvc pull {layout.raw(source)}")
    return pl.concat([tables.read_parts(layout.raw(source), RAW) for source in params.sources])
