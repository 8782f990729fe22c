"""Who counts for which tier, and what the crowd's disagreement asks of another one."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.votes import adjudication, sequential_overlap, vote_ledger
from silverprint.records import ASKS, QUEUE, VOTES, conform, empty

TIERS = {"e1": "expert", "e2": "expert", "x": "other"}
PEOPLE = ["c1", "c2", "c3", "e1", "e2", "x"]
people = st.sets(st.sampled_from(PEOPLE))


def queue_of(tier: str = "crowd", overlap: int = 2, below: float | None = None, most: int | None = None):
    row = {
        "image_id": "p", "rank": 1, "role": "train", "tier": tier, "overlap": overlap, "max_overlap": most,
        "until": None if most is None else 0.9, "adjudicator": None if below is None else "expert",
        "adjudicate_below": below,
    }  # fmt: skip
    return conform(pl.DataFrame([row]), QUEUE)


def votes_of(said: dict[str, str], status: str = "valid") -> pl.DataFrame:
    rows = [
        {"image_id": "p", "annotator": who, "choice": choice, "status": "unsure" if choice == "unsure" else status,
         "created_at": f"2026-01-01T00:00:{second:02d}Z", "annotation_id": second}
        for second, (who, choice) in enumerate(said.items())
    ]  # fmt: skip
    return conform(pl.DataFrame(rows), VOTES) if rows else empty(VOTES)


def asks_of(tier: str | None, extra: int = 1) -> pl.DataFrame:
    return conform(pl.DataFrame([{"image_id": "p", "extra": extra, "asked_at": "t", "tier": tier}]), ASKS)


def counted(queue, asks, votes) -> dict[str, tuple[int, int]]:
    rows = vote_ledger.progress(queue, asks, votes, frozenset(), TIERS).rows()
    return {tier: (needed, answered) for _, tier, needed, answered in rows}


@pytest.mark.slow
@given(people, st.sampled_from(["crowd", "expert"]), st.integers(1, 3))
def test_what_one_tier_is_asked_is_answered_by_whoever_counts(who, tier, overlap):
    found = counted(queue_of(tier, overlap), empty(ASKS), votes_of(dict.fromkeys(sorted(who), "coat")))
    assert found == {tier: (overlap, len(who))}
    assert counted(queue_of(tier, overlap), asks_of(None), votes_of({})) == {tier: (overlap + 1, 0)}


@given(people, st.integers(1, 3), st.integers(1, 3))
def test_nobody_counts_twice_and_experts_go_where_they_are_wanted_first(who, overlap, experts):
    found = counted(queue_of("crowd", overlap), asks_of("expert", experts), votes_of(dict.fromkeys(who, "coat")))
    there = len(who & {"e1", "e2"})
    assert found["expert"] == (experts, min(there, experts))
    assert found["crowd"] == (overlap, len(who) - min(there, experts))


@given(people, people)
def test_a_further_tier_is_waited_for_however_many_others_answered(others, more):
    crowd = dict.fromkeys(sorted((others | more) - {"e1", "e2"}), "coat")
    rows = vote_ledger.progress(queue_of(), asks_of("expert"), votes_of(crowd), frozenset(), TIERS)
    assert not vote_ledger.is_done(rows)
    assert vote_ledger.pictures_done(rows) == (0, 1)


@given(st.sampled_from(PEOPLE), st.sets(st.sampled_from(["crowd", "expert", "other"]), min_size=1))
def test_the_crowd_is_everybody_and_a_tier_its_own_people(who, wanted):
    allowed = vote_ledger.may_answer(who, frozenset(wanted), TIERS)
    assert allowed == all(tier in ("crowd", TIERS.get(who, "crowd")) for tier in wanted)


def decided(said, confidence, *, below=0.8, asks=None, most=None, overlap=2):
    queue, votes = queue_of(below=below, most=most, overlap=overlap), votes_of(said)
    labels = pl.DataFrame({"image_id": ["p"], "confidence": [confidence]}, {"image_id": pl.String, "confidence": float})
    asks = empty(ASKS) if asks is None else asks
    progress = vote_ledger.progress(queue, asks, votes, frozenset(), TIERS)
    going_on = sequential_overlap.next_asks(queue, progress, votes, labels)
    return adjudication.asks(queue, progress, votes, labels, going_on, TIERS)


@pytest.mark.parametrize(
    ("said", "confidence", "asked"),
    [
        ({"c1": "coat", "c2": "bag"}, 0.6, True),
        ({"c1": "coat", "c2": "bag"}, 0.8, False),  # as sure as wanted
        ({"c1": "coat", "c2": "coat"}, 0.6, False),  # nobody disagrees
        ({"c1": "unsure", "c2": "unsure"}, None, True),
        ({"c1": "unsure", "c2": "coat"}, 0.6, True),
        ({"c1": "coat"}, 0.6, False),  # one answer is still to come
        ({"c1": "coat", "e1": "bag"}, 0.6, False),  # an expert has spoken
    ],
)
def test_an_expert_is_asked_where_the_crowd_disagrees(said, confidence, asked):
    found = decided(said, confidence)
    assert found.height == asked
    if asked:
        assert found.select("image_id", "extra", "tier", "asked_at").rows() == [
            ("p", 1, "expert", "2026-01-01T00:00:01Z")
        ]
        assert decided(said, confidence, asks=found).is_empty()  # once


def test_nobody_is_asked_without_a_bound_or_while_others_may_be():
    dispute = {"c1": "coat", "c2": "bag"}
    assert decided(dispute, 0.6, below=None).is_empty()
    assert decided(dispute, 0.6, most=3).is_empty()  # sequential overlap asks a third one first
    assert decided(dispute | {"c3": "shoe"}, 0.6, most=3).height == 1


def test_a_vote_of_the_wrong_tier_is_kept_and_takes_no_other_ones_place():
    first = votes_of({"c1": "coat"})
    strange = votes_of({"c1": "bag"}, "wrong-tier").with_columns(annotation_id=pl.lit(9, pl.Int64))
    merged = vote_ledger.merge(first, pl.concat([first, strange]), "c1", frozenset())
    assert sorted(merged["status"]) == ["valid", "wrong-tier"]
    assert vote_ledger.standing_votes(merged)["choice"].to_list() == ["coat"]
    assert vote_ledger.of_wrong_tier(merged) == {"c1": 1}
    gone = vote_ledger.merge(merged, first, "c1", frozenset())
    assert sorted(gone["status"]) == ["valid", "wrong-tier"]
