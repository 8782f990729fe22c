"""Numbers of the classes, fixed for good by age in data/classes.csv; `dataset.classes` is the order on the page.

What was released or learnt under a number, or pressed as a key, must mean the same class ever after.
"""

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers, round_state
from silverprint.config import Params
from silverprint.dvcfiles import guard
from silverprint.errors import DataError
from silverprint.records import CLASSES
from silverprint.store import tables


def classes(params: Params) -> tuple[str, ...]:
    """Every class that people were ever asked with or are asked with now, each at the place of its number.

    Raises:
        DataError: data/classes.csv does not number its classes from 0 on, each once.
    """
    asked = [name for round_name in params.chain if (seen := round_state.load(round_name)) for name in seen.classes]
    kept = _kept() if asked else ()  # before the first round is open nobody has seen a number
    return tuple(dict.fromkeys([*kept, *asked, *params.dataset.classes]))


def write(params: Params) -> None:
    """Writes the numbers of the classes to data/classes.csv.

    Raises:
        UnavailableError: they were written before, and are not there.
    """
    guard.require_pulled(layout.CLASSES, command="git checkout")
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
