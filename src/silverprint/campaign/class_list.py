"""List of classes: their numbers, fixed for good by age in data/classes.csv, and those that a round was asked without.

`dataset.classes` is the order on the page. What was released or learnt under a number, or pressed as a key, must mean
the same class ever after.
"""

from collections.abc import Iterator

import polars as pl

from silverprint import layout
from silverprint.campaign import class_changes, ledgers, round_state
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.core.votes import class_changes as changing
from silverprint.core.votes.class_changes import Change
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.records import CLASSES, NONE_OF_THESE
from silverprint.store import tables


def classes(params: Params) -> tuple[str, ...]:
    """Every class that people were ever asked with or are asked with now, each at the place of its number.

    Raises:
        DataError: data/classes.csv does not number its classes from 0 on, each once.
    """
    asked = [name for round_name in params.chain for name in _asked_with(round_name)]
    kept = _kept() if asked else ()  # before the first round is open nobody has seen a number
    return tuple(dict.fromkeys([*kept, *asked, *params.dataset.classes]))


def write_numbers(params: Params) -> None:
    """Writes the numbers of the classes to data/classes.csv.

    Raises:
        UnavailableError: they were written before, and are not there.
    """
    missing_outputs.require_pulled(layout.CLASSES, command="git checkout")
    rows = pl.DataFrame(list(enumerate(classes(params))), schema=dict(CLASSES), orient="row")
    tables.write_ledger(rows, layout.CLASSES, CLASSES, ["number"])


def _kept() -> tuple[str, ...]:
    if not layout.CLASSES.exists():
        return ()
    rows = ledgers.read(layout.CLASSES).sort("number")
    names = rows["name"].to_list()
    if rows["number"].to_list() != list(range(rows.height)) or len(set(names)) != len(names):
        rule = "classes are numbered from 0 on, each once, and a number is for good"
        raise DataError(str(layout.CLASSES), rule, f"compare it with Git: git diff {layout.CLASSES}")
    return tuple(names)


def _asked_with(round_name: str) -> list[str]:
    """The classes of the round's list, each by its last name."""
    seen = round_state.load(round_name)
    later = class_changes.since_round(round_name)
    return [] if seen is None else [changing.last_name(name, later) for name in seen.classes]


def newer_classes(params: Params, round_name: str) -> list[str]:
    """The classes that nobody was asked with in this round; none of a round that is not open."""
    known = asked_about(round_name)
    return [] if known is None else [name for name in params.dataset.classes if name not in known]


def asked_about(round_name: str) -> frozenset[str] | None:
    """The classes that the round's list has or what has come of them by now; None of a round that is not open."""
    seen, later = round_state.load(round_name), class_changes.since_round(round_name)
    if seen is None:
        return None
    return frozenset(meant for name in seen.classes for meant in changing.meaning(name, later))


def by_age(params: Params, seen: State) -> tuple[str, ...]:
    """The round's own classes, as people see them, the oldest first: their keys stay whatever they are called later."""
    later, numbers = class_changes.since(seen.class_changes), classes(params)
    return tuple(sorted(seen.classes, key=lambda name: numbers.index(changing.last_name(name, later))))


def doubtful_images(round_name: str) -> pl.DataFrame:
    """image_id, answers: how many people said "not one of these" of a picture that may still be asked about."""
    votes = ledgers.votes_so_far(round_name).filter(choice=NONE_OF_THESE, status="valid")
    there = votes.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
    return (
        there.group_by("image_id").agg(pl.col("annotator").n_unique().cast(pl.Int64).alias("answers")).sort("image_id")
    )


def _now(change: Change) -> tuple[str, ...]:
    """What a class is by now that `change` added."""
    later = [one for one in class_changes.changes() if one.at > change.at]
    return changing.meaning(change.after[0], later)


def newer_class_hints(params: Params) -> Iterator[str]:
    """A line for each open round with answers that may mean a newer class, and the command that asks those again. Of
    classes that `silverprint classes add` brought the next queue asks by itself.
    """
    asked = {meant for change in class_changes.changes() if change.kind == "add" for meant in _now(change)}
    for name in params.chain:
        young = [one for one in newer_classes(params, name) if one not in asked]
        found = doubtful_images(name) if young else pl.DataFrame()
        if found.is_empty():
            continue
        seen = round_state.load(name)
        quoted = ", ".join(map(repr, young))
        waits = "" if seen is not None and seen.status == "closed" else f"once {name} is closed: "
        yield (
            f"{name} was asked without {quoted}: {found['answers'].sum()} answers {NONE_OF_THESE!r} about "
            f"{found.height} pictures may mean it; ask about those again: {waits}"
            f'silverprint round reopen {name} --not-one-of-these --why "{young[0]} is a class now"'
        )
