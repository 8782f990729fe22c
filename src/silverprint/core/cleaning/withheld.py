"""Withheld images: withdrawn ones, those without a usable licence, and those of persons whom not everybody may see."""

from collections.abc import Iterable

import polars as pl

from silverprint.core.cleaning.rules import BINDING


def placeholder_signs(manifest: pl.DataFrame, asked: Iterable[str]) -> dict[str, str]:
    """image_id -> the sign in its place: © for a licence, ☺ for a person whom nobody or one tier alone may see, — for a
    takedown or what is not there any more.

    Args:
        manifest: image_id, reason, shown_to.
        asked: image_ids that queues name.
    """
    bound = manifest.filter(pl.col("reason").is_in(sorted(BINDING))).select("image_id", "reason")
    persons = dict.fromkeys(manifest.filter(pl.col("shown_to").is_not_null())["image_id"], "☺")
    known = set(manifest["image_id"])
    gone = {image_id: "—" for image_id in asked if image_id not in known}
    return persons | {image_id: "—" if why == "withdrawn" else "©" for image_id, why in bound.iter_rows()} | gone
