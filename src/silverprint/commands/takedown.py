"""silverprint takedown: a picture is withdrawn by a line in a ledger; the next `dvc repro` replays it everywhere."""

import re
from datetime import UTC, datetime

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import IMAGE_ID, RAW, TAKEDOWNS
from silverprint.store import tables


def run(params: Params, target: str, why: str) -> None:
    """Adds what `target` names to data/takedowns.csv; an image_id that no source holds too, since it may come yet.

    Raises:
        UsageError: no reason, or an address that no source has.
        UnavailableError: a source's index is not here.
    """
    target, reason = _text(target), _text(why)
    if not reason:
        raise UsageError(f"--why {why!r}", "a takedown says why", 'give a reason: --why "asked by its author"')
    found = _found(_raw(params), target)
    kept = ledgers.takedowns()
    new = [image_id for image_id in found if image_id not in kept["image_id"]]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    rows = pl.DataFrame({"image_id": new}, schema={"image_id": pl.String}).with_columns(
        target=pl.lit(target), why=pl.lit(reason), at=pl.lit(at)
    )
    tables.write_ledger(pl.concat([kept, rows]), layout.TAKEDOWNS, TAKEDOWNS, ["at", "image_id"])
    say(f"withdrawn: {len(new)} pictures ({len(found) - len(new)} were already); go on: dvc repro")


def _found(raw: pl.DataFrame, target: str) -> list[str]:
    """The image_ids that `target` names."""
    image_id = target.lower()
    if re.fullmatch(IMAGE_ID, image_id):
        if image_id not in raw["image_id"]:
            say(f"warning: no source holds {image_id}; should it come, it is withdrawn")
        return [image_id]
    shown = raw.filter((pl.col("url") == target) | (pl.col("page_url") == target))
    found = sorted(set(shown["image_id"].drop_nulls()))
    if not found:
        rule = "no source has a picture of this name or address"
        raise UsageError(target, rule, "give an image_id (64 hex digits), a picture's address or its page's")
    return found


def _text(said: str) -> str:
    """One line of UTF-8: a terminal may hand over any bytes."""
    return " ".join(said.encode("utf-8", "backslashreplace").decode("utf-8").split())


def _raw(params: Params) -> pl.DataFrame:
    for source in params.sources:
        if not layout.raw(source).is_dir():
            rule = "the takedown cannot be resolved without this source's index"
            raise UnavailableError(str(layout.raw(source)), rule, f"run: dvc pull {layout.raw(source)}")
    return pl.concat([tables.read_parts(layout.raw(source), RAW) for source in params.sources])
