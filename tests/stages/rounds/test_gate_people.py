"""What the gate says of people: made rounds of three who label honestly, and of some who do not."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from silverprint import config
from silverprint.config.model import Gate
from silverprint.core.gates import changed_labels, class_drift, group_conflicts
from silverprint.core.gates.counted_share import CountedShare
from silverprint.records import ANNOTATORS, LABELS, NONE_OF_THESE, UNSURE, VOTES, conform, empty
from silverprint.stages.gate import people

CLASSES = 8
LEVELS = Gate(min_alpha=0.3, max_unresolved=0.1)
SKILLS = (0.78, 0.88, 0.95)
SECONDS = (1.5, 2.5, 4.0)  # medians
VOTES_OF_NOBODY = empty(VOTES)


def truth_and_guesses(rng: np.random.Generator, pictures: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Classes of unlike sizes, and a model's guesses, seven of ten right."""
    shares = rng.dirichlet(np.full(CLASSES, 5.0))
    truth = rng.choice(CLASSES, pictures, p=shares)
    return truth, np.where(rng.random(pictures) < 0.7, truth, rng.integers(0, CLASSES, pictures))


def said_of(rng: np.random.Generator, truth: np.ndarray, skill: float) -> list[str]:
    """Right as often as the skill says, else a neighbour of the class; three of a hundred unsure, two none of them."""
    wrong = (truth + rng.choice([1, 1, 2], len(truth))) % CLASSES
    answers = np.where(rng.random(len(truth)) < skill, truth, wrong).astype(str).astype(object)
    kind = rng.random(len(truth))
    answers[kind < 0.03] = UNSURE
    answers[kind > 0.98] = NONE_OF_THESE
    return answers.tolist()


def made_round(rng: np.random.Generator, *, in_pages: bool = False) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """VOTES and image_id, predicted of an honest round, and the truth; `in_pages`: pictures of one guess together."""
    truth, guesses = truth_and_guesses(rng)
    order = np.argsort(guesses, kind="stable") if in_pages else np.arange(len(truth))
    ids = [f"{number:064x}" for number in range(len(truth))]
    rows = []
    for person, (skill, seconds) in enumerate(zip(SKILLS, SECONDS, strict=True)):
        said, times = said_of(rng, truth, skill), rng.lognormal(np.log(seconds), 0.6, len(truth))
        rows += [
            {
                "image_id": ids[place], "round": "r01", "annotator": f"s-{person}", "choice": said[place],
                "status": "unsure" if said[place] == UNSURE else "valid", "lead_time_s": times[place],
                "created_at": "2024-01-01", "annotation_id": 1_000 * person + number,
            }
            for number, place in enumerate(order)
        ]  # fmt: skip
    guessed = pl.DataFrame({"image_id": ids, "predicted": guesses.astype(str).tolist()})
    return conform(pl.DataFrame(rows), VOTES), guessed, truth


def alarms(table: pl.DataFrame) -> dict[str, list[str]]:
    """Who fails which of the suite's limits."""
    beyond = {
        "gold": pl.col("gold_most") < LEVELS.min_gold,
        "run": pl.col("run_chance") < LEVELS.level,
        "pace": pl.col("quick_low") > 0.5,
    }
    return {name: table.filter(rule)["annotator"].to_list() for name, rule in beyond.items()}


def test_the_levels_are_the_packaged_ones():
    given = config.load().gate
    assert replace(given, min_alpha=0.3, max_unresolved=0.1, min_gold=0.7) == LEVELS


def test_who_clicks_on_without_looking_for_a_while_is_named():
    votes, guessed, _ = made_round(np.random.default_rng(0))
    number = pl.col("annotation_id") - 2_000
    clicking = votes.with_columns(choice=pl.when(number.is_between(60, 85)).then(pl.lit("3")).otherwise("choice"))
    found = people.table(clicking, guessed, {}, LEVELS)
    assert alarms(found) == {"gold": [], "run": ["s-2"], "pace": []}
    assert "times '3' in a row of 150 answers, chance 0.0" in found["run_words"][2]


def test_who_is_too_quick_to_look_is_named():
    votes, guessed, _ = made_round(np.random.default_rng(0))
    quick = pl.when(pl.col("annotator") == "s-1").then(pl.lit(0.3)).otherwise("lead_time_s").alias("lead_time_s")
    found = people.table(votes.with_columns(quick), guessed, {}, LEVELS)
    assert alarms(found)["pace"] == ["s-1"]
    assert found["quick_words"][1].startswith("150 of 150 answers in less than")


@pytest.mark.parametrize(
    ("right", "answers", "named"), [(0, 4, ["x"]), (1, 4, []), (0, 0, []), (30, 60, ["x"]), (40, 60, [])]
)
def test_who_is_surely_below_the_floor_on_gold_is_named(right, answers, named):
    votes, guessed, _ = made_round(np.random.default_rng(0))
    found = people.table(votes, guessed, {"x": {"right": right, "answers": answers}}, LEVELS)
    assert alarms(found)["gold"] == named


@pytest.mark.slow
def test_three_at_the_floor_are_hardly_ever_stopped_and_three_who_do_not_look_are():
    """Over three rounds of four gold pictures: the figures of decision 0349."""
    rng = np.random.default_rng(0)
    nobody, guesses = VOTES_OF_NOBODY, pl.DataFrame(schema={"image_id": pl.String, "predicted": pl.String})

    def stops(skill: float) -> bool:
        right = rng.binomial(4, skill, (3, 3)).cumsum(axis=0)
        told = [
            {f"s-{who}": {"right": n, "answers": 4 * at} for who, n in enumerate(row)}
            for at, row in enumerate(right.tolist(), 1)
        ]
        return any(alarms(people.table(nobody, guesses, gold, LEVELS))["gold"] for gold in told)

    assert sum(stops(0.7) for _ in range(200)) <= 0.02 * 200
    assert sum(stops(0.1) for _ in range(200)) >= 0.97 * 200


def test_suspected_are_people_alone_whose_votes_count():
    names = ["a-1", "a-2", "a-3", "a-4", "import:shop"]
    columns = {
        "annotator": names, "suspicion": ["spammer", "adversary", None, "spammer", "spammer"],
        "state": ["active", "paused", "active", "retired", "active"], "beyond_chance": [0.0171, -0.4, 0.9, 0.0, 0.0],
        "compared": [40, 12, 40, 40, 40],
    }  # fmt: skip
    assert people.suspected(conform(pl.DataFrame(columns), ANNOTATORS)).rows() == [
        ("a-1", "spammer", "spammer (answers do not depend on the picture; kappa 0.02 of 40 votes)"),
        ("a-2", "adversary", "adversary (answers depend on the picture, and are wrong; kappa -0.4 of 12 votes)"),
    ]


def test_a_round_without_answers_has_nobody():
    votes, guessed, _ = made_round(np.random.default_rng(0))
    assert people.table(votes.clear(), guessed, {}, LEVELS).is_empty()


def beyond_limits(rng: np.random.Generator) -> set[str]:
    """The alarms of one honest round: its people, its shares, its labels."""
    votes, guessed, truth = made_round(rng, in_pages=bool(rng.integers(2)))
    gold = {
        who: {"right": int(rng.binomial(12, skill)), "answers": 12} for who, skill in zip("abc", SKILLS, strict=True)
    }
    found = {name for name, who in alarms(people.table(votes, guessed, gold, LEVELS)).items() if who}
    valid = votes.filter(status="valid")
    unsure = CountedShare(votes.height - valid.height, votes.height)
    none = CountedShare(valid.filter(choice=NONE_OF_THESE).height, valid.height)
    labels = pl.DataFrame({"image_id": guessed["image_id"], "label": said_of(rng, truth, 0.95)})
    pairs = pl.DataFrame({"image_id": guessed["image_id"], "group": [number // 2 for number in range(len(truth))]})
    again = labels.with_columns(label=pl.Series([text if rng.random() > 0.02 else "0" for text in labels["label"]]))
    twins = labels.with_columns(label=pl.Series(said_of(rng, np.repeat(truth[: len(truth) // 2], 2), 0.95)))
    conflicts, _ = group_conflicts.share(twins, pairs)
    before, after = (conform(rows.with_columns(source=pl.lit("human")), LABELS) for rows in (labels, again))
    changed, _ = changed_labels.changed(after, before)
    drift = class_drift.drift(pl.Series(said_of(rng, rng.permutation(truth)[:50], 0.95)), labels["label"], seed=0)
    shares = {
        "unsure": (unsure, LEVELS.max_unsure), "none": (none, LEVELS.max_none),
        "conflicts": (conflicts, LEVELS.max_conflicts), "changed": (changed, LEVELS.max_changed),
    }  # fmt: skip
    found |= {name for name, (share, limit) in shares.items() if (share.surely or 0) > limit}
    return found | ({"drift"} if drift is not None and drift.chance < LEVELS.level else set())


@pytest.mark.soak
def test_honest_rounds_alarm_nobody_in_nineteen_of_twenty():
    """Of 300 honest rounds, at most one of twenty raises each of the gate's warnings."""
    rng = np.random.default_rng(7)
    counts = dict.fromkeys(("gold", "run", "pace", "unsure", "none", "conflicts", "changed", "drift"), 0)
    for _ in range(300):
        for name in beyond_limits(rng):
            counts[name] += 1
    print({name: count / 300 for name, count in counts.items()})  # noqa: T201
    assert max(counts.values()) <= 0.05 * 300
