"""Merge of two branches' versions of a ledger or round state: Git's driver `silverprint ledger merge`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import git_conflicts
from silverprint.campaign import ledger_schemas
from silverprint.campaign.ledger_schemas import Kind
from silverprint.core import three_way_merge
from silverprint.errors import DataError
from silverprint.records import Schema
from silverprint.store import ledger_csv, tables

_STATE: Final = "state.json"
_STATUSES: Final = ("open", "waiting", "closed")  # a round's, in this order unless it is re-opened
_SHOWN: Final = 120  # characters of a row in a sentence


@dataclass(frozen=True)
class Merged:
    """
    Attributes:
        data: the file; with marks around what nobody but a person can join.
        conflict: a sentence about the first of those; None where there is none.
    """

    data: bytes
    conflict: str | None = None


def merge(base: bytes, ours: bytes, theirs: bytes, path: Path) -> Merged:
    """
    Args:
        base: what both branches began with; empty where the file is new in both.
        path: of the file, whose name says its kind.

    Raises:
        DataError: a version is none of such a file.
        KeyError: it is no ledger.
    """
    if path.name == _STATE:
        return _states(base, ours, theirs, path)
    kind = ledger_schemas.kind_of(path)
    if ledger_csv.normalise(ours) == ledger_csv.normalise(theirs):
        return Merged(ledger_csv.normalise(ours))
    if kind.whole:
        sentence = (
            f"{path}: each branch has drawn it anew, and its rows do not join; take the one that people were asked: "
            f"git checkout --ours {path} (or --theirs)"
        )
        return Merged(ours, sentence)
    before, here, there = (
        _rows(data, f"{whose} version of {path}", kind)
        for whose, data in (("the base", base), ("our", ours), ("their", theirs))
    )
    joined = three_way_merge.join(before, here, there, kind.key, kind.settle)
    columns = kind.written(pl.DataFrame([*here, *there], schema=kind.schema))
    data = _text(joined.rows, kind, columns, finish=True)
    if not joined.contradictions:
        return Merged(data)
    one, other = joined.contradictions[0]
    sentence = (
        f"{path}: the branches contradict each other about {len(joined.contradictions)} rows, first "
        f"{_short(one, kind)} against {_short(other, kind)}; keep the right lines between the marks"
    )
    sides = [_body([pair[side] for pair in joined.contradictions], kind, columns) for side in (0, 1)]
    return Merged(data + git_conflicts.mark_conflict(*sides).encode(), sentence)


def _rows(data: bytes, where: str, kind: Kind) -> list[dict[str, Any]]:
    return ledger_csv.parse(data, where, kind.schema, kind.added).frame.to_dicts() if data.strip() else []


def _text(rows: Iterable[Mapping[str, Any]], kind: Kind, columns: Schema, *, finish: bool = False) -> bytes:
    frame = pl.DataFrame(list(rows), schema=kind.schema)
    return tables.ledger_bytes(kind.finish(frame) if finish else frame, columns, list(kind.order))


def _body(rows: Iterable[Mapping[str, Any] | None], kind: Kind, columns: Schema) -> str:
    return _text([row for row in rows if row is not None], kind, columns).decode().partition("\n")[2]


def _short(row: Mapping[str, Any] | None, kind: Kind) -> str:
    if row is None:
        return "no row"
    columns = kind.written(pl.DataFrame([row], schema=kind.schema))
    return repr(_body([row], kind, columns).strip()[:_SHOWN])


def _states(base: bytes, ours: bytes, theirs: bytes, path: Path) -> Merged:
    """A round's state: each field as the branch that changed it has it; of two that did, the later state's."""
    was, one, other = (_document(data, path) for data in (base, ours, theirs))
    if not one or not other:
        raise DataError(str(path), "a branch's version is no round's state", f"take the other one: git checkout {path}")
    later = max(one, other, key=lambda state: _STATUSES.index(state["status"]))
    ahead = later if one["status"] != other["status"] else None
    names = dict.fromkeys([*one, *other])
    found = {name: _field(name, was.get(name), one.get(name), other.get(name), ahead) for name in names}
    unclear = [name for name in names if found[name] is ...]
    if not unclear:
        return Merged((json.dumps(found, indent=2, sort_keys=True) + "\n").encode())
    sentence = (
        f"{path}: the branches contradict each other about {', '.join(unclear)}; take the side that people "
        f"answer on: git checkout --ours {path} (or --theirs), and likewise the round's queue.csv and votes.csv"
    )
    marked = git_conflicts.mark_conflict(*(ledger_csv.normalise(side).decode() for side in (ours, theirs)))
    return Merged(marked.encode(), sentence)


def _field(name: str, was: Any, one: Any, other: Any, ahead: Mapping[str, Any] | None) -> Any:
    """The field's value in both together; ... where only a person can tell. `ahead` is the state that is further on."""
    if one == other or other == was:
        return one
    if one == was:
        return other
    if name == "projects":
        return _projects(one or {}, other or {})
    if name == "settled" and one is not None and other is not None:
        return max(one, other)
    if ahead is not None and name in ("status", "votes_sha256", "asks_sha256"):
        return ahead.get(name)
    return ...


def _projects(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """The round's projects: of two of one tier the older; `annotate` looks for them by their campaign anyway."""
    return {tier: min(found[tier] for found in (one, other) if tier in found) for tier in {**one, **other}}


def _document(data: bytes, path: Path) -> dict[str, Any]:
    if not data.strip():
        return {}
    try:
        document = json.loads(data)
        if document["status"] not in _STATUSES:
            raise ValueError(f"status {document['status']!r}")
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(str(path), f"a branch's version is no round's state ({error})", "fix that branch") from None
    return dict(document)
