import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.consensus import CONSENSUS, METHODS, consensus
from silverprint.errors import ConfigError
from silverprint.records import NONE_OF_THESE, UNSURE
from tests.helpers.examples import fewer

CLASSES = ["x", "y", "z"]
SCHEMA = {"image_id": pl.String, "annotator": pl.String, "choice": pl.String}
every = pytest.mark.parametrize("method", sorted(METHODS))


def table(rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def label(rows):
    return consensus(table(rows), classes=CLASSES)["label"].to_list()


answers = st.lists(
    st.tuples(
        st.sampled_from("pqrst"),
        st.sampled_from("ABCD"),
        st.sampled_from([*CLASSES, NONE_OF_THESE, UNSURE, "", "zebra"]),
    ),
    unique_by=lambda row: row[:2],
    max_size=20,
).map(table)


@every
@fewer(2)
@given(answers, st.integers(0, 99))
def test_one_row_a_picture_in_range_and_blind_to_order(method, votes, seed):
    result = consensus(votes, method, classes=CLASSES)
    assert result.schema == pl.Schema(CONSENSUS)
    assert result["image_id"].to_list() == sorted(set(votes["image_id"]))
    for row in result.to_dicts():
        shares = json.loads(row["distribution"])
        assert list(shares) == sorted(shares)
        if row["n_votes"] == 0:
            assert (row["label"], row["confidence"], shares, row["agreement"]) == (None, None, {}, None)
            continue
        assert row["label"] in shares
        assert set(shares) <= {*CLASSES, NONE_OF_THESE}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert 0 < row["confidence"] < 1
        assert (row["agreement"] is None) == (row["n_votes"] == 1)
    shuffled = votes.sample(fraction=1, shuffle=True, seed=seed)
    assert consensus(shuffled, method, classes=CLASSES).equals(result)


@given(answers)
def test_the_majority_has_the_most_votes(votes):
    for row in consensus(votes, classes=CLASSES).drop_nulls("label").to_dicts():
        shares = json.loads(row["distribution"])
        assert shares[row["label"]] == max(shares.values())


def test_confidence_shrinks_the_share_towards_chance():
    rows = [("p", "A", "x"), ("q", "A", "x"), ("q", "B", "x"), ("r", "A", "x"), ("r", "B", "y")]
    confidence = consensus(table(rows), classes=[f"c{i}" for i in range(7)] + CLASSES)["confidence"]
    chance = 1 / 11  # ten classes and 'not one of these'
    assert confidence.to_list() == pytest.approx([(1 + chance) / 2, (2 + chance) / 3, (1 + chance) / 3])


def test_a_tie_goes_to_the_more_reliable_voter():
    rows = [(f"p{i}", person, "x") for i in range(4) for person in "AB"]  # A and B always agree
    rows += [(f"p{i}", "C", "y") for i in range(4)]  # C never agrees
    assert label([*rows, ("q", "A", "y"), ("q", "C", "x")])[-1] == "y"
    assert label([*rows, ("q", "A", "x"), ("q", "C", "y")])[-1] == "x"


def test_an_even_tie_favours_no_class():
    pictures = [f"p{i:03d}" for i in range(400)]
    rows = [(p, person, choice) for p in pictures for person, choice in (("A", "x"), ("B", "y"))]
    labels = label(rows)
    assert 150 < labels.count("x") < 250
    swapped = label([(p, {"A": "B", "B": "A"}[a], c) for p, a, c in rows])
    assert swapped == labels


def test_not_one_of_these_can_win_and_abstentions_are_left_out():
    assert label([("p", "A", NONE_OF_THESE), ("p", "B", UNSURE), ("p", "C", "zebra")]) == [NONE_OF_THESE]


def test_a_changed_mind_is_one_vote():
    rows = [("p", "A", "x"), ("p", "A", "x"), ("p", "A", "y"), ("p", "B", "y")]
    result = consensus(table(rows), classes=CLASSES).to_dicts()[0]
    assert (result["label"], result["n_votes"], result["agreement"]) == ("y", 2, 1.0)


def test_without_a_class_list_every_choice_is_a_class():
    assert consensus(table([("p", "A", "zebra")]))["label"].to_list() == ["zebra"]


def test_an_unknown_method_lists_the_known():
    with pytest.raises(ConfigError, match="no such method; use one of: majority"):
        consensus(table([]), "oracle")
