"""Ledger of class changes, data/class_changes.csv in Git: what leads changed, and what earlier answers mean by it.

A campaign without the ledger has changed nothing. What was asked, taught or drawn keeps the names of its time beside a
note of the changes that those had seen; only the later ones map it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers, round_state
from silverprint.config import Params
from silverprint.core.votes import class_changes
from silverprint.core.votes.class_changes import SEPARATOR, Change
from silverprint.errors import ConfigError, DataError
from silverprint.records import CLASS_CHANGES, NONE_OF_THESE, empty
from silverprint.store import tables


def changes() -> tuple[Change, ...]:
    """Every change, the oldest first.

    Raises:
        DataError: a line of the ledger is none, or makes no sense after those before it.
    """
    found = class_changes.of_ledger(lines())
    if wrong := class_changes.fault(found):
        number, why = wrong
        value = f"{layout.CLASS_CHANGES}: {found[number].kind} of {found[number].at}"
        raise DataError(value, why, f"fix the line, or compare it with Git: git diff {layout.CLASS_CHANGES}")
    return found


def since(seen: Collection[str]) -> tuple[Change, ...]:
    """The changes but for those of `seen`, each named by its `at`."""
    return tuple(change for change in changes() if change.at not in seen)


def since_round(name: str) -> tuple[Change, ...]:
    """The changes that came after the class list that the round was asked with; none of one that nobody was asked."""
    state = round_state.load(name)
    return () if state is None else since(state.class_changes)


def as_they_count(name: str, votes: pl.DataFrame) -> pl.DataFrame:
    """VOTES of the round as they count by now: as its ledger has them, mapped by the changes since."""
    return class_changes.mapped(votes, since_round(name))


def ended() -> Mapping[str, tuple[str, ...]]:
    """Each name that no class has any more -> what its class means by now."""
    return class_changes.ended(changes())


def with_present_names(frame: pl.DataFrame, column: str, params: Params) -> pl.DataFrame:
    """`frame` with the classes that ended in `column` as what they are by now; one that is several stays as it is."""
    one = {name: found[0] for name, found in ended().items() if len(found) == 1}
    if not one:
        return frame
    known = pl.col(column).is_in([*params.dataset.classes, NONE_OF_THESE])
    return frame.with_columns(pl.when(known).then(column).otherwise(pl.col(column).replace(one)).alias(column))


def present_imports(params: Params) -> pl.DataFrame:
    """IMPORTS by the classes of today."""
    return with_present_names(ledgers.imports(), "choice", params)


def require_list(params: Params) -> None:
    """Refuses a class list that does not go with the ledger.

    Raises:
        ConfigError: it has a name whose class has ended.
    """
    past = ended()
    for name in params.dataset.classes:
        if name in past:
            value = f"dataset.classes has {name!r}, which was changed to {', '.join(map(repr, past[name]))}"
            rule = f"{layout.CLASS_CHANGES} says so, and the votes for it count so"
            remedy = f"remove it, or restore both files: git checkout {layout.PARAMS} {layout.CLASS_CHANGES}"
            raise ConfigError(value, rule, remedy)


def planned(kind: str, before: Sequence[str], after: Sequence[str]) -> Change:
    """The change that would be written now.

    Raises:
        ConfigError: it makes no sense after those before it.
    """
    known = changes()
    change = Change(_after(known), kind, tuple(before), tuple(after))
    if wrong := class_changes.fault((*known, change), earlier=len(known)):
        raise ConfigError(f"{kind} {' '.join(map(repr, (*before, *after)))}", wrong[1], "choose another name")
    return change


def _after(known: Sequence[Change]) -> str:
    """The present time; right after the last change where another machine's clock made that later."""
    now = datetime.now(UTC)
    if known:
        now = max(now, datetime.fromisoformat(known[-1].at) + timedelta(microseconds=1))
    return now.isoformat(timespec="microseconds")


def add(change: Change, why: str, by: str) -> None:
    """Writes the change down as one more line: nothing that was decided before is removed."""
    fields = {"before": SEPARATOR.join(change.before), "after": SEPARATOR.join(change.after)}
    row = {"at": change.at, "change": change.kind, "why": why, "by": by} | {k: v or None for k, v in fields.items()}
    frame = pl.concat([lines(), pl.DataFrame([row], schema=CLASS_CHANGES)])
    tables.write_ledger(frame, layout.CLASS_CHANGES, CLASS_CHANGES, ["at", "change", "before"])


def lines() -> pl.DataFrame:
    """Every line, the oldest first; none where a campaign of an earlier version has no such file."""
    if not layout.CLASS_CHANGES.exists():
        return empty(CLASS_CHANGES)
    return ledgers.read(layout.CLASS_CHANGES).sort("at", "change", "before", nulls_last=True)
