"""The ledger of votes: nothing said is ever lost, and one vote a person and picture counts."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.votes import vote_ledger
from silverprint.records import ASKS, QUEUE, VOTES, conform, empty
from tests.helpers.examples import fewer

CHOICES = ("cat", "dog", "unsure", "", "zebra")


@st.composite
def vote_tables(draw: st.DrawFn, server: str = "s") -> pl.DataFrame:
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(1, 30),
                st.sampled_from(["p1", "p2", "p3"]),
                st.integers(1, 3),
                st.sampled_from(CHOICES),
                st.integers(10, 59),
            ),
            unique_by=lambda row: row[0],
            max_size=12,
        )
    )
    return votes(
        [(f"{server}-{who}", image, choice, f"2026-01-01T00:00:{at}Z", key) for key, image, who, choice, at in rows]
    )


def votes(rows: list[tuple[str, str, str, str, int]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["annotator", "image_id", "choice", "created_at", "annotation_id"], orient="row")
    statuses = [vote_ledger.choice_status(row[2], ("cat", "dog")) for row in rows]
    return conform(frame.with_columns(status=pl.Series(statuses, dtype=pl.String), round=pl.lit("r01")), VOTES)


def said(frame: pl.DataFrame) -> set[tuple[str, str, str, int]]:
    return set(frame.select("annotator", "image_id", "choice", "annotation_id").iter_rows())


@fewer(2)
@given(vote_tables(), vote_tables(), st.sets(st.sampled_from(["p1", "p2", "p3"])))
def test_merge_keeps_everything_ever_said(kept: pl.DataFrame, pulled: pl.DataFrame, withdrawn: set[str]) -> None:
    first = vote_ledger.merge(empty(VOTES), kept, "s", frozenset())
    merged = vote_ledger.merge(first, pulled, "s", frozenset(withdrawn))
    assert said(first) | said(pulled) == said(merged)
    assert merged.height == len(said(merged))
    counting = merged.filter(pl.col("status").is_in(vote_ledger.ANSWERS))
    assert counting.select("annotator", "image_id").is_unique().all()


@fewer(2)
@given(vote_tables(), vote_tables())
def test_merge_is_idempotent(kept: pl.DataFrame, pulled: pl.DataFrame) -> None:
    first = vote_ledger.merge(empty(VOTES), kept, "s", frozenset())
    once = vote_ledger.merge(first, pulled, "s", frozenset())
    assert vote_ledger.merge(once, pulled, "s", frozenset()).equals(once)


@fewer(2)
@given(vote_tables(), vote_tables("t"))
def test_votes_of_another_server_stay_as_they_are(here: pl.DataFrame, there: pl.DataFrame) -> None:
    elsewhere = vote_ledger.merge(empty(VOTES), there, "t", frozenset())
    merged = vote_ledger.merge(elsewhere, here, "s", frozenset())
    assert merged.filter(pl.col("annotator").str.starts_with("t-")).equals(elsewhere)


def test_a_deleted_vote_is_marked_and_a_changed_one_superseded() -> None:
    first = votes([("s-1", "p1", "cat", "2026-01-01T00:00:10Z", 1), ("s-2", "p1", "cat", "2026-01-01T00:00:11Z", 2)])
    then = votes([("s-1", "p1", "dog", "2026-01-01T00:00:10Z", 1)])
    merged = vote_ledger.merge(first, then, "s", frozenset())
    status = {(row["annotator"], row["choice"]): row["status"] for row in merged.to_dicts()}
    assert status == {("s-1", "cat"): "superseded", ("s-1", "dog"): "valid", ("s-2", "cat"): "deleted"}


def test_the_votes_of_a_withdrawn_picture_are_kept_and_marked() -> None:
    first = votes([("s-1", "p1", "cat", "2026-01-01T00:00:10Z", 1)])
    merged = vote_ledger.merge(first, empty(VOTES), "s", frozenset({"p1"}))
    assert merged["status"].to_list() == ["withdrawn"]


def test_progress_counts_people_and_asks_and_skips_withdrawn() -> None:
    queue = conform(pl.DataFrame({"image_id": ["p1", "p2", "p3"], "rank": [3, 1, 2], "overlap": [2, 1, 1]}), QUEUE)
    asks = conform(pl.DataFrame({"image_id": ["p2"], "extra": [1]}), ASKS)
    cast = votes([("s-1", "p1", "cat", "t1", 1), ("t-9", "p1", "", "t2", 2), ("s-1", "p2", "zebra", "t3", 3)])
    counted = vote_ledger.progress(queue, asks, cast, frozenset({"p3"}))
    assert counted.rows() == [
        ("p2", "crowd", 2, 0),
        ("p1", "crowd", 2, 1),
    ]  # an empty answer and an unknown class are none
    assert not vote_ledger.is_done(counted)
    assert vote_ledger.surplus(counted) == 0
    assert vote_ledger.answers_elsewhere(cast.with_columns(status=pl.lit("unsure")), "s") == {"p1": 1}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9))))
def test_surplus_votes_are_those_that_make_up_for_no_other(rows):
    counted = pl.DataFrame(rows, schema={"needed": pl.Int64, "answered": pl.Int64}, orient="row")
    used = sum(min(row) for row in rows)
    assert vote_ledger.surplus(counted) == sum(answered for _, answered in rows) - used


def foreign(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(status=pl.lit(vote_ledger.IN_ANOTHER_NAME))


def test_nobody_changes_or_confirms_another_s_vote() -> None:
    said = votes([("s-1", "p1", "cat", "t1", 1), ("s-2", "p1", "dog", "t2", 2)])
    first = vote_ledger.merge(empty(VOTES), said, "s", frozenset())
    tampered = foreign(votes([("s-1", "p1", "dog", "t1", 1), ("s-2", "p1", "dog", "t2", 2)]))
    merged = vote_ledger.merge(first, tampered, "s", frozenset())
    status = {(row["annotator"], row["choice"]): row["status"] for row in merged.to_dicts()}
    assert status == {("s-1", "cat"): "valid", ("s-1", "dog"): vote_ledger.IN_ANOTHER_NAME, ("s-2", "dog"): "valid"}
    assert vote_ledger.merge(merged, tampered, "s", frozenset()).equals(merged)
    assert vote_ledger.void_votes(merged, "s").is_empty()  # their annotations hold votes that count


def test_a_vote_given_in_another_s_name_is_a_row_that_does_not_count() -> None:
    pulled = foreign(votes([("s-1", "p1", "cat", "t1", 1)]))
    merged = vote_ledger.merge(empty(VOTES), pulled, "s", frozenset())
    assert vote_ledger.not_counting_by_status(merged) == {vote_ledger.IN_ANOTHER_NAME: 1}
    assert vote_ledger.void_votes(merged, "s").height == 1
    taken_off = vote_ledger.merge(merged, empty(VOTES), "s", frozenset())
    assert taken_off.equals(merged)
    then = votes([("s-1", "p1", "dog", "t9", 9)])
    assert vote_ledger.merge(taken_off, then, "s", frozenset())["status"].to_list() == [
        vote_ledger.IN_ANOTHER_NAME,
        "valid",
    ]


@pytest.mark.parametrize("void", ["zebra", ""])
def test_what_is_no_answer_supersedes_none_and_is_no_answer_once_it_is_gone(void: str) -> None:
    said = votes([("s-1", "p1", "cat", "t1", 1), ("s-1", "p1", void, "t2", 2), ("s-2", "p1", void, "t3", 3)])
    first = vote_ledger.merge(empty(VOTES), said, "s", frozenset())
    status = {row["annotation_id"]: row["status"] for row in first.to_dicts()}
    assert (status[1], status[2]) == ("valid", "superseded")
    gone = vote_ledger.merge(first, said.filter(pl.col("annotation_id") == 1), "s", frozenset())
    assert gone.equals(first)
    queue = conform(pl.DataFrame({"image_id": ["p1"], "rank": [1], "overlap": [2]}), QUEUE)
    assert vote_ledger.progress(queue, empty(ASKS), gone, frozenset()).rows() == [("p1", "crowd", 2, 1)]


def test_newly_deleted_votes_are_counted_once_and_by_person() -> None:
    said = votes([("s-1", "p1", "cat", "t1", 1), ("s-1", "p2", "cat", "t2", 2), ("s-2", "p1", "", "t3", 3)])
    first = vote_ledger.merge(empty(VOTES), said, "s", frozenset())
    gone = vote_ledger.merge(first, empty(VOTES), "s", frozenset())
    assert vote_ledger.newly_deleted(first, gone) == {"s-1": 2}
    assert vote_ledger.newly_deleted(gone, vote_ledger.merge(gone, empty(VOTES), "s", frozenset())) == {}
    assert vote_ledger.not_counting_by_status(gone) == {"deleted": 2, "empty": 1}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        *((number, float(number)) for number in (0, 1.5, 60_000, 366 * 86_400)),
        *(
            (nonsense, None)
            for nonsense in (1e300, -1, -0.001, float("nan"), float("inf"), 10**400, "12", None, [], {})
        ),
    ],
)
def test_a_time_that_can_be_none_is_none(said: object, kept: float | None) -> None:
    assert vote_ledger.lead_time(said) == kept


def test_votes_of_a_project_that_is_gone_count_without_it():
    kept = votes([("s-1", "p1", "cat", "t1", 1), ("s-1", "p2", "dog", "t2", 2), ("s-1", "p3", "dog", "t3", 9)])
    here = votes([("s-2", "p1", "dog", "t4", 12), ("s-1", "p2", "cat", "t5", 13)])
    merged = vote_ledger.merge(kept, here, "s", frozenset(), settled=2)
    found = {(row["image_id"], row["annotation_id"]): row["status"] for row in merged.to_dicts()}
    assert found == {
        ("p1", 1): "valid",  # of the project that is gone
        ("p1", 12): "valid",
        ("p2", 2): "superseded",  # the same person answered again
        ("p2", 13): "valid",
        ("p3", 9): "deleted",  # of the present project, and gone there
    }
    assert vote_ledger.answers_elsewhere(merged, "s", settled=2) == {"p1": 1}
    assert vote_ledger.merge(kept, here, "s", frozenset())["status"].to_list().count("deleted") == 3
