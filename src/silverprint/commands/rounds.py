"""silverprint round redraw | reopen: another draw of a queue that nobody has seen, more people for a closed round."""

from datetime import UTC, datetime

import polars as pl

from silverprint import layout, yamltext
from silverprint.campaign import class_changes, class_list, ledgers, round_state
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import class_changes as changing
from silverprint.dvcfiles import yaml_edit
from silverprint.errors import ConfigError, DataError, UnavailableError, UsageError
from silverprint.records import ASKS, GOLD_ANSWERS, LABELS, NONE_OF_THESE, conform
from silverprint.store import files, tables


def redraw(params: Params, round_name: str) -> None:
    """Asks for another draw of a queue that nobody has seen."""
    if round_state.is_opened(round_name):
        raise ConfigError(
            f"{round_name} is open",
            "its queue is final since its first push",
            "take it back: silverprint round remove",
        )
    text = yamltext.read(layout.PARAMS)
    draw = params.rounds[round_name].draw + 1
    files.write_text(layout.PARAMS, yaml_edit.put(text, ("rounds", round_name, "draw"), draw))
    say(f"{round_name} will be drawn again; go on: silverprint repro")


def reopen(
    params: Params, round_name: str, extra: int | None, everything: bool, why: str, not_one_of_these: bool = False
) -> None:
    """Appends asks: `extra` more people for each disputed picture of the round, for every one, or for those of which
    somebody said "not one of these" when there were fewer classes.

    Disputed is a picture on which people differ or all abstained, and a gold one that somebody answered wrongly.
    """
    current = round_state.load(round_name)
    if current is None or current.status != "closed":
        raise ConfigError(f"{round_name} is not closed", "only a closed round can be re-opened", "silverprint status")
    if not why.strip():
        raise UsageError(f"--why {why!r}", "a round is re-opened for a reason", 'give it: --why "two classes mixed up"')
    if extra is not None and not 1 <= extra <= ledgers.MOST_EXTRA:
        remedy = f'silverprint round reopen {round_name} --extra 1 --why "..."'
        raise UsageError(f"--extra {extra}", f"must be 1 to {ledgers.MOST_EXTRA} people", remedy)
    if not_one_of_these:
        asked = _of_younger_classes(params, current, everything)
    else:
        asked = pl.DataFrame({"image_id": _pictures(round_name, everything)}).with_columns(extra=pl.lit(1))
    if extra is not None:
        asked = asked.with_columns(extra=pl.lit(extra))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    more = conform(asked.with_columns(reason=pl.lit(why), asked_at=pl.lit(at)), ASKS)
    ledgers.write_asks(round_name, pl.concat([ledgers.asks(round_name), more]))
    _say_old_names(current)
    say(f"{round_name} asks {more['extra'].sum()} more answers about {more.height} pictures; go on: silverprint repro")


def _of_younger_classes(params: Params, current: State, everything: bool) -> pl.DataFrame:
    """image_id and how many more people are to be asked: one more than said "not one of these", so that they can be
    outvoted. From here on the round is asked with every class.
    """
    if everything:
        rule = "one names every picture, the other those answered so"
        raise UsageError("--all with --not-one-of-these", rule, "leave one of them out")
    young = class_list.newer_classes(params, current.round)
    found = class_list.doubtful_images(current.round)
    if not young or found.is_empty():
        value = f"{current.round} has {found.height} pictures answered {NONE_OF_THESE!r}"
        rule = f"{len(young)} classes are younger than it, so there is nothing to ask again"
        raise DataError(value, rule, "add the class to dataset.classes first, or use --all")
    _require_own_names(current, young)
    current.moved(classes=(*current.classes, *young)).save()
    most = pl.min_horizontal(pl.col("answers") + 1, pl.lit(ledgers.MOST_EXTRA))
    return found.select("image_id", extra=most)


def _require_own_names(current: State, young: list[str]) -> None:
    """Refuses a class whose name meant another one when the round was asked: nobody could tell its votes apart.

    Raises:
        ConfigError: there is one.
    """
    later = class_changes.since(current.class_changes)
    for name in young:
        if name in current.classes or changing.meaning(name, later) != (name,):
            rule = f"the name meant another class when {current.round} was asked"
            raise ConfigError(f"{current.round} with {name!r}", rule, "ask about those pictures in the next round")


def _say_old_names(current: State) -> None:
    """Says what of the round's own list, which people see again, is called otherwise by now."""
    later = class_changes.since(current.class_changes)
    for name in current.classes:
        means = changing.meaning(name, later)
        if means != (name,):
            counts = f"as {means[0]!r}" if len(means) == 1 else "for nothing, as it was split since"
            say(f"{current.round} is asked with the classes of its time: an answer {name!r} counts {counts}")


def _pictures(round_name: str, everything: bool) -> list[str]:
    asked = ledgers.asked(round_name)["image_id"]
    if everything:
        return sorted(asked)
    path = layout.labels(round_name) / "labels.parquet"
    if not path.exists():
        raise UnavailableError(
            str(path), "which pictures are disputed is not known here", f"run: dvc pull {path.parent}"
        )
    labels = tables.read(path, LABELS).filter(pl.col("source") == "human")
    disputed = labels.filter((pl.col("agreement") < 1) | pl.col("label").is_null())["image_id"]
    mistaken = tables.read(path.with_name("gold.parquet"), GOLD_ANSWERS).filter(~pl.col("right"))["image_id"]
    found = sorted(set(asked) & {*disputed, *mistaken})
    if not found:
        raise DataError(f"{round_name} has no disputed picture", "there is nothing to ask again", "use --all")
    return found
