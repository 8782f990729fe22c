"""Images that were stored and may not be trained on any more, as every address that gave them says since."""

from typing import Final

import polars as pl

from silverprint.core.reservations import RESERVED

_REASONS: Final = (RESERVED, "x-robots-tag", "meta-robots")
_PLACE: Final = ["source", "url", "page_url"]  # where a picture was shown; each place has a row for each change


def reserved_since(raw: pl.DataFrame) -> pl.DataFrame:
    """
    Args:
        raw: RAW rows, of each source older ones first.

    Returns:
        image_id, reserved (what is said now), sorted: the pictures of which every place was refused, for such a
        reason, when it was last asked.
    """
    refused = raw.filter(pl.col("reason").is_in(_REASONS)).select(_PLACE)
    given = raw.filter(pl.col("image_id").is_not_null()).select("image_id", *_PLACE).unique()
    suspects = given.join(refused, on=_PLACE, how="semi", nulls_equal=True).select("image_id").unique()
    given = given.join(suspects, on="image_id", how="semi")
    latest = raw.join(given, on=_PLACE, how="semi", nulls_equal=True).unique(_PLACE, keep="last", maintain_order=True)
    said = pl.when(pl.col("reason").is_in(_REASONS)).then(pl.coalesce("reservation", "reason"))
    now = latest.select(*_PLACE, reserved=said)
    places = given.join(now, on=_PLACE, how="left", nulls_equal=True).group_by("image_id")
    found = places.agg(pl.col("reserved").min(), is_open=pl.col("reserved").is_null().any())
    return found.filter(~pl.col("is_open")).select("image_id", "reserved").sort("image_id")
