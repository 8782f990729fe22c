import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from silverprint.core.evaluation import sureness
from tests.helpers.examples import fewer


def test_without_checked_predictions_it_is_the_confidence():
    found = sureness.fit(np.empty(0, dtype=np.str_), np.empty(0), np.empty(0, dtype=np.bool_))
    confidence = np.array([0.1, 0.5, 0.99])
    assert np.allclose(found.scores(np.array(["a", "b", "c"]), confidence), logit(confidence))


def test_it_learns_which_classes_are_taken_for_others():
    rng = np.random.default_rng(0)
    classes, confidence = rng.choice(["coat", "bag"], 4_000), rng.uniform(0.3, 0.99, 4_000)
    odds = 0.7 * logit(confidence) + np.where(classes == "bag", 1.0, -1.0)
    found = sureness.fit(classes, confidence, rng.random(4_000) < expit(odds))
    assert abs(found.slope - 0.7) < 0.15
    assert abs(found.classes["bag"] - found.classes["coat"] - 2) < 0.3
    assert np.abs(found.scores(classes, confidence) - odds).max() < 0.8


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.floats(0, 1))
@fewer(4)
def test_in_a_class_the_surer_prediction_stays_the_surer_one(seed, n, chance):
    """Whatever was checked, even where all was right, or all was wrong; and a score has its confidence."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(["a", "b"], n) if n else np.empty(0, dtype=np.str_)
    found = sureness.fit(classes, rng.random(n), rng.random(n) < chance)
    confidence = np.linspace(0.01, 0.99, 30)
    for name in ("a", "b", "new"):
        scores = found.scores(np.full(30, name), confidence)
        assert (np.diff(scores) > 0).all()
        assert np.allclose([found.confidence(name, score) for score in scores], confidence)
