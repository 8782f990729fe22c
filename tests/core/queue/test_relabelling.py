"""Second looks: earlier labels that are worth more than a new picture, by whatever judges that."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters import activelab
from silverprint.core.queue import relabelling
from silverprint.core.queue.relabelling import Labelled
from silverprint.records import HELD_OUT, LABELS, VOTES, conform

CLASSES = ("coat", "bag")


def labelled(said, held_out):
    """`said`: for each picture the choices of s-0, s-1, …; null where that person was not asked."""
    votes = [
        {
            "image_id": str(n),
            "annotator": f"s-{who}",
            "choice": choice,
            "status": "valid",
            "annotation_id": 10 * n + who,
        }
        for n, choices in enumerate(said)
        for who, choice in enumerate(choices)
        if choice is not None
    ]
    ids = [str(n) for n in range(len(said))]
    held = pl.DataFrame({"image_id": ids, "probabilities": held_out}, schema=HELD_OUT)
    given = [[choice for choice in choices if choice] for choices in said]
    labels = pl.DataFrame(
        {
            "image_id": ids,
            "label": "coat",
            "n_votes": [len(choices) for choices in given],
            "agreement": [float(len(set(choices)) == 1) if len(choices) > 1 else None for choices in given],
        }
    )
    return Labelled(held, conform(pl.DataFrame(votes), VOTES), conform(labels, LABELS), CLASSES)


def free(n, groups=None):
    return pl.DataFrame({"image_id": [str(i) for i in range(n)], "group": groups or list(range(n))})


CREW = [["coat", "bag", None]] * 4 + [[None, None, "coat"]]


@given(st.lists(st.integers(0, 5), min_size=5, max_size=5), st.integers(0, 6), st.lists(st.booleans(), min_size=5))
def test_looks_are_the_labels_in_doubt_that_are_worth_most(worth, most, sure):
    said = [[["coat", "coat", None], choices][not one] for choices, one in zip(CREW, sure, strict=False)]
    said.append([None, "coat", "coat"])  # so that there is a third person in the crew
    known = labelled(said, [[0.9, 0.1]] * 6)
    found = relabelling.choose(known, free(5, [0, 0, 1, 2, 3]), most, lambda *_: np.array([*worth, 9.0]))
    assert found["group"].is_unique().all()
    assert found["score"].is_sorted(descending=True)
    doubtful = [n for n in range(5) if not sure[n]]
    assert {int(name) for name in found["image_id"]} <= set(doubtful)
    groups = {0 if n < 2 else n - 1 for n in doubtful}
    assert found.height == min(most, len(groups))
    assert all(worth[int(name)] == score for name, score in found.select("image_id", "score").rows())
    assert found.select("role", "strategy").unique().rows() in ([], [("relabel", "activelab")])


def test_what_everybody_has_answered_about_is_left_out():
    known = labelled([["coat", "bag"], ["coat", None]], [[0.5, 0.5]] * 2)
    assert relabelling.choose(known, free(2), 2, lambda *_: np.ones(2))["image_id"].to_list() == ["1"]


def test_it_says_what_it_doubts():
    known = labelled([["coat", None, None], ["coat", "bag", None], [None, None, "bag"]], [[0.2, 0.8]] * 3)
    found = relabelling.choose(known, free(3), 2, lambda *_: np.array([3.0, 2.0, 1.0]))
    assert found["why"].to_list() == [
        "Its label is in doubt: one vote made it coat; models that have not seen that say bag (0.80).",
        "Its label is in doubt: 2 votes, which differ, made it coat; models that have not seen that say bag (0.80).",
    ]


def test_without_a_vote_for_a_class_there_is_no_look():
    known = labelled([["not one of these"]], [[0.5, 0.5]])
    nobody = relabelling.choose(known, free(1), 1, activelab.vote_values)
    assert nobody.is_empty()
    assert {"role", "strategy", "why"} <= set(nobody.columns)


def crew(rng, error, n=80, classes=10, people=3):
    """The truth, two votes a picture with mistakes, and models that are right on 85 %."""
    truth = rng.integers(0, classes, n)
    votes = np.full((n, people), -1)
    for row, label in enumerate(truth):
        for who in rng.choice(people, min(people, 2), replace=False):
            votes[row, who] = rng.integers(0, classes) if rng.random() < error else label
    said = np.where(rng.random(n) < 0.85, truth, rng.integers(0, classes, n))
    return truth, votes, np.where(said[:, None] == np.arange(classes), 0.8, 0.2 / (classes - 1))


@pytest.mark.parametrize("people", [1, 3])
def test_activelab_doubts_the_wrong_label_most_quietly_and_the_same_again(people, capsys):
    truth, votes, held = crew(np.random.default_rng(0), error=0.0, people=people)
    held = np.where(truth[:, None] == np.arange(10), 0.91, 0.01)
    votes[7][votes[7] >= 0] = (truth[7] + 1) % 10
    before = np.random.get_state()[1]
    worth = activelab.vote_values(votes, held)
    assert worth.argmax() == 7
    assert ((worth >= 0) & (worth <= 1)).all()
    np.testing.assert_array_equal(activelab.vote_values(votes, held), worth)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert capsys.readouterr().out == ""


def test_at_two_votes_a_picture_activelab_prefers_a_new_one_however_sure_the_model_is_of_it():
    """Why the share is a person's to set (decision 0101)."""
    from cleanlab.multiannotator import get_active_learning_scores

    sure_of_it = np.full((1, 10), 0.01 / 9) + 0.99 * np.eye(10)[:1]
    for error in (0.0, 0.1, 0.2):
        np.random.seed(0)
        _, votes, held = crew(np.random.default_rng(1), error)
        said, new = get_active_learning_scores(np.where(votes < 0, np.nan, votes), held, sure_of_it)
        assert new[0] < said.min()  # the lower, the more it is worth


@pytest.mark.slow
def test_second_looks_find_the_wrong_labels():
    """Of the labels in doubt, the 15 % that are worth most hold several times as many mistakes as all labels."""
    ratios = []
    for seed in range(5):
        truth, votes, held = crew(np.random.default_rng(seed), error=0.2, n=200)
        worth = activelab.vote_values(votes, held)
        said = [np.bincount(row[row >= 0], minlength=10).argmax() for row in votes]
        wrong = np.array(said) != truth
        ratios.append(wrong[np.argsort(-worth)[:30]].mean() / wrong.mean())
    assert np.median(ratios) > 2
