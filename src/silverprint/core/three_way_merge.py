"""Three-way merge of tables, row by row. Pure functions of rows."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Joined:
    """
    Attributes:
        rows: what stands, in no order.
        contradictions: what each branch says of one key, where only a person can tell; None where it took the row out.
    """

    rows: list[Row]
    contradictions: list[tuple[Row | None, Row | None]]


def join(
    base: Iterable[Row],
    ours: Iterable[Row],
    theirs: Iterable[Row],
    key: Sequence[str],
    settle: Callable[[Row, Row], Row | None] = lambda _ours, _theirs: None,
) -> Joined:
    """The rows of both branches by their key: what one of them added, changed or took out, it did for both.

    Args:
        key: columns. Rows of one key are distinguished by their order.
        settle: what two different rows of one key mean together, where both branches changed it; None: nobody knows.
    """
    before, here, there = (_by_key(rows, key) for rows in (base, ours, theirs))
    joined = Joined([], [])
    for name in dict.fromkeys([*here, *there, *before]):
        was, one, other = before.get(name), here.get(name), there.get(name)
        if one == other or other == was:
            stands = one
        elif one == was:
            stands = other
        else:
            stands = settle(one, other) if one is not None and other is not None else None
            if stands is None:
                joined.contradictions.append((one, other))
        if stands is not None:
            joined.rows.append(stands)
    return joined


def _by_key(rows: Iterable[Row], key: Sequence[str]) -> dict[Hashable, Row]:
    seen: Counter[Hashable] = Counter()
    found: dict[Hashable, Row] = {}
    for row in rows:
        name = tuple(row[column] for column in key)
        found[(name, seen[name])] = row
        seen[name] += 1
    return found
