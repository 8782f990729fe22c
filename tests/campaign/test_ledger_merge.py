"""Rows of two branches, joined by their key."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import git_conflicts
from silverprint.campaign import git_merge_driver, ledger_schemas
from silverprint.core import three_way_merge
from silverprint.errors import DataError
from silverprint.records import ASKS, ASKS_OPTIONAL, QUEUE_ADDED
from silverprint.store import ledger_csv, tables
from tests.helpers.examples import fewer

tables_of_rows = st.dictionaries(st.integers(0, 5), st.integers(0, 2), max_size=6)


def rows(table: dict[int, int]) -> list[dict[str, int]]:
    return [{"key": key, "value": value} for key, value in table.items()]


def joined(base: dict[int, int], ours: dict[int, int], theirs: dict[int, int]) -> three_way_merge.Joined:
    return three_way_merge.join(rows(base), rows(ours), rows(theirs), ["key"])


def as_sets(found: three_way_merge.Joined) -> tuple[set[tuple[int, int]], set[int]]:
    contradictions = {(one or other or {})["key"] for one, other in found.contradictions}
    return {(row["key"], row["value"]) for row in found.rows}, contradictions


@given(tables_of_rows, tables_of_rows, tables_of_rows)
def test_each_key_is_as_the_branch_that_changed_it_has_it(base, ours, theirs) -> None:
    stand, contradictions = as_sets(joined(base, ours, theirs))
    for key in {*base, *ours, *theirs}:
        was, one, other = (table.get(key) for table in (base, ours, theirs))
        if one != other and was not in (one, other):
            assert key in contradictions
        else:
            meant = one if other == was else other
            assert key not in contradictions
            assert {value for name, value in stand if name == key} == ({meant} - {None})


@given(tables_of_rows, tables_of_rows, tables_of_rows)
def test_it_is_the_same_from_both_sides(base, ours, theirs) -> None:
    assert as_sets(joined(base, ours, theirs)) == as_sets(joined(base, theirs, ours))


@given(tables_of_rows, tables_of_rows)
def test_what_one_branch_alone_did_is_the_result(base, ours) -> None:
    assert as_sets(joined(base, ours, base)) == (set(ours.items()), set())


def test_rows_alike_stay_as_many_as_one_branch_had() -> None:
    row = {"key": 1, "value": 1}
    assert len(three_way_merge.join([], [row, row], [row], ["key"]).rows) == 2
    assert len(three_way_merge.join([row], [row, row], [row], ["key"]).rows) == 2
    assert len(three_way_merge.join([row, row], [row], [row, row], ["key"]).rows) == 1


@pytest.mark.parametrize("status", ledger_schemas.KINDS["votes.csv"].words["status"][4:])
def test_who_saw_more_of_a_vote_is_right(status: str) -> None:
    vote = dict.fromkeys(ledger_schemas.KINDS["votes.csv"].schema, "x")
    settle = ledger_schemas.KINDS["votes.csv"].settle
    later = {**vote, "status": status}
    valid = {**vote, "status": "valid"}
    assert settle(valid, later) == settle(later, valid) == later
    assert settle(valid, {**vote, "status": "unsure"}) is None


names = st.sampled_from(["".join([digit] * 64) for digit in "abc"])
asks = st.lists(st.tuples(names, st.integers(1, 3), st.sampled_from(["why", 'a "reason"\nof two lines', "x, y"])))


def ledger(rows: list[tuple[str, int, str]], stem: str) -> bytes:
    told = [(*row, f"2026-01-{number:02}{stem}", None) for number, row in enumerate(rows)]
    frame = pl.DataFrame(told, schema=dict(ASKS), orient="row")
    return tables.ledger_bytes(frame, ledger_schemas.KINDS["asks.csv"].written(frame), ["asked_at", "image_id"])


@fewer(2)
@given(asks, asks, asks, st.booleans())
def test_whatever_git_made_of_two_branches_mends_to_what_the_driver_gives(base, ours, theirs, diff3) -> None:
    """Marks around the branches' own lines, what both began with above them."""
    path = Path("data/rounds/r01/asks.csv")
    head, _, old = ledger(base, "").decode().partition("\n")
    news = [ledger(rows, stem).decode().partition("\n")[2] for rows, stem in ((ours, "a"), (theirs, "b"))]
    text = f"{head}\n{old}<<<<<<< HEAD\n{news[0]}{'||||||| 1' if diff3 else ''}\n=======\n{news[1]}>>>>>>> b\n"
    with pytest.raises(DataError, match="Git left the marks"):
        ledger_csv.parse(text.encode(), str(path), ASKS)
    found = git_conflicts.sides(text)
    mended = git_merge_driver.merge(found.base.encode(), found.ours.encode(), found.theirs.encode(), path)
    whole = [f"{head}\n{old}{new}".encode() for new in news]
    assert mended == git_merge_driver.merge(f"{head}\n{old}".encode(), *whole, path)
    assert mended.conflict is None
    rows = ledger_csv.parse(mended.data, "x", ASKS, frozenset(ASKS_OPTIONAL)).frame
    assert rows.height == len(base) + len(ours) + len(theirs)


def test_every_ledger_has_a_key_and_an_order_of_its_own_columns() -> None:
    for kind in ledger_schemas.KINDS.values():
        assert {*kind.key, *kind.order, *kind.required, *kind.words} <= set(kind.schema)
    assert ledger_schemas.KINDS["queue.csv"].added == QUEUE_ADDED


def test_branches_of_which_one_knows_a_column_of_later_join_and_a_column_of_no_value_is_not_written() -> None:
    path, head = Path("data/annotators.csv"), "annotator,state,since,why"
    ours = f"{head}\ns-1,paused,2026-01-01,away\n".encode()
    theirs = f"{head},tier\ns-2,active,2026-01-02,knows coats,expert\n".encode()
    found = git_merge_driver.merge(head.encode(), ours, theirs, path)
    assert found.conflict is None
    assert found.data.decode().splitlines() == [
        f"{head},tier", "s-1,paused,2026-01-01,away,", "s-2,active,2026-01-02,knows coats,expert",
    ]  # fmt: skip
    plain = git_merge_driver.merge(head.encode(), ours, ours.replace(b"s-1", b"s-3"), path)
    assert plain.data.decode().partition("\n")[0] == head
