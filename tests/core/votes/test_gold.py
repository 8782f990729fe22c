"""Answers about pictures whose label is known: the first one counts, every one is an exposure."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from silverprint.core.evaluation.intervals import wilson
from silverprint.core.votes import gold_answers

KNOWN = pl.DataFrame({"image_id": ["a", "b"], "label": ["coat", "bag"]})
SAID = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["s-1", "s-2", "s-3"]),
    st.sampled_from(["coat", "bag", ""]),
    st.integers(0, 9),
)


def votes(said):
    """One per picture, person and round; the round is the time."""
    rows = {(image, who, when): choice for image, who, choice, when in said}
    return pl.DataFrame(
        [
            {
                "image_id": image,
                "annotator": who,
                "round": f"r{when}",
                "choice": choice,
                "created_at": f"2024-01-0{when + 1}",
                "annotation_id": number,
            }
            for number, ((image, who, when), choice) in enumerate(rows.items())
        ],
        schema={
            **dict.fromkeys(["image_id", "annotator", "round", "choice", "created_at"], pl.String),
            "annotation_id": pl.Int64,
        },
    )


@given(st.lists(SAID, max_size=40))
def test_the_first_answer_counts_and_every_one_is_an_exposure(said):
    table = votes(said)
    rows = gold_answers.gold_answers(table, KNOWN)
    on_gold = table.filter(pl.col("image_id") != "c")
    assert rows.height == on_gold.height
    first = rows.filter(pl.col("exposure") == 1)
    assert first.height == on_gold.select("image_id", "annotator").n_unique()
    earliest = on_gold.sort("created_at").unique(["image_id", "annotator"], keep="first")
    assert set(first.select("image_id", "annotator", "choice").rows()) == set(
        earliest.select("image_id", "annotator", "choice").rows()
    )
    figures = gold_answers.gold_figures(rows, "r0")
    everyone = figures["annotators"].values()
    for name in ("answers", "right", "abstained", "exposures"):
        assert figures["all"][name] == sum(person[name] for person in everyone)
    own = first.rows(named=True)
    labels = dict(KNOWN.rows())
    assert figures["all"]["right"] == sum(row["choice"] == labels[row["image_id"]] for row in own)
    assert figures["all"]["answers"] == sum(row["choice"] != "" for row in own)
    assert figures["all"]["abstained"] == sum(row["choice"] == "" for row in own)
    for person in everyone:
        assert person["answers"] + person["abstained"] <= len(KNOWN)
        if person["answers"]:
            low, high = wilson(person["right"], person["answers"])
            assert abs(person["low"] - low) + abs(person["high"] - high) < 1e-5
        else:
            assert person["accuracy"] is None


@given(st.lists(SAID, max_size=40), st.randoms())
def test_the_order_of_the_votes_is_nothing(said, random):
    table = votes(said)
    order = list(range(table.height))
    random.shuffle(order)
    assert gold_answers.gold_answers(table[order], KNOWN).equals(gold_answers.gold_answers(table, KNOWN))


def test_the_upper_end_stops_a_bad_crew_and_hardly_ever_a_good_one():
    """The figures of decision 0100: a limit of .7 and 20 answers."""
    by_share = max(right for right in range(21) if right / 20 < 0.7)
    by_end = max(right for right in range(21) if wilson(right, 20)[1] < 0.7)
    crews = np.array([0.85, 0.7, 0.4, 0.25])
    assert binom.cdf(by_share, 20, crews[:2]).round(3).tolist() == [0.022, 0.392]
    assert binom.cdf(by_end, 20, crews).round(3).tolist() == [0.0, 0.017, 0.755, 0.986]


def test_answers_about_one_picture_are_one_observation():
    """Three people answer about ten pictures, three in ten hard for everybody: the figures of decision 0337."""
    chance = np.random.default_rng(0)
    hard = chance.random((4000, 10)) < 0.3
    right = (chance.random((3, 4000, 10)) < np.where(hard, 0.1, 1.0)).sum(axis=(0, 2)).tolist()
    by_pictures = np.array([wilson(count / 3, 10) for count in right])
    by_answers = np.array([wilson(count, 30) for count in right])
    for ends, stopped, held in ((by_pictures, 0.015, 0.97), (by_answers, 0.09, 0.72)):
        assert abs(np.mean(ends[:, 1] < 0.7) - stopped) < 0.01
        assert abs(np.mean((ends[:, 0] <= 0.73) & (ends[:, 1] >= 0.73)) - held) < 0.02


def test_the_interval_of_several_people_is_that_of_the_pictures():
    said = [(image, who, "coat", 0) for image in "ab" for who in ("s-1", "s-2", "s-3")]
    figures = gold_answers.gold_figures(gold_answers.gold_answers(votes(said), KNOWN), "r0")
    assert (figures["round"]["answers"], figures["round"]["right"]) == (6, 3)
    assert (figures["round"]["low"], figures["round"]["high"]) == tuple(round(end, 6) for end in wilson(1, 2))


def test_who_is_not_sure_is_neither_right_nor_wrong():
    rows = gold_answers.gold_answers(votes([("a", "s-1", "", 0), ("b", "s-1", "bag", 0)]), KNOWN)
    assert rows["right"].to_list() == [None, True]
    found = gold_answers.gold_figures(rows, "r0")["round"]
    assert (found["answers"], found["right"], found["accuracy"], found["abstained"]) == (1, 1, 1.0, 1)
