"""Pictures picked by hand: lines of data/include.csv, asked in a round, and of data/exclude.csv, never asked."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.campaign import gold_list, ledger_schemas, ledgers, round_state
from silverprint.config import Params
from silverprint.core.queue import roles
from silverprint.records import EXCLUDE, INCLUDE, MANIFEST, NOBODY
from silverprint.store import tables

_OF_MANIFEST: Final = {name: MANIFEST[name] for name in ("image_id", "kept", "group", "shown_to")}


def rounds_to_come(params: Params) -> tuple[str, ...]:
    """The rounds whose queue may still change: opened or planned, and nobody was asked."""
    return tuple(name for name in params.round_names if not round_state.is_opened(name))


def barred(params: Params, round_name: str, image_ids: Sequence[str]) -> dict[str, str]:
    """image_id -> why the round's queue would leave the picture out; those that it can ask about are not in it."""
    manifest = tables.read(layout.MANIFEST, _OF_MANIFEST)
    asked = {*ledgers.other_queues(round_name)["image_id"]}
    excluded, gold = {*ledgers.excluded_images()["image_id"]}, {*gold_list.read(params)["image_id"]}
    withdrawn = ledgers.withdrawn_images()
    pictures = manifest.filter(pl.col("image_id").is_in(list(image_ids)))
    free = {*roles.askable(pictures, manifest, [*asked, *excluded, *gold], withdrawn)["image_id"]}
    why: dict[str, str] = {}
    for image_id, kept, shown_to in pictures.select("image_id", "kept", "shown_to").iter_rows():
        reasons = {
            "cleaning rejected them": not kept,
            "they are withdrawn": image_id in withdrawn,
            "nobody is asked about them, for a detector found a person in them": shown_to == NOBODY,
            "people were asked about them already": image_id in asked,
            f"{layout.EXCLUDE} has them": image_id in excluded,
            f"{layout.GOLD} has them": image_id in gold,
            "a near-duplicate of each was asked about, is excluded or is gold": image_id not in free,
        }
        if (found := next((reason for reason, holds in reasons.items() if holds), None)) is not None:
            why[image_id] = found
    return why


def include_lines(params: Params, round_name: str, image_ids: Sequence[str], why: str, by: str) -> pl.DataFrame:
    """INCLUDE of those of the pictures that the round's list does not name yet."""
    known = ledgers.included_images(params.round_names).filter(pl.col("round") == round_name)
    rows = _pictures(image_ids)
    new = rows.join(known, on="image_id", how="anti", maintain_order="left")
    return new.select(pl.lit(round_name).alias("round"), "image_id", pl.lit(why).alias("why"), pl.lit(by).alias("by"))


def exclude_lines(image_ids: Sequence[str], why: str, by: str) -> pl.DataFrame:
    """EXCLUDE of those of the pictures that the list does not name yet."""
    rows = _pictures(image_ids)
    new = rows.join(ledgers.excluded_images(), on="image_id", how="anti", maintain_order="left")
    return new.select("image_id", pl.lit(why).alias("why"), pl.lit(by).alias("by"))


def _pictures(image_ids: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"image_id": image_ids}, {"image_id": pl.String}).unique(maintain_order=True)


def include(params: Params, new: pl.DataFrame) -> None:
    """Adds INCLUDE rows to the ledger.

    Raises:
        DiskError: no space.
    """
    order = list(ledger_schemas.kind_of(layout.INCLUDE).order)
    known = ledgers.included_images(params.round_names)
    tables.write_ledger(pl.concat([known, new]), layout.INCLUDE, INCLUDE, order)


def exclude(new: pl.DataFrame) -> None:
    """Adds EXCLUDE rows to the ledger.

    Raises:
        DiskError: no space.
    """
    order = list(ledger_schemas.kind_of(layout.EXCLUDE).order)
    tables.write_ledger(pl.concat([ledgers.excluded_images(), new]), layout.EXCLUDE, EXCLUDE, order)
