"""Pictures that judge: whom asking one after the other spares, what it changes, and what it hides."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.votes import judging_overlap, sequential_overlap, vote_ledger
from silverprint.records import ANNOTATORS, ASKS, QUEUE, UNSURE, VOTES, conform, empty

CLASSES = ("coat", "bag", "dress")
NOTHING = {"image_id": pl.String, "choice": pl.String}


def queue_of(role: str, overlap: int, predicted: str | None = None, most: int | None = None) -> pl.DataFrame:
    """A picture, and another one that tells who is there."""
    asked = {"overlap": judging_overlap.least(role, overlap), "max_overlap": most or judging_overlap.most(overlap)}
    rows = [
        {"image_id": "a", "rank": 1, "role": role, "predicted": predicted} | asked,
        {"image_id": "b", "rank": 2, "role": "evaluation", "predicted": None} | asked,
    ]
    return conform(pl.DataFrame(rows, schema_overrides={"predicted": pl.String}), QUEUE)


def votes_of(said: dict[str, list[str]]) -> pl.DataFrame:
    rows = [
        {
            "image_id": image_id, "round": "r", "annotator": f"s-{turn}", "choice": choice, "annotation_id": turn,
            "status": "unsure" if choice == UNSURE else "valid", "created_at": f"2026-01-01T00:{turn:02d}:00Z",
        }
        for image_id, answers in said.items()
        for turn, choice in enumerate(answers)
    ]  # fmt: skip
    return conform(pl.DataFrame(rows), VOTES)


def played(
    queue: pl.DataFrame, would_say: list[str], brought: pl.DataFrame | None = None, there: int | None = None
) -> list[str]:
    """What is answered, where people answer in this order as far as they are asked, and `there` people are met."""
    asks, labels = empty(ASKS), pl.DataFrame({"image_id": ["a"], "confidence": [0.0]})
    others = ["coat"] * (len(would_say) if there is None else there)
    while True:
        progress = vote_ledger.progress(queue, asks, empty(VOTES), frozenset())
        needed = progress.filter(image_id="a")["needed"][0]
        votes = votes_of({"a": would_say[:needed], "b": others})
        progress = vote_ledger.progress(queue, asks, votes, frozenset())
        settled = judging_overlap.settled(queue, votes, pl.DataFrame(schema=NOTHING) if brought is None else brought)
        more = sequential_overlap.next_asks(queue, progress, votes, labels, settled)
        if more.is_empty():
            return would_say[:needed]
        assert set(more["reason"]) == {judging_overlap.REASON}
        asks = pl.concat([asks, more])


ANSWERS = st.sampled_from([*CLASSES, UNSURE])


@pytest.mark.slow
@given(st.integers(1, 5).flatmap(lambda overlap: st.lists(ANSWERS, min_size=2 * overlap - 1, max_size=2 * overlap - 1)))
@settings(max_examples=15)
def test_evaluation_is_asked_about_until_a_class_leads_by_as_many_as_could_settle_it_and_no_model_has_a_say(would_say):
    overlap = (len(would_say) + 1) // 2
    least, most = judging_overlap.least("evaluation", overlap), judging_overlap.most(overlap)
    assert least <= overlap <= most <= len(would_say)
    answers = played(queue_of("evaluation", overlap), would_say)
    assert answers == played(queue_of("evaluation", overlap, "coat"), would_say)

    def lead(count: int) -> int:
        counts = sorted(would_say[:count].count(name) for name in CLASSES)
        return counts[-1] - counts[-2]

    is_over = [lead(count) >= least or lead(count) > most - count for count in range(least, most)]
    assert len(answers) == (least + is_over.index(True) if any(is_over) else most)


@pytest.mark.slow
@given(st.lists(ANSWERS, min_size=3, max_size=3), st.integers(1, 5))
@settings(max_examples=15)
def test_beyond_the_overlap_nobody_is_asked_for_who_is_not_there(would_say, there):
    rest = [*would_say, *CLASSES]
    answers = played(queue_of("evaluation", 3), rest, there=there)
    assert len(answers) <= max(3, there)
    assert answers[:3] == played(queue_of("evaluation", 3, most=3), rest)  # as a queue of before has it
    if there >= 5:
        assert answers == played(queue_of("evaluation", 3), rest)


@pytest.mark.parametrize(
    ("predicted", "brought", "would_say", "answers"),
    [
        ("coat", [], ["coat", "bag", "bag"], 1),  # confirmed
        ("coat", [], ["bag", "bag", "coat"], 2),  # contradicted, and two agree
        ("coat", [], ["bag", "coat", "coat", "coat"], 4),  # until one leads by two
        ("coat", [], ["bag", "coat", "bag", "coat", "coat"], 5),  # or five have answered
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
    assert len(played(queue_of("audit", 3, predicted), [*would_say, *["coat"] * 5][:5], said)) == answers


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
