"""Sequential overlap: who is asked once more, whatever votes there are, and whoever else decided the same before."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.votes import sequential_overlap, vote_ledger
from silverprint.records import ASKS, QUEUE, VOTES, conform, empty

NAMES = tuple("abcdefghijkl")
CONFIDENCES = st.none() | st.floats(0, 1)


def queue_of(*knobs: tuple[int, int | None, float | None]) -> pl.DataFrame:
    rows = [
        {"image_id": name, "rank": rank, "role": "train", "overlap": low, "max_overlap": high, "until": until}
        for rank, (name, (low, high, until)) in enumerate(zip(NAMES, knobs, strict=False), 1)
    ]
    return conform(pl.DataFrame(rows, schema_overrides={"max_overlap": pl.Int64, "until": pl.Float64}), QUEUE)


def votes_of(people: dict[str, int], first: int = 0) -> pl.DataFrame:
    """As many people as `people` says answered about each picture, person k in minute k."""
    rows = [
        {
            "image_id": name, "round": "r01", "annotator": f"s-{person}", "choice": "coat", "status": "valid",
            "created_at": f"2026-01-01T00:{person:02d}:00Z", "annotation_id": 100 * person + NAMES.index(name),
        }
        for name, count in people.items()
        for person in range(first, first + count)
    ]  # fmt: skip
    return conform(pl.DataFrame(rows), VOTES) if rows else empty(VOTES)


def labels_of(confidence: dict[str, float | None]) -> pl.DataFrame:
    schema = {"image_id": pl.String, "confidence": pl.Float64}
    return pl.DataFrame(list(confidence.items()), schema=schema, orient="row")


def decided(queue, asks, votes, confidence) -> pl.DataFrame:
    progress = vote_ledger.progress(queue, asks, votes, frozenset())
    return sequential_overlap.next_asks(queue, progress, votes, labels_of(confidence))


def needed(queue, asks, votes) -> dict[str, int]:
    rows = vote_ledger.progress(queue, asks, votes, frozenset())
    return dict(rows.select("image_id", "needed").iter_rows())


def of_each(one: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(one, min_size=len(NAMES), max_size=len(NAMES))


KNOBS = st.tuples(st.integers(1, 4), st.integers(0, 4), st.floats(0.5, 0.99)).map(
    lambda said: (said[0], said[0] + said[1], said[2])
)


@pytest.mark.slow
@given(
    knobs=of_each(KNOBS | st.tuples(st.integers(1, 5), st.none(), st.none())),
    people=of_each(st.integers(0, 7)),
    confidence=of_each(CONFIDENCES),
)
@settings(max_examples=50)
def test_one_more_is_asked_where_all_have_answered_the_label_is_not_sure_and_somebody_is_left(
    knobs, people, confidence
):
    queue, votes = queue_of(*knobs), votes_of(dict(zip(NAMES, people, strict=True)))
    sure = dict(zip(NAMES, confidence, strict=True))
    more = decided(queue, empty(ASKS), votes, sure)
    after = needed(queue, more, votes)
    for name, (low, high, until), count in zip(NAMES, knobs, people, strict=True):
        unsure = until is not None and (sure[name] is None or sure[name] < until)
        goes_on = high is not None and low <= count < high and unsure
        assert after[name] == (count + 1 if goes_on else low)
        assert high is None or after[name] <= max(high, low)
    assert (more["extra"] == 1).all()
    # What is asked for is asked for once: nothing more before somebody has answered.
    assert decided(queue, more, votes, dict.fromkeys(NAMES, 0.0)).filter(
        pl.col("image_id").is_in(more["image_id"].implode())
    ).is_empty()  # fmt: skip


@pytest.mark.slow
@given(
    people=of_each(st.integers(1, 4)),
    seen=of_each(st.integers(1, 4)),
    order=st.randoms(use_true_random=False),
)
def test_two_machines_write_the_same_lines_however_often_each_looked(people, seen, order):
    queue = queue_of(*[(1, 5, 0.9)] * len(NAMES))
    at_last = {name: max(one, other) for name, one, other in zip(NAMES, people, seen, strict=True)}
    earlier = {name: min(count, one) for name, count, one in zip(NAMES, at_last.values(), seen, strict=True)}
    doubt = dict.fromkeys(NAMES, 0.6)
    first = decided(queue, empty(ASKS), votes_of(earlier), doubt)
    twice = pl.concat([first, decided(queue, first, votes_of(at_last), doubt)])
    rows = list(range(votes_of(at_last).height))
    order.shuffle(rows)
    once = decided(queue, empty(ASKS), votes_of(at_last)[rows], doubt)
    merged = pl.concat([twice, once]).unique(["image_id", "asked_at"])
    assert needed(queue, merged, votes_of(at_last)) == needed(queue, once, votes_of(at_last))
    assert set(twice.rows()) == set(once.rows())


def test_a_correction_moves_no_line_and_who_was_taken_out_is_no_answer():
    queue, votes = queue_of((1, 3, 0.9)), votes_of({"a": 1})
    before = decided(queue, empty(ASKS), votes, {"a": 0.5})
    later = votes.with_columns(created_at=pl.lit("2026-01-02T00:00:00Z"), annotation_id=pl.lit(7, pl.Int64))
    corrected = pl.concat([votes.with_columns(status=pl.lit("superseded")), later])
    assert decided(queue, empty(ASKS), corrected, {"a": 0.5}).rows() == before.rows()
    gone = votes.with_columns(status=pl.lit("deleted"))
    assert decided(queue, before, pl.concat([gone, votes_of({"a": 1}, first=1)]), {"a": 0.5}).is_empty()


@pytest.mark.parametrize(("confidence", "more"), [(0.9, 0), (0.89999, 1), (None, 1)])
def test_sure_is_at_the_bound_and_without_a_label_nobody_is(confidence, more):
    queue, votes = queue_of((1, 2, 0.9)), votes_of({"a": 1})
    assert decided(queue, empty(ASKS), votes, {"a": confidence}).height == more


def test_what_it_came_to():
    queue = queue_of((1, 3, 0.9), (1, 3, 0.9), (1, 3, 0.9), (2, None, None))
    votes = votes_of({"a": 1, "b": 3, "c": 3, "d": 2})
    progress = vote_ledger.progress(queue, empty(ASKS), votes, frozenset())
    found = sequential_overlap.standing(queue, progress, labels_of({"a": 0.95, "b": 0.95, "c": 0.6, "d": 0.1}))
    assert (found.pictures, found.answers, found.saved, found.unsure) == (3, 7, 2, 1)
    assert sequential_overlap.may_go_on(queue, progress)
    assert not sequential_overlap.may_go_on(queue.filter(pl.col("image_id") != "a"), progress)
