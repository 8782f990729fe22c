"""List of classes: their numbers, fixed for good by age in data/classes.csv, and those that a round was asked without.

`dataset.classes` is the order on the page. What was released or learnt under a number, or pressed as a key, must mean
the same class ever after.
"""

from collections.abc import Iterator

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers, round_state
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.records import CLASSES, NONE_OF_THESE
from silverprint.store import tables


def classes(params: Params) -> tuple[str, ...]:
    """Every class that people were ever asked with or are asked with now, each at the place of its number.

    Raises:
        DataError: data/classes.csv does not number its classes from 0 on, each once.
    """
    asked = [name for round_name in params.chain if (seen := round_state.load(round_name)) for name in seen.classes]
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


def newer_classes(params: Params, round_name: str) -> list[str]:
    """The classes that nobody was asked with in this round; none of a round that is not open."""
    seen = round_state.load(round_name)
    return [] if seen is None else [name for name in params.dataset.classes if name not in seen.classes]


def doubtful_images(round_name: str) -> pl.DataFrame:
    """image_id, answers: how many people said "not one of these" of a picture that may still be asked about."""
    votes = ledgers.votes_so_far(round_name).filter(choice=NONE_OF_THESE, status="valid")
    there = votes.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
    return (
        there.group_by("image_id").agg(pl.col("annotator").n_unique().cast(pl.Int64).alias("answers")).sort("image_id")
    )


def newer_class_hints(params: Params) -> Iterator[str]:
    """A line for each open round with answers that may mean a newer class, and the command that asks those again."""
    for name in params.chain:
        young = newer_classes(params, name)
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
