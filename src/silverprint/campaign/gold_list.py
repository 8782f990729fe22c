"""Gold list, data/gold.csv in Git: images whose label is known, by which people's answers are checked."""

import re
from datetime import datetime
from typing import Any

import polars as pl

from silverprint import layout
from silverprint.campaign import class_changes, ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.queue import roles
from silverprint.errors import ConfigError
from silverprint.records import GOLD, IMAGE_ID, NONE_OF_THESE
from silverprint.store import tables


def read(params: Params) -> pl.DataFrame:
    """`whole` by the classes of today: without the pictures of a class that was split since, whose label is open."""
    present = class_changes.with_present_names(whole(params), "label", params)
    return present.filter(pl.col("label").is_in(list(answers(params))))


def whole(params: Params) -> pl.DataFrame:
    """GOLD as the ledger has it, image_ids in lower case, each once.

    Raises:
        ConfigError: a line names no picture or no class, says not why, or a picture is there twice.
    """
    labels = (*answers(params), *class_changes.ended())
    rows = [_checked(labels, where, row) for where, row in ledgers.lines(layout.GOLD, GOLD)]
    frame = pl.DataFrame(rows, schema=GOLD)
    twice = frame.filter(frame["image_id"].is_duplicated())["image_id"]
    if len(twice):
        raise ConfigError(f"{layout.GOLD} {twice[0][:8]}", "a picture has one known label", "remove the other lines")
    return frame


def draw(params: Params, round_name: str, pictures: pl.DataFrame, manifest: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The round's gold: what fewer rounds have asked about goes first. One per near-duplicate group, and of none that
    people were asked about in another role.

    Args:
        pictures: image_id, kept, group, shown_to and what a receipt says.

    Returns:
        Rows of `pictures` with role and strategy, at most `rounds.<name>.gold`.
    """
    wanted = params.rounds[round_name].gold
    elsewhere = ledgers.other_queues(round_name)
    is_gold = pl.col("role") == "gold"
    times = elsewhere.filter(is_gold).group_by("image_id").agg(pl.len().alias("asked"))
    others = elsewhere.filter(~is_gold)
    barred = [*ledgers.withdrawn_images(), *ledgers.excluded_images()["image_id"]]
    may_be_shown = ~pl.col("image_id").is_in(barred) & roles.may_be_seen()
    usable = pictures.filter(pl.col("kept") & may_be_shown)
    free = roles.drop_groups(usable, manifest.join(others, on="image_id", how="semi"))
    candidates = free.join(read(params), on="image_id", how="semi").join(times, on="image_id", how="left")
    gold = roles.draw_least_asked(candidates.with_columns(pl.col("asked").fill_null(0)), wanted, seed, "gold")
    if gold.height < wanted:
        say(f"{round_name}: {wanted} gold pictures wanted, {gold.height} can be asked; more: silverprint gold add")
    again = gold.filter(pl.col("asked") > 0).height
    if again:
        say(f"{round_name}: {again} gold pictures were asked in an earlier round; only a person's first answer counts")
    return gold.drop("asked").with_columns(pl.lit("gold").alias("role"), pl.lit("gold").alias("strategy"))


def write(frame: pl.DataFrame) -> None:
    tables.write_ledger(frame, layout.GOLD, GOLD, ["image_id"])


def answers(params: Params) -> tuple[str, ...]:
    """What the known label of a picture may be."""
    return (*params.dataset.classes, NONE_OF_THESE)


def _checked(labels: tuple[str, ...], where: str, row: dict[str, Any]) -> dict[str, Any]:
    image_id, remedy = (row["image_id"] or "").lower(), "fix the line or remove it"
    if not re.fullmatch(IMAGE_ID, image_id):
        raise ConfigError(f"{where} image_id {image_id[:100]!r}", "an image_id is 64 hex digits", remedy)
    if row["label"] not in labels:
        rule = f"the known label is one of: {', '.join(labels)}"
        raise ConfigError(f"{where} label {str(row['label'])[:100]!r}", rule, remedy)
    if not (row["why"] or "").strip():
        raise ConfigError(f"{where} {image_id[:8]}", "gold says why its label is known", remedy)
    if row["at"] and not _is_time(row["at"]):
        raise ConfigError(f"{where} at {str(row['at'])[:100]!r}", "a time is as in 2026-01-05T10:00:00+00:00", remedy)
    return row | {"image_id": image_id}


def _is_time(said: str) -> bool:
    try:
        return bool(datetime.fromisoformat(said))
    except ValueError:
        return False
