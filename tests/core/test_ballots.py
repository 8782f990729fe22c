"""The ledger of votes: nothing said is ever lost, and one vote a person and picture counts."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import ballots
from silverprint.records import ASKS, QUEUE, VOTES, conform, empty

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
    statuses = [ballots.judge(row[2], ("cat", "dog")) for row in rows]
    return conform(frame.with_columns(status=pl.Series(statuses, dtype=pl.String), round=pl.lit("r01")), VOTES)


def said(frame: pl.DataFrame) -> set[tuple[str, str, str, int]]:
    return set(frame.select("annotator", "image_id", "choice", "annotation_id").iter_rows())


@given(vote_tables(), vote_tables(), st.sets(st.sampled_from(["p1", "p2", "p3"])))
def test_merge_keeps_everything_ever_said(kept: pl.DataFrame, pulled: pl.DataFrame, withdrawn: set[str]) -> None:
    first = ballots.merge(empty(VOTES), kept, "s", frozenset())
    merged = ballots.merge(first, pulled, "s", frozenset(withdrawn))
    assert said(first) | said(pulled) == said(merged)
    assert merged.height == len(said(merged))
    counting = merged.filter(pl.col("status").is_in(ballots.ANSWERS))
    assert counting.select("annotator", "image_id").is_unique().all()


@given(vote_tables(), vote_tables())
def test_merge_is_idempotent(kept: pl.DataFrame, pulled: pl.DataFrame) -> None:
    first = ballots.merge(empty(VOTES), kept, "s", frozenset())
    once = ballots.merge(first, pulled, "s", frozenset())
    assert ballots.merge(once, pulled, "s", frozenset()).equals(once)


@given(vote_tables(), vote_tables("t"))
def test_votes_of_another_server_stay_as_they_are(here: pl.DataFrame, there: pl.DataFrame) -> None:
    elsewhere = ballots.merge(empty(VOTES), there, "t", frozenset())
    merged = ballots.merge(elsewhere, here, "s", frozenset())
    assert merged.filter(pl.col("annotator").str.starts_with("t-")).equals(elsewhere)


def test_a_deleted_vote_is_marked_and_a_changed_one_superseded() -> None:
    first = votes([("s-1", "p1", "cat", "2026-01-01T00:00:10Z", 1), ("s-2", "p1", "cat", "2026-01-01T00:00:11Z", 2)])
    then = votes([("s-1", "p1", "dog", "2026-01-01T00:00:10Z", 1)])
    merged = ballots.merge(first, then, "s", frozenset())
    status = {(row["annotator"], row["choice"]): row["status"] for row in merged.to_dicts()}
    assert status == {("s-1", "cat"): "superseded", ("s-1", "dog"): "valid", ("s-2", "cat"): "deleted"}


def test_the_votes_of_a_withdrawn_picture_are_kept_and_marked() -> None:
    first = votes([("s-1", "p1", "cat", "2026-01-01T00:00:10Z", 1)])
    merged = ballots.merge(first, empty(VOTES), "s", frozenset({"p1"}))
    assert merged["status"].to_list() == ["withdrawn"]


def test_progress_counts_people_and_asks_and_skips_withdrawn() -> None:
    queue = conform(pl.DataFrame({"image_id": ["p1", "p2", "p3"], "rank": [3, 1, 2], "overlap": [2, 1, 1]}), QUEUE)
    asks = conform(pl.DataFrame({"image_id": ["p2"], "extra": [1]}), ASKS)
    cast = votes([("s-1", "p1", "cat", "t1", 1), ("t-9", "p1", "", "t2", 2), ("s-1", "p2", "zebra", "t3", 3)])
    counted = ballots.progress(queue, asks, cast, frozenset({"p3"}))
    assert counted.rows() == [("p2", 2, 1), ("p1", 2, 2)]
    assert not ballots.is_done(counted)
    assert ballots.answered_elsewhere(cast, "s") == {"p1": 1}


def test_answers_beyond_one_a_person_are_counted() -> None:
    said = [("s-1", "p1", "cat"), ("s-1", "p1", "dog"), ("s-1", "p1", ""), ("s-2", "p1", "cat"), ("s-1", "p2", "cat")]
    cast = votes([(*vote, f"t{number}", number) for number, vote in enumerate(said)])
    assert ballots.repeated(cast) == {"p1": 2}
    assert ballots.repeated(empty(VOTES)) == {}


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
    assert ballots.lead_time(said) == kept


def test_votes_of_a_project_that_is_gone_count_without_it():
    kept = votes([("s-1", "p1", "cat", "t1", 1), ("s-1", "p2", "dog", "t2", 2), ("s-1", "p3", "dog", "t3", 9)])
    here = votes([("s-2", "p1", "dog", "t4", 12), ("s-1", "p2", "cat", "t5", 13)])
    merged = ballots.merge(kept, here, "s", frozenset(), settled=2)
    found = {(row["image_id"], row["annotation_id"]): row["status"] for row in merged.to_dicts()}
    assert found == {
        ("p1", 1): "valid",  # of the project that is gone
        ("p1", 12): "valid",
        ("p2", 2): "superseded",  # the same person answered again
        ("p2", 13): "valid",
        ("p3", 9): "deleted",  # of the present project, and gone there
    }
    assert ballots.answered_elsewhere(merged, "s", settled=2) == {"p1": 1}
    assert ballots.merge(kept, here, "s", frozenset())["status"].to_list().count("deleted") == 3
