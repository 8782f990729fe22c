import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.votes.annotators import ADVERSARY, RELIABILITY, SPAMMER, reliability
from silverprint.records import NONE_OF_THESE, UNSURE
from tests.helpers.examples import fewer

CLASSES = ["c0", "c1", "c2", "c3"]
SCHEMA = {"image_id": pl.String, "annotator": pl.String, "choice": pl.String}


def table(rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def crowd(seed, pictures=250):
    """Six people of 75 to 95 %, one who says anything, one who always says c1, one who says the next class."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=pictures)
    rows = []
    for picture, true in enumerate(truth.tolist()):
        for person in rng.choice(9, 4, replace=False).tolist():
            right = rng.random() < 0.75 + 0.04 * person
            said = true if right else int(rng.integers(4))
            said = {6: int(rng.integers(4)), 7: 1, 8: (true + 1) % 4}.get(person, said)
            rows.append((f"p{picture:04d}", f"A{person}", f"c{said}"))
    return table(rows), {f"p{k:04d}": f"c{true}" for k, true in enumerate(truth.tolist())}


@pytest.mark.parametrize("seed", range(3))
def test_who_does_not_look_is_found_and_nobody_else(seed):
    votes, truth = crowd(seed)
    found = reliability(votes, classes=CLASSES)
    assert found.schema == pl.Schema(RELIABILITY)
    suspected = found.drop_nulls("suspicion").select("annotator", "suspicion").rows()
    assert suspected == [("A6", SPAMMER), ("A7", SPAMMER), ("A8", ADVERSARY)]
    for row in found.filter(pl.col("suspicion").is_null()).to_dicts():
        own = votes.filter(annotator=row["annotator"]).rows()
        share = np.mean([truth[name] == said for name, _, said in own])
        assert row["accuracy"] == pytest.approx(share, abs=0.06)
        assert row["low"] < row["accuracy"] < row["high"]
        confusion = json.loads(row["confusion"])
        assert all(sum(said.values()) == pytest.approx(1, abs=1e-3) for said in confusion.values())


@pytest.mark.slow
def test_with_fifty_votes_a_person_nearly_all_who_do_not_look_are_found_and_hardly_anybody_is_blamed():
    found, blamed, of = 0, 0, 8
    for seed in range(of):
        suspected = set(reliability(crowd(100 + seed, 120)[0], classes=CLASSES).drop_nulls("suspicion")["annotator"])
        found, blamed = found + len(suspected & {"A6", "A7", "A8"}), blamed + len(suspected - {"A6", "A7", "A8"})
    assert found >= 0.95 * 3 * of
    assert blamed <= 0.05 * 6 * of


@pytest.mark.slow
def test_the_interval_holds_the_accuracy_where_two_votes_leave_labels_in_doubt():
    """Three people, two votes: labels hang on whom one believes, and so all err together."""
    held, rows = 0, 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        truth = rng.integers(4, size=150)
        votes = table(
            [
                (f"p{k:03d}", f"A{person}", f"c{true if rng.random() < 0.9 - 0.1 * person else int(rng.integers(4))}")
                for k, true in enumerate(truth.tolist())
                for person in rng.choice(3, 2, replace=False).tolist()
            ]
        )
        for row in reliability(votes, classes=CLASSES).to_dicts():
            own = votes.filter(annotator=row["annotator"])
            share = np.mean([f"c{truth[int(name[1:])]}" == said for name, _, said in own.rows()])
            held, rows = held + (row["low"] <= share <= row["high"]), rows + 1
    assert held >= 0.9 * rows


def test_gold_is_counted_beside_the_consensus():
    votes = table([("p", "A", "c0"), ("q", "A", "c1"), ("p", "B", "c0"), ("r", "C", "c0"), ("q", "B", UNSURE)])
    gold = pl.DataFrame({"image_id": ["p", "q"], "label": ["c0", "c0"]})
    found = reliability(votes, classes=CLASSES, gold=gold).select("annotator", "votes", "gold_answers", "gold_accuracy")
    assert found.rows() == [("A", 2, 2, 0.5), ("B", 1, 1, 1.0), ("C", 1, 0, None)]


def test_a_lone_vote_says_nothing_about_who_gave_it():
    found = reliability(table([("p", "A", "c0"), ("q", "A", "c1"), ("r", "B", "c1")]), classes=CLASSES)
    assert found["compared"].to_list() == [0, 0]
    assert found["accuracy"].to_list() == [None, None]
    assert found["suspicion"].to_list() == [None, None]


@fewer(10)
@given(
    st.lists(
        st.tuples(st.sampled_from("pqr"), st.sampled_from("ABC"), st.sampled_from([*CLASSES, NONE_OF_THESE, UNSURE])),
        unique_by=lambda row: row[:2],
    ).map(table),
    st.integers(0, 99),
)
def test_any_votes_give_figures_in_range_whatever_their_order(votes, seed):
    found = reliability(votes, classes=CLASSES)
    assert found["annotator"].to_list() == sorted(set(votes.filter(pl.col("choice") != UNSURE)["annotator"]))
    for row in found.drop_nulls("accuracy").to_dicts():
        assert 0 <= row["low"] <= row["accuracy"] <= row["high"] <= 1
        assert row["beyond_chance"] <= 1 + 1e-9
        assert row["suspicion"] is None  # so few votes prove nothing
    assert reliability(votes.sample(fraction=1, shuffle=True, seed=seed), classes=CLASSES).equals(found)
