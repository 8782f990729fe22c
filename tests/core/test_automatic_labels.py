import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binom

from silverprint.core.automatic_labels import Audit, Predictions, figures, shortfall, thresholds
from silverprint.core.evaluation import sureness
from silverprint.core.evaluation.intervals import clopper_pearson
from silverprint.core.least_audit import least_audit
from silverprint.core.promise import estimated_audit, threshold
from tests.helpers.examples import fewer

CAMPAIGNS, POOL = 200, 4_000
CLASSES = ("a", "b", "c", "d", "e")
SHARES = (0.55, 0.25, 0.12, 0.06, 0.02)  # from frequent to rare
WEAK = np.array([2, 3, 4, 6, 8])  # the rarer a class, the less its confidence is worth
FOREIGN = 0.03  # share of pictures that are none of the classes, which the model cannot say
WANTED = {"precision": 0.9, "confidence": 0.95}


def campaign(rng, overconfident):
    """Classes that a model predicts for a pool, its confidence, and whether it is right."""
    places = rng.choice(len(CLASSES), POOL, p=SHARES)
    confidence = rng.beta(5, 0.6, POOL)
    chance = confidence ** (WEAK[places] if overconfident else 1)
    right = (rng.random(POOL) < chance) & (rng.random(POOL) >= FOREIGN)
    return np.array(CLASSES)[places], confidence, right


def learned(rng, classes, confidence, right):
    """Sureness from the 150 most doubtful pictures of a few hundred: a strategy chose them."""
    chosen = rng.choice(POOL, 600, replace=False)
    chosen = chosen[np.argsort(confidence[chosen])][:150]
    return sureness.fit(classes[chosen], confidence[chosen], right[chosen])


@pytest.mark.slow
@pytest.mark.parametrize(("audited", "overconfident"), [(300, False), (300, True), (1_500, True)])
def test_the_promise_is_kept_in_so_many_campaigns_as_was_said(audited, overconfident):
    """And in as many campaigns there is no automatic label, or the interval of their precision holds the true one."""
    rng = np.random.default_rng(audited + overconfident)
    broken, missed, naive, coverage = 0, 0, 0, []
    for _ in range(CAMPAIGNS):
        classes, confidence, right = campaign(rng, overconfident)
        said = Predictions(classes, learned(rng, classes, confidence, right).scores(classes, confidence))
        drawn = rng.choice(POOL, audited, replace=False)
        audit = Audit(Predictions(said.classes[drawn], said.scores[drawn]), right[drawn])
        found = thresholds(
            audit, Predictions(np.delete(said.classes, drawn), np.delete(said.scores, drawn)), CLASSES, **WANTED
        )
        kept = found.kept(said)
        naive += right[confidence >= 0.9].mean() < 0.9
        coverage.append(kept.mean())
        if kept.any():
            truth = right[kept].mean()
            broken += truth < 0.9
            low, high = clopper_pearson(int(right[drawn][kept[drawn]].sum()), int(kept[drawn].sum()))
            missed += not low <= truth <= high
    assert broken <= binom.ppf(0.99, CAMPAIGNS, 0.05)
    assert missed <= binom.ppf(0.99, CAMPAIGNS, 0.05)
    if overconfident:
        assert naive > 0.9 * CAMPAIGNS  # to believe the confidence breaks the promise nearly always
    if audited > 1_000:
        assert np.mean(coverage) > 0.2


def test_groups_of_classes_keep_the_promise_each_on_its_own():
    """With many answers the frequent classes stand alone, and the rare ones cannot hide behind them."""
    rng = np.random.default_rng(5)
    counts = {"a": 900, "b": 500, "c": 300, "d": 40}
    classes = np.repeat(list(counts), list(counts.values()))
    scores = rng.random(len(classes))
    right = (classes != "d") & (rng.random(len(classes)) < 0.995)
    audit = Audit(Predictions(classes, scores), right)
    pool = Predictions(classes[::2], scores[::2])
    found = thresholds(audit, pool, tuple(counts), **WANTED)
    assert found.groups == (("a",), ("b",), ("c", "d"))
    level = 1 - 0.05 / 3
    for name, own in {"a": classes == "a", "b": classes == "b", "c": np.isin(classes, ("c", "d"))}.items():
        wanted = {"precision": 0.9, "confidence": level, "expected": expit(scores[::2][own[::2]])}
        assert found.least.get(name) == threshold(scores[own], right[own], **wanted)
    assert {"a", "b"} <= set(found.least)
    few = Audit(Predictions(classes[::8], scores[::8]), right[::8])
    assert thresholds(few, pool, tuple(counts), **WANTED).groups == (("a", "b", "c", "d"),)


@given(st.integers(0, 2**32 - 1), st.integers(0, 600), st.integers(0, 50), st.sets(st.sampled_from(CLASSES)))
@fewer(4)
def test_the_figures_agree_with_each_other_and_core_classes_have_no_automatic_label(seed, audited, pool, core):
    rng = np.random.default_rng(seed)
    classes = [name for name in CLASSES if name not in core]

    def predictions(n):
        return Predictions(rng.choice(CLASSES, n) if n else np.empty(0, dtype=np.str_), rng.random(n))

    said, unasked = predictions(audited), predictions(pool)
    audit = Audit(said, rng.random(audited) < 0.97)
    found = thresholds(audit, unasked, classes, precision=0.9, confidence=0.9)
    assert sorted(name for group in found.groups for name in group) == sorted(classes)
    kept = found.kept(unasked)
    assert not set(unasked.classes[kept].tolist()) & core
    told = figures(audit, unasked, classes, precision=0.9, confidence=0.9)
    assert told["released"] == kept.sum() == sum(row["released"] for row in told["classes"].values())
    for key in ("above", "right"):
        assert told[key] == sum(row[key] for row in told["classes"].values())
    assert told["coverage"] == told["coverage_at"]["0.9"] == (round(float(kept.mean()), 6) if pool else 0)
    assert set(told["classes"]) <= set(classes)
    assert all(row["low"] <= row["precision"] <= row["high"] for row in told["classes"].values() if row["above"])
    assert ("precision" in told) == bool(found.least)


def test_what_is_missing_is_said_with_numbers():
    least = least_audit(0.97, 0.95)
    scores = np.linspace(1, 0, 60)

    def said(right):
        audit = Audit(Predictions(np.full(60, "a"), scores), right)
        assert not thresholds(audit, audit.said, ["a"], precision=0.97, confidence=0.95).least
        return shortfall(audit, ["a"], precision=0.97, confidence=0.95)

    assert f"at least {least} above a threshold, all right: about" in said(np.ones(60, dtype=bool))
    poor = said(np.arange(60) % 5 > 0)
    assert "3 of the surest 15 are wrong" in poor
    assert "about" not in poor


def test_a_pool_that_is_too_small_for_the_promise_is_not_told_to_audit_more():
    """What would do is more pictures than there are: a promise that these answers show, or people."""
    right, scores = np.arange(150) % 20 > 0, np.linspace(1, 0, 150)
    audit = Audit(Predictions(np.full(150, "a"), scores), right)

    def said(left):
        return shortfall(audit, ["a"], precision=0.94, confidence=0.95, left=left, remedy="audit more")

    assert said(10_000_000).endswith("audited pictures with this model; audit more")
    assert "and there are 250 in all: too few for this promise; these answers show 0.85 (release" in said(100)
    assert threshold(scores, right, precision=0.85, confidence=0.95) is not None
    few = Audit(Predictions(np.full(9, "a"), scores[:9]), np.ones(9, dtype=bool))
    short = shortfall(few, ["a"], precision=0.97, confidence=0.95, left=20, remedy="audit more")
    assert "and there are 29 in all: too few for this promise; these answers show 0.7" in short


@pytest.mark.slow
def test_the_estimate_of_the_audit_is_enough_oftener_than_not():
    """A model that is right in 995 of 1,000: as many audited pictures as were estimated keep .97."""
    rng = np.random.default_rng(3)
    kept = []
    for _ in range(60):
        right = rng.random(60) < 0.995
        about = estimated_audit(np.linspace(1, 0, 60), right, precision=0.97, confidence=0.95)
        if about is not None:
            more = rng.random(about) < 0.995
            kept.append(threshold(rng.random(about), more, precision=0.97, confidence=0.95) is not None)
    assert len(kept) > 30
    assert np.mean(kept) > 0.5


def test_what_is_hidden_raises_what_is_tested_and_lowers_the_interval():
    rng = np.random.default_rng(5)
    said = Predictions(np.array(["a"] * 400), rng.random(400))
    audit = Audit(said, np.arange(400) % 100 != 0)
    usual, told = (figures(audit, said, ["a"], **WANTED, hidden=hidden) for hidden in (0.0, 0.2))
    assert "hidden" not in usual
    assert (told["hidden"], told["tested"], told["promised"]) == (0.2, pytest.approx(0.92), 0.9)
    assert told["coverage"] <= usual["coverage"]
    at_tested = thresholds(audit, said, ["a"], precision=0.92, confidence=0.95)
    assert thresholds(audit, said, ["a"], **WANTED, hidden=0.2) == at_tested
    # p + (1 - p) 0.2 seem right where p are
    seems = clopper_pearson(told["right"], told["above"])[0]
    assert told["low"] == pytest.approx((seems - 0.2) / 0.8, abs=1e-6)
    short = shortfall(audit, ["a"], precision=0.99, confidence=0.95, hidden=0.2)
    assert "that 99.2% would be right (99.0% promised, and one answer may hide 20% of the errors; confidence" in short
