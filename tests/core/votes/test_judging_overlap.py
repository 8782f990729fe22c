"""Pictures that judge: whom asking one after the other spares, what it changes, and what it hides."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.votes import judging_overlap, sequential_overlap, vote_ledger
from silverprint.records import ANNOTATORS, ASKS, QUEUE, UNSURE, VOTES, conform, empty

CLASSES = ("coat", "bag", "dress")
NOTHING = {"image_id": pl.String, "choice": pl.String}


def queue_of(role: str, most: int, predicted: str | None = None) -> pl.DataFrame:
    row = {"image_id": "a", "rank": 1, "role": role, "overlap": judging_overlap.least(role, most), "max_overlap": most}
    return conform(pl.DataFrame([row | {"predicted": predicted}], schema_overrides={"predicted": pl.String}), QUEUE)


def votes_of(said: list[str]) -> pl.DataFrame:
    rows = [
        {
            "image_id": "a", "round": "r", "annotator": f"s-{turn}", "choice": choice, "annotation_id": turn,
            "status": "unsure" if choice == UNSURE else "valid", "created_at": f"2026-01-01T00:{turn:02d}:00Z",
        }
        for turn, choice in enumerate(said)
    ]  # fmt: skip
    return conform(pl.DataFrame(rows), VOTES)


def played(queue: pl.DataFrame, would_say: list[str], brought: pl.DataFrame | None = None) -> list[str]:
    """What is answered, where people answer in this order as far as they are asked."""
    asks, labels = empty(ASKS), pl.DataFrame({"image_id": ["a"], "confidence": [0.0]})
    while True:
        needed = vote_ledger.progress(queue, asks, empty(VOTES), frozenset())["needed"][0]
        votes = votes_of(would_say[:needed])
        progress = vote_ledger.progress(queue, asks, votes, frozenset())
        settled = judging_overlap.settled(queue, votes, pl.DataFrame(schema=NOTHING) if brought is None else brought)
        more = sequential_overlap.next_asks(queue, progress, votes, labels, settled)
        if more.is_empty():
            return would_say[:needed]
        assert set(more["reason"]) == {judging_overlap.REASON}
        asks = pl.concat([asks, more])


ANSWERS = st.sampled_from([*CLASSES, UNSURE])


@pytest.mark.slow
@given(st.integers(1, 7).flatmap(lambda most: st.lists(ANSWERS, min_size=most, max_size=most)))
@settings(max_examples=15)
def test_evaluation_gets_the_label_that_all_would_have_given_and_no_model_has_a_say(would_say):
    answers = played(queue_of("evaluation", len(would_say)), would_say)
    assert answers == played(queue_of("evaluation", len(would_say), "coat"), would_say)
    whole = {name: would_say.count(name) for name in CLASSES}
    winners = [name for name in CLASSES if whole[name] == max(whole.values())]
    seen = {name: answers.count(name) for name in CLASSES}
    if len(winners) == 1:
        assert [name for name in CLASSES if seen[name] == max(seen.values())] == winners
    else:
        assert answers == would_say  # a tie is not settled before its end
    assert len(answers) >= len(would_say) // 2 + 1


@pytest.mark.parametrize(
    ("predicted", "brought", "would_say", "answers"),
    [
        ("coat", [], ["coat", "bag", "bag"], 1),  # confirmed
        ("coat", [], ["bag", "bag", "coat"], 2),  # contradicted, and two agree
        ("coat", [], ["bag", "coat", "coat"], 3),
        ("coat", [], [UNSURE, "coat", "coat"], 3),
        (None, [], ["coat", "coat", "bag"], 2),  # there is no label to confirm
        (None, ["coat"], ["coat", "bag", "bag"], 1),  # a source's
        ("coat", ["coat"], ["coat", "bag", "bag"], 1),
        ("coat", ["bag"], ["coat", "coat", "bag"], 2),  # either may be released
    ],
)
def test_an_audit_picture_is_asked_about_once_where_the_answer_is_every_label_that_may_be_released(
    predicted, brought, would_say, answers
):
    said = pl.DataFrame([("a", choice) for choice in brought], schema=NOTHING, orient="row")
    assert len(played(queue_of("audit", 3, predicted), would_say, said)) == answers


def test_what_is_hidden_is_how_often_those_err_who_answered_alone_at_most_and_a_stranger_always():
    names, people = ["a", "b", "c", "d"], ["s-0", "s-1", "s-2"]
    first = pl.DataFrame({"image_id": names[:3], "annotator": people, "created_at": "2026-01-01T00:00:00Z"})
    later = first.with_columns(annotator=pl.lit("s-0"), created_at=pl.lit("2026-01-01T00:01:00Z"))
    votes = conform(pl.concat([later, first]).with_columns(status=pl.lit("valid")), VOTES)
    figures = {"annotator": people, "low": [0.9, None, None], "gold_low": [0.2, 0.8, None]}
    known = conform(pl.DataFrame(figures), ANNOTATORS)
    audited = pl.Series(names)
    assert judging_overlap.hidden_share(audited, [], votes, known) == 0
    assert judging_overlap.hidden_share(audited, ["a"], votes, known) == pytest.approx(0.1 / 4)
    assert judging_overlap.hidden_share(audited, names[:3], votes, known) == pytest.approx((0.1 + 0.2 + 1) / 4)
    assert judging_overlap.hidden_share(audited, names[:3], votes, known.clear()) == pytest.approx(3 / 4)
