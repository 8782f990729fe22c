import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from silverprint.core.least_audit import least_audit, most_promised
from silverprint.core.promise import threshold, to_show
from silverprint.errors import DataError

CAMPAIGNS = 250
POOL, AUDIT = 4_000, 300


def falling(name, scores):
    """The chance that a label of that score is right: it never falls as the score rises."""
    return {
        "calibrated": scores,
        "overconfident": scores**3,
        "steps": np.where(scores > 0.7, 0.985, 0.8),
        "constant": np.full_like(scores, 0.949),  # just below the promise: no threshold keeps it
        "at the edge": np.where(scores > 0.3, 0.95, 0.9),  # every threshold from .3 on just keeps it
    }[name]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["calibrated", "overconfident", "steps", "constant", "at the edge"])
@pytest.mark.parametrize("how", ["plain", "ties, expected", "hoped for"])
def test_the_promise_is_broken_in_at_most_the_level(kind, how):
    rng = np.random.default_rng(7)
    scores = rng.beta(3, 0.5, (CAMPAIGNS, POOL))
    scores = scores.round(1) if how == "ties, expected" else scores
    right = rng.random(scores.shape) < falling(kind, scores)
    broken = 0
    for said, hits in zip(scores, right, strict=True):
        expected = {"ties, expected": falling(kind, said[AUDIT:]), "hoped for": said[AUDIT:] ** 0.01}.get(how)
        found = threshold(said[:AUDIT], hits[:AUDIT], precision=0.95, confidence=0.9, expected=expected)
        broken += found is not None and hits[said >= found].mean() < 0.95
    assert broken <= binom.ppf(0.99, CAMPAIGNS, 0.1)


def test_the_promise_is_worth_something():
    """Of a model that is right often enough nearly everywhere most is released."""
    rng = np.random.default_rng(1)
    kept = []
    for _ in range(50):
        scores = rng.beta(6, 0.35, 500)
        right = rng.random(500) < scores
        found = threshold(scores, right, precision=0.95, confidence=0.95)
        kept.append(0.0 if found is None else np.mean(scores >= found))
    assert np.mean(kept) > 0.7


def test_tests_start_where_most_is_likely_to_be_released_so_that_one_wrong_label_among_the_surest_ends_nothing():
    scores, right = np.linspace(1, 0, 170), np.arange(170) != 9
    wanted = {"precision": 0.97, "confidence": 0.95}
    assert threshold(scores, right, **wanted) is None
    assert threshold(scores, right, **wanted, expected=np.full(2_000, 0.996)) == scores[-1]
    assert threshold(scores, right, **wanted, expected=np.linspace(1, 0, 2_000)) is None  # the surest few may be right
    assert threshold(scores, right, **wanted, expected=np.empty(0)) is None
    assert threshold(scores[:98], right[10:108], **wanted, expected=np.ones(9)) is None


def plain(scores, right, precision, confidence):
    """One start: stop at the first set whose exact lower bound is below the promise."""
    least = None
    for score in sorted(set(scores), reverse=True):
        inside = scores >= score
        if inside.sum() < least_audit(precision, confidence):
            continue
        if binom.sf(right[inside].sum() - 1, inside.sum(), precision) > 1 - confidence:
            return least
        least = score
    return least


@given(st.integers(0, 2**32 - 1), st.integers(0, 53), st.sampled_from([0.8, 0.9]), st.booleans())
def test_small_audits_are_tested_from_the_strictest_threshold_down(seed, n, precision, ties):
    rng = np.random.default_rng(seed)
    scores = rng.random(n).round(1) if ties else rng.random(n)
    right = rng.random(n) < 0.9 + 0.1 * scores
    assert threshold(scores, right, precision=precision, confidence=0.9) == plain(scores, right, precision, 0.9)


@given(st.integers(0, 2**32 - 1), st.integers(0, 300), st.sampled_from([None, 0.01, 0.1]))
def test_what_is_released_is_the_set_of_an_audited_score_and_better_hits_never_release_less(seed, n, power):
    rng = np.random.default_rng(seed)
    scores = rng.random(n)
    right = rng.random(n) < scores**0.1
    expected = None if power is None else rng.random(500) ** power
    found = threshold(scores, right, precision=0.9, confidence=0.9, expected=expected)
    if found is not None:
        assert found in scores
        inside = scores >= found
        assert binom.sf(right[inside].sum() - 1, inside.sum(), 0.9) <= 0.1
    better = right | (rng.random(n) < 0.3)
    more = threshold(scores, better, precision=0.9, confidence=0.9, expected=expected)
    if found is not None:
        assert more is not None
        assert more <= found


def test_the_least_audit_is_the_least_that_is_enough():
    for precision, confidence in ((0.97, 0.95), (0.9, 0.9), (0.99, 0.95), (0.5, 0.5)):
        n = least_audit(precision, confidence)
        scores = np.linspace(0, 1, n)
        assert threshold(scores, np.ones(n, dtype=bool), precision=precision, confidence=confidence) == 0.0
        assert threshold(scores[1:], np.ones(n - 1, dtype=bool), precision=precision, confidence=confidence) is None
        assert least_audit(most_promised(n, confidence) - 1e-9, confidence) == n
    assert least_audit(0.97, 0.95) == 99  # .97^98 = .0505, .97^99 = .0490


def test_nothing_audited_is_nothing_promised():
    assert threshold(np.empty(0), np.empty(0, dtype=bool), precision=0.9, confidence=0.9) is None
    assert threshold(np.full(9, 0.5), np.ones(9, dtype=bool), precision=0.97, confidence=0.95) is None
    assert threshold(np.full(999, 0.5), np.zeros(999, dtype=bool), precision=0.97, confidence=0.95) is None


@pytest.mark.parametrize(
    ("scores", "right", "precision", "confidence", "said"),
    [
        ([0.5, np.nan], [True, True], 0.9, 0.9, r"scores\[1\] = nan"),
        ([0.5], [True, True], 0.9, 0.9, "one score and one hit"),
        ([0.5], [2], 0.9, 0.9, "true or false"),
        ([0.5], [True], 1.0, 0.9, "precision = 1.0"),
        ([0.5], [True], 0.9, 0.0, "confidence = 0.0"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(scores, right, precision, confidence, said):
    with pytest.raises(DataError, match=said):
        threshold(np.array(scores), np.array(right), precision=precision, confidence=confidence)


@given(st.floats(0.01, 0.99), st.floats(0, 0.99), st.floats(0, 1))
def test_what_is_hidden_does_not_make_a_broken_promise_look_kept(right, hidden, part):
    promised = right + (1 - right) * part
    seems = right + (1 - right) * hidden
    if promised < 1:
        assert seems <= to_show(promised, hidden) + 1e-12
        assert promised <= to_show(promised, hidden) < 1
    assert to_show(right, 0.0) == right
