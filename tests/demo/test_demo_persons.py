from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as some

from silverprint.demo.fashion import CLASSES, LOOK_ALIKES
from silverprint.demo.personas import PERSONS, decide, difficulty
from silverprint.records import NONE_OF_THESE, UNSURE

PEOPLE = some.sampled_from(sorted(PERSONS.values(), key=lambda person: person.name))
CLASS = some.sampled_from(CLASSES)
SHOWN = some.sampled_from([*CLASSES, NONE_OF_THESE, None])
N = 800


@cache
def answers(name: str, truth: str, shown: str | None = None) -> tuple[str, ...]:
    return tuple(decide(PERSONS[name], f"{truth} {number}", truth, shown).choice for number in range(N))


def error_rate(name: str, truth: str, shown: str | None = None) -> float:
    given_ones = [answer for answer in answers(name, truth, shown) if answer != UNSURE]
    return sum(answer != truth for answer in given_ones) / len(given_ones)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expected"), [("ada", 0.10), ("bo", 0.15), ("cyn", 0.30)])
def test_people_err_as_often_as_said(name, expected):
    overall = sum(error_rate(name, truth) for truth in CLASSES) / len(CLASSES)
    assert overall == pytest.approx(expected, abs=0.015)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PERSONS))
def test_errors_fall_among_look_alikes_and_on_hard_classes(name):
    assert error_rate(name, "shirt") > 2 * error_rate(name, "trouser")
    for truth in CLASSES:
        assert set(answers(name, truth)) <= {truth, UNSURE, *LOOK_ALIKES[truth]}


def test_people_are_unsure_on_hard_classes_sometimes():
    shares = {truth: answers("ada", truth).count(UNSURE) / N for truth in ("shirt", "bag")}
    assert 0.1 > shares["shirt"] > shares["bag"] > 0


@pytest.mark.parametrize("name", sorted(PERSONS))
def test_the_same_pictures_are_hard_for_everybody(name):
    errors: dict[bool, list[bool]] = {True: [], False: []}
    for truth in CLASSES:
        for number, answer in enumerate(answers(name, truth)):
            errors[difficulty(f"{truth} {number}") > 1].append(answer not in (truth, UNSURE))
    hard, easy = (sum(errors[half]) / len(errors[half]) for half in (True, False))
    assert hard > 1.5 * easy  # by construction about 1.35 / 0.65


@pytest.mark.parametrize("name", sorted(PERSONS))
def test_a_wrong_look_alike_that_is_shown_is_let_stand_a_bit_more_often(name):
    alone, anchored = (answers(name, "shirt", shown).count("t-shirt") / N for shown in (None, "t-shirt"))
    assert 0.02 < anchored - alone < 0.15
    assert answers(name, "shirt", "shirt") == answers(name, "shirt")


@given(person=PEOPLE, image_id=some.text(), truth=some.sampled_from([*CLASSES, NONE_OF_THESE]), shown=CLASS)
def test_on_a_page_of_many_nobody_is_better_than_alone(person, image_id, truth, shown):
    alone = decide(person, image_id, truth)
    there = decide(person, image_id, truth, shown, shares_page=True)
    assert there == alone or (there.choice == shown != truth and there.lead_time_s == alone.lead_time_s)


@pytest.mark.parametrize(("truth", "shown"), [("shirt", "t-shirt"), ("shirt", "bag"), (NONE_OF_THESE, "bag")])
def test_one_of_ten_wrong_answers_that_are_pre_set_among_many_is_overlooked(truth, shown):
    names = [f"{truth} {number}" for number in range(N)]
    changed = sum(
        decide(PERSONS["ada"], name, truth, shown, shares_page=True).choice == shown
        and decide(PERSONS["ada"], name, truth).choice != shown
        for name in names
    )
    alone = sum(decide(PERSONS["ada"], name, truth).choice == shown for name in names)
    assert changed / (N - alone) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("name", sorted(PERSONS))
def test_something_else_is_named_so(name):
    given_ones = answers(name, NONE_OF_THESE)
    assert set(given_ones) <= {NONE_OF_THESE, UNSURE}
    assert given_ones.count(NONE_OF_THESE) > 0.9 * N


@given(person=PEOPLE, image_id=some.text(), truth=SHOWN, shown=SHOWN)
def test_an_answer_is_allowed_and_depends_on_nothing_else(person, image_id, truth, shown):
    answer = decide(person, image_id, truth, shown)
    assert answer == decide(person, image_id, truth, shown)
    assert answer.choice in {*CLASSES, UNSURE, NONE_OF_THESE}
    assert answer.lead_time_s > 0
    if truth is None:
        assert answer.choice == UNSURE
