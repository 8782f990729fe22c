"""Undecided labels: whatever the votes, what is a guess is found, and what people or something else decides is not."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.consensus import consensus
from silverprint.core.splits import TRAINABLE
from silverprint.core.votes import undecided
from silverprint.core.votes.annotators import reliability
from silverprint.records import ANNOTATORS, LABELS, ROLES, conform
from tests.helpers.examples import fewer

CLASSES = ("cup", "hat", "shoe")
PEOPLE = pl.DataFrame(
    {
        "annotator": ["s-1", "s-2", "s-3", "import:own"],
        "state": ["active", "active", "retired", "active"],
        "compared": [30, 10, 50, 90],
        "accuracy": [0.9, 0.8, 0.1, 0.2],
    }
).pipe(conform, ANNOTATORS)
ONE_ANSWER = 0.875  # (30 x .9 + 10 x .8) / 40


def labels_of(votes: list[list[str]], confidence: list[float], role: str = "train") -> pl.DataFrame:
    """LABELS of pictures 0, 1, ..., each with the label of its first vote."""
    shares = [{name: round(said.count(name) / len(said), 6) for name in said} for said in votes]
    columns = {
        "image_id": [str(number) for number in range(len(votes))],
        "label": [said[0] for said in votes],
        "confidence": confidence,
        "distribution": [json.dumps(one) for one in shares],
    }
    return conform(pl.DataFrame(columns).with_columns(role=pl.lit(role), source=pl.lit("human")), LABELS)


def found(labels: pl.DataFrame) -> set[int]:
    return {int(name) for name in undecided.undecided(labels, PEOPLE)["image_id"]}


@fewer(2)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=5), st.floats(0, 1)), min_size=1, max_size=8
    ),
    st.sampled_from(ROLES),
)
def test_a_guess_is_found_and_nothing_else(drawn: list[tuple[list[str], float]], role: str) -> None:
    votes, confidence = [said for said, _ in drawn], [sure for _, sure in drawn]
    guessed = found(labels_of(votes, confidence, role))
    for number, (said, sure) in enumerate(drawn):
        most = max(said.count(other) for other in CLASSES if other != said[0])
        led = said.count(said[0]) > most
        guess = sure <= 0.5 or (not led and sure < ONE_ANSWER)
        assert (number in guessed) == (role in TRAINABLE and guess)
    surer = labels_of(votes, [1.0] * len(votes), role)
    assert not found(surer)


def test_where_nothing_measures_people_no_tie_is_decided() -> None:
    labels, nobody = labels_of([["cup", "hat"], ["cup"]], [0.99, 0.6]), PEOPLE.filter(pl.col("votes") > 0)
    assert undecided.undecided(labels, nobody)["image_id"].to_list() == ["0"]


@pytest.mark.slow
def test_ties_of_two_people_are_guesses_and_what_they_agree_on_is_not() -> None:
    draw = np.random.default_rng(3)
    truth = draw.integers(3, size=(1, 80))
    said = np.where(draw.random((2, 80)) < 0.85, truth, draw.integers(3, size=(2, 80)))
    rows = [
        (f"{image:02d}", f"s-{who}", CLASSES[said[who, image]]) for who in range(2) for image in range(said.shape[1])
    ]
    votes = pl.DataFrame(rows, schema=["image_id", "annotator", "choice"], orient="row")
    decided = consensus(votes, classes=CLASSES).with_columns(role=pl.lit("train"), source=pl.lit("human"))
    people = reliability(votes, classes=CLASSES).with_columns(state=pl.lit("active"))
    guesses = undecided.undecided(conform(decided, LABELS), conform(people, ANNOTATORS))
    tied = decided.filter(pl.col("agreement") < 1)
    assert guesses["image_id"].to_list() == tied["image_id"].to_list()
    right = tied["label"] == pl.Series([CLASSES[truth[0, int(name)]] for name in tied["image_id"]])
    assert 0.2 <= right.mean() <= 0.8, "who guesses is not always wrong either"
