"""Class changes: what an answer means by now that was given under an earlier list of classes. Pure functions.

A vote keeps the choice as it was cast. The changes since then turn it into one class, into "not one of these" where the
class was retired, or into several classes where it was split: then nobody can tell which is meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from silverprint.records import NONE_OF_THESE, OBSOLETE

SEPARATOR: Final = " / "  # between several classes in one field; no class has a slash in its name
# kind -> how many classes it is about, and how many come of them: at least, at most
_SHAPES: Final[Mapping[str, tuple[tuple[int, float], tuple[int, float]]]] = {
    "add": ((0, float("inf")), (1, 1)),
    "rename": ((1, 1), (1, 1)),
    "merge": ((2, float("inf")), (1, 1)),
    "split": ((1, 1), (2, float("inf"))),
    "retire": ((1, 1), (0, 0)),
}
_REPLACING: Final = ("rename", "merge", "split")


@dataclass(frozen=True)
class Change:
    """
    Attributes:
        at: UTC, ISO 8601; names the change, and changes follow each other in its order.
        kind: one of records.CLASS_CHANGE_KINDS.
        before: the classes that it is about; of `add`, those whose pictures may be of the new one.
        after: the classes that come of them.
    """

    at: str
    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def ended(self) -> tuple[str, ...]:
        """The names that no class has after it."""
        if self.kind == "retire":
            return self.before
        return tuple(name for name in self.before if name not in self.after) if self.kind in _REPLACING else ()


def names(field: str | None) -> tuple[str, ...]:
    """The classes in one field of the ledger."""
    return tuple(field.split(SEPARATOR)) if field else ()


def meaning(name: str, changes: Sequence[Change]) -> tuple[str, ...]:
    """What a choice of `name`, made before `changes`, may mean after them: one class, or several after a split.

    A class that was retired is "not one of these" until it is added again.
    """
    found, away = {name: None}, set[str]()
    for change in changes:
        hit = [one for one in found if one in change.before and one not in away]
        if change.kind == "add":
            away -= {*change.after}
        elif hit and change.kind == "retire":
            away |= {*hit}
        elif hit:
            found = dict.fromkeys([*(one for one in found if one not in hit), *change.after])
    return tuple(dict.fromkeys(NONE_OF_THESE if one in away else one for one in found))


def last_name(name: str, changes: Sequence[Change]) -> str:
    """What the class that was called `name` before `changes` is called after them, or was when it ended."""
    for change in changes:
        if name in change.ended and change.kind != "retire":
            if change.kind != "rename":
                return name
            name = change.after[0]
    return name


def ended(changes: Sequence[Change]) -> dict[str, tuple[str, ...]]:
    """Every name that some class had and none has after `changes` -> what its class means by then."""
    at: dict[str, int] = {}
    for number, change in enumerate(changes):
        at |= dict.fromkeys(change.ended, number)
        for name in change.after:
            at.pop(name, None)
    return {name: meaning(name, changes[number:]) for name, number in at.items()}


def fault(changes: Sequence[Change], earlier: int = 0) -> tuple[int, str] | None:
    """The first change, from number `earlier` on, that makes no sense after those before it, and why; None: all do.

    A name belongs to one class for good once that was merged, split or retired; only a rename frees it.
    """
    there: set[str] = set()  # names that a class has, as far as the changes tell
    closed: dict[str, str] = {}  # names of no class any more -> what became of it
    for number, change in enumerate(changes):
        if number >= earlier and (why := _fault(change, there, closed)):
            return number, why
        for name in change.ended:
            there.discard(name)
            closed[name] = change.kind
        for name in change.after:
            closed.pop(name, None)
        there |= {*change.after} | ({*change.before} - {*change.ended})
    return None


def _fault(change: Change, there: set[str], closed: Mapping[str, str]) -> str | None:
    for what, found, (least, most) in zip(
        ("before", "after"), (change.before, change.after), _SHAPES[change.kind], strict=True
    ):
        if not least <= len(found) <= most or len(set(found)) < len(found) or "" in found:
            return f"{len(found)} classes {what} a change of kind {change.kind!r}"
    if change.kind in ("rename", "split") and {*change.before} & {*change.after}:
        return f"a {change.kind} gives other names"
    for name in change.before:
        if name in closed:
            return f"no class was called {name!r} by then"
    for name in change.after:
        if name in there and not (change.kind == "merge" and name in change.before):
            return f"{name!r} was a class already"
        past = closed.get(name)
        back = change.kind == "add" and past == "retire"
        if past not in (None, "rename") and not back:
            return f"{name!r} belongs to the class that was ended by {past!r}, so that its votes keep their meaning"
    return None


def of_ledger(lines: pl.DataFrame) -> tuple[Change, ...]:
    """The changes of CLASS_CHANGES, in the order of its lines."""
    fields = lines.select("at", "change", "before", "after").iter_rows()
    return tuple(Change(at, kind, names(before), names(after)) for at, kind, before, after in fields)


def mapped(votes: pl.DataFrame, changes: Sequence[Change]) -> pl.DataFrame:
    """VOTES of one round as they count after `changes`, in their order: no row more or less.

    A choice that several classes came of is OBSOLETE, and stays as it was cast. Where at least half of the valid
    answers about a picture are, so are the others: what is left of a split majority must not make the minority right.
    """
    valid = votes.filter(status="valid")
    means = {name: meaning(name, changes) for name in valid["choice"].unique().drop_nulls().to_list()}
    if all(found == (name,) for name, found in means.items()):
        return votes
    one = {name: found[0] for name, found in means.items() if len(found) == 1}
    several = [name for name, found in means.items() if len(found) > 1]
    is_valid = pl.col("status") == "valid"
    is_open = is_valid & pl.col("choice").is_in(several)
    n_open, n_valid = is_open.sum().over("image_id"), is_valid.sum().over("image_id")
    is_lost = is_open | (is_valid & (n_open > 0) & (2 * n_open >= n_valid))
    return votes.with_columns(
        choice=pl.when(is_valid & ~is_lost).then(pl.col("choice").replace(one)).otherwise("choice"),
        status=pl.when(is_lost).then(pl.lit(OBSOLETE)).otherwise("status"),
    )
