import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import agreement
from silverprint.records import ANNOTATORS, NONE_OF_THESE, UNSURE
from tests.helpers import needs

SCHEMA = {"image_id": pl.String, "annotator": pl.String, "choice": pl.String}

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def table(rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def grid(text):
    lines = [line.split() for line in text.strip().splitlines()]
    return table([(f"u{u:02d}", "ABCD"[i], c) for i, line in enumerate(lines) for u, c in enumerate(line) if c != "."])


votes = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sampled_from("ABC"), st.sampled_from(["x", "y", "z"])),
    unique_by=lambda row: row[:2],
    max_size=12,
).map(table)


def test_the_published_example():
    assert agreement.krippendorff_alpha(grid(PUBLISHED)) == pytest.approx(0.743, abs=5e-4)


def test_the_same_paper_s_two_observers():
    """Section B: two observers, twelve articles, alpha = 0.692."""
    text = "a a b b d c c c e d d a\nb a b b b c c c e d d d"
    assert agreement.krippendorff_alpha(grid(text)) == pytest.approx(0.692, abs=5e-4)


@pytest.mark.slow
def test_crowd_kit_says_the_same():
    needs.module("crowdkit", "make extras-env")
    from crowdkit.metrics.data import alpha_krippendorff

    @given(votes)
    def same(frame):
        alpha = agreement.krippendorff_alpha(frame)
        paired = frame.filter(pl.len().over("image_id") > 1)
        if math.isnan(alpha):
            assert paired["choice"].n_unique() < 2
        else:
            names = {"image_id": "task", "annotator": "worker", "choice": "label"}
            assert alpha == pytest.approx(alpha_krippendorff(frame.rename(names).to_pandas()))

    same()


@given(votes, st.randoms(use_true_random=False))
def test_alpha_is_at_most_one_and_blind_to_names_and_order(frame, random):
    alpha = agreement.krippendorff_alpha(frame)
    assert math.isnan(alpha) or alpha <= 1
    swap = {"x": "y", "y": "z", "z": "x"}
    other = frame.sample(fraction=1, shuffle=True, seed=random.randint(0, 99)).with_columns(
        pl.col("choice").replace(swap)
    )
    assert agreement.krippendorff_alpha(other) == pytest.approx(alpha, nan_ok=True)


@pytest.mark.parametrize(
    "rows",
    [[], [("p", "A", "x")], [("p", "A", "x"), ("q", "B", "y")], [("p", "A", "x"), ("p", "B", "x"), ("q", "A", "y")]],
    ids=["no votes", "one vote", "nobody shared a picture", "one class only where shared"],
)
def test_alpha_is_nan_where_it_is_not_defined(rows):
    assert math.isnan(agreement.krippendorff_alpha(table(rows)))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], agreement.NO_PAIR),
        ([("p", "A", "x"), ("q", "B", "x")], agreement.NO_PAIR),
        ([("p", "A", "x"), ("p", "A", "x")], agreement.NO_PAIR),  # one person twice
        ([("p", "A", "x"), ("p", "B", UNSURE)], agreement.NO_PAIR),
        ([("p", "A", "x"), ("p", "B", "x"), ("q", "A", "y")], agreement.NO_VARIATION),
        ([("p", "A", "x"), ("p", "B", "y")], None),
    ],
)
def test_why_alpha_is_not_defined(rows, why):
    assert agreement.why_undefined(table(rows)) == why


@given(votes)
def test_alpha_is_nan_exactly_where_a_reason_is_given(frame):
    assert math.isnan(agreement.krippendorff_alpha(frame)) == (agreement.why_undefined(frame) is not None)


def test_alpha_is_one_for_agreement_and_below_zero_for_contradiction():
    agree = [("p", "A", "x"), ("p", "B", "x"), ("q", "A", "y"), ("q", "B", "y")]
    differ = [("p", "A", "x"), ("p", "B", "y"), ("q", "A", "y"), ("q", "B", "x")]
    assert agreement.krippendorff_alpha(table(agree)) == 1
    assert agreement.krippendorff_alpha(table(differ)) < 0


def test_abstentions_do_not_count_and_none_of_these_does():
    frame = table(
        [
            ("p", "A", "x"),
            ("p", "B", UNSURE),
            ("p", "C", ""),
            ("p", "D", None),
            ("p", "E", "zebra"),
            ("p", "F", NONE_OF_THESE),
        ]
    )
    assert agreement.counted_votes(frame, ["x", "y"])["annotator"].to_list() == ["A", "F"]
    assert agreement.counted_votes(frame)["annotator"].to_list() == ["A", "E", "F"]


def test_the_latest_answer_is_a_person_s_answer():
    frame = table([("p", "A", "x"), ("p", "A", "y"), ("p", "B", "x"), ("p", "B", UNSURE)])
    assert agreement.counted_votes(frame).rows() == [("p", "A", "y")]
    dated = frame.with_columns(pl.Series("created_at", ["2", "1", "1", "2"]))
    assert agreement.counted_votes(dated).rows() == [("p", "A", "x")]
    same_time = frame.with_columns(created_at=pl.lit("1"), annotation_id=pl.Series([2, 1, 4, 3]))
    assert agreement.counted_votes(same_time).rows() == [("p", "A", "x"), ("p", "B", "x")]


def test_pairs_that_agree():
    frame = table([("p", a, c) for a, c in zip("ABCD", "xxxy", strict=True)] + [("q", "A", "x")])
    assert agreement.pairwise_agreement(frame).rows() == [("p", 4, 0.5), ("q", 1, None)]


def test_the_others_lead_is_shared_where_they_tie():
    frame = table([("p", "A", "x"), ("p", "B", "x"), ("p", "C", "y"), ("q", "A", "x")])
    # of A the others are split x, y; of B too; of C both say x; q nobody shares
    assert agreement.agreement_with_others(frame).rows() == [("p", "A", 0.5), ("p", "B", 0.5), ("p", "C", 0.0)]


def test_what_each_person_did():
    frame = table(
        [("p", "A", "x"), ("q", "A", UNSURE), ("p", "B", "x"), ("q", "B", "y"), ("r", "C", "x"), ("q", "D", "y")]
    ).with_columns(lead_time_s=pl.Series([1.0, 3.0, 2.0, 2.0, None, 5.0]))
    result = agreement.annotators(frame)
    assert result.schema == pl.Schema(ANNOTATORS)
    said = result.select("annotator", "votes", "abstained", "agreement", "median_lead_time_s")
    assert said.rows() == [
        ("A", 1, 1, 1.0, 2.0),
        ("B", 2, 0, 1.0, 2.0),
        ("C", 1, 0, None, None),
        ("D", 1, 0, 1.0, 5.0),
    ]


def test_impossible_times_of_sealed_votes_move_no_median():
    frame = table([("p", "A", "x"), ("q", "A", "x"), ("r", "A", "x"), ("s", "A", "x"), ("p", "B", "x")]).with_columns(
        lead_time_s=pl.Series([2.0, 1e300, float("nan"), -5.0, float("inf")])
    )
    assert agreement.annotators(frame)["median_lead_time_s"].to_list() == [2.0, None]


@given(votes)
def test_the_alpha_of_each_pair_is_that_of_their_votes_alone(frame):
    found = agreement.alpha_by_pair(frame)
    for one, other, pictures, alpha in found.rows():
        of_both = frame.filter(pl.col("annotator").is_in([one, other])).filter(pl.len().over("image_id") == 2)
        assert pictures == of_both["image_id"].n_unique()
        expected = agreement.krippendorff_alpha(of_both)
        assert (alpha is None) == math.isnan(expected)
        assert alpha is None or alpha == pytest.approx(expected)
    shared = frame.join(frame, on="image_id", suffix="_other").filter(pl.col("annotator") < pl.col("annotator_other"))
    assert found.height == shared.select("annotator", "annotator_other").n_unique()


@given(votes)
def test_an_interval_is_there_where_alpha_is(frame):
    found = agreement.alpha_interval(frame, seed=0, resamples=20)
    assert (found is None) == math.isnan(agreement.krippendorff_alpha(frame))
    assert found is None or found[0] <= found[1] <= 1


@pytest.mark.slow
def test_the_interval_of_alpha_holds_it_in_most_draws():
    """Two people, each right in 85 of 100 of five classes: alpha is (p - .2) / .8 for their agreement p."""
    rng = np.random.default_rng(0)
    truth, hits = 0.85**2 + 0.15**2 / 4, 0
    alpha = (truth - 0.2) / 0.8
    for trial in range(60):
        true = rng.integers(5, size=80)
        rows = [
            (f"u{number}", who, str((label + (rng.random() > 0.85) * rng.integers(1, 5)) % 5))
            for who in "AB"
            for number, label in enumerate(true)
        ]
        low, high = agreement.alpha_interval(table(rows), seed=trial, resamples=200)
        hits += low <= alpha <= high
    assert hits >= 51  # of 60 draws, 57 are expected
