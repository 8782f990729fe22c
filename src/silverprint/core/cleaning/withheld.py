"""Withheld images, which nobody is shown: withdrawn ones, and those without a usable licence."""

from collections.abc import Iterable

import polars as pl

from silverprint.core.cleaning.rules import BINDING


def placeholder_signs(manifest: pl.DataFrame, asked: Iterable[str]) -> dict[str, str]:
    """image_id -> the sign in its place: © for a licence, — for a takedown or what is not there any more.

    Args:
        manifest: image_id, reason.
        asked: image_ids that queues name.
    """
    bound = manifest.filter(pl.col("reason").is_in(sorted(BINDING))).select("image_id", "reason")
    known = set(manifest["image_id"])
    gone = {image_id: "—" for image_id in asked if image_id not in known}
    return {image_id: "—" if why == "withdrawn" else "©" for image_id, why in bound.iter_rows()} | gone
