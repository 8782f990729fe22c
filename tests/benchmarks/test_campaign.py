import json
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.campaign import command, report
from benchmarks.campaign.ours import Campaign, Way
from benchmarks.campaign.peers import PEERS, _least
from benchmarks.campaign.people import CORRECTION_S, ERRORS, GLANCE_S, PAGE_S, SINGLE_S, Delivered, People
from benchmarks.label_efficiency.datasets import FOLDER, Task
from hypothesis import given
from hypothesis import strategies as st

CLASSES = 3


def task(count=90, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(CLASSES, size=count)
    rows = (rng.normal(size=(count, 5)) * 0.4 + 3 * np.eye(5)[truth]).astype(np.float32)
    return Task(rows, truth, rows[:0], truth[:0], {"made-up": slice(0, 5)}, CLASSES)


def test_people_err_as_often_as_is_said_and_the_same_seed_gives_the_same_people():
    truth = np.random.default_rng(0).integers(10, size=20_000)
    people, again = (People.drawn(truth, 10, seed=3) for _ in range(2))
    assert (people.said == again.said).all()
    assert (people.order == again.order).all()
    for person, error in enumerate(ERRORS):
        wrong = (people.said != truth[:, None])[people.order == person].mean()
        assert error / 2 <= wrong <= 1.5 * error
    assert not (people.said == People.drawn(truth, 10, seed=4).said).all()


def test_each_further_vote_on_a_picture_is_of_another_person_and_takes_the_same_time():
    people = People.drawn(task().truth, CLASSES, 0)
    for _ in range(len(ERRORS)):
        people.answer(np.arange(10))
    assert people.votes.select("image_id", "annotator").is_unique().all()
    assert people.seconds == pytest.approx(len(people.votes) * SINGLE_S)
    assert people.asked.tolist() == [len(ERRORS)] * 10 + [0] * 80


def test_a_shared_page_costs_its_load_a_glance_at_each_picture_and_each_correction():
    given_task = task()
    people, places = People.drawn(given_task.truth, CLASSES, 0), np.arange(24)
    shown = (given_task.truth[places] + (places < 6)) % CLASSES
    said = people.correct(places, shown, places // 12)
    changed = (said != shown).sum()
    assert people.seconds == pytest.approx(2 * PAGE_S + 24 * GLANCE_S + changed * CORRECTION_S)
    unseen = ~people.looks[places, 0]
    assert (said[unseen] == shown[unseen]).all()
    assert (said[~unseen] == people.said[places, 0][~unseen]).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_figures_count_what_was_delivered(seed, count):
    rng = np.random.default_rng(seed)
    truth, labels = rng.integers(3, size=count), rng.integers(-1, 3, size=count)
    by_people = rng.random(count) < 0.5
    found = Delivered(labels, by_people).figures(truth, People.drawn(truth, 3, 0))
    assert found["correct"] == (labels == truth).sum()
    if (labels >= 0).any():
        assert found["precision"] * found["covered"] * count == pytest.approx(found["correct"])
    assert 0 <= found["machine"] <= found["covered"] <= 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_the_script_believes_what_its_validation_set_bears_out(seed, count):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(3), size=count)
    truth = np.where(rng.random(count) < 0.8, shares.argmax(axis=1), rng.integers(3, size=count))
    least = _least(shares, truth)
    above = shares.max(axis=1) >= least
    assert (shares.argmax(axis=1) == truth)[above].mean() >= 0.97 if above.any() else least > 1


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("has_labels", [False, True])
def test_peers_cover_the_pool_and_pay_for_each_vote(name, has_labels):
    given_task = task(300)
    people = People.drawn(given_task.truth, CLASSES, 0)
    brought = command.source(given_task, 0) if has_labels else None
    found = PEERS[name](given_task, people, 0, brought).figures(given_task.truth, people)
    assert found["covered"] >= 0.9
    assert found["precision"] > 0.85
    assert found["minutes"] == pytest.approx(found["votes"] * SINGLE_S / 60)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "has_labels"),
    [(Way(page="grid"), False), *(pytest.param(Way(), known, marks=pytest.mark.slow) for known in (False, True))],
)
def test_a_campaign_ends_with_nine_tenths_covered_and_nobody_asked_twice(way, has_labels):
    given_task = task()
    people = People.drawn(given_task.truth, CLASSES, 0)
    brought = command.source(given_task, 0) if has_labels else None
    campaign = Campaign(given_task, people, replace(way, evaluation=20, budget=40), 0, brought)
    figures = campaign.play().figures(given_task.truth, people)
    assert figures["covered"] >= 0.9
    assert figures["precision"] > 0.85
    assert campaign.asked["image_id"].is_unique().all()
    assert people.votes.select("image_id", "annotator").is_unique().all()
    assert people.votes.height == figures["votes"]
    judged = campaign.asked.filter(campaign.asked["role"].is_in(["evaluation", "audit"]))
    votes = people.asked[campaign.at(judged)]
    assert set(votes.tolist()) <= {1, 2, 3, 4, 5}  # until one class leads by two
    assert (votes[(judged["role"] == "evaluation").to_numpy()] >= 2).all()


@pytest.mark.slow
def test_a_campaign_asks_no_more_once_its_promise_covers_the_pool():
    given_task = task(400)
    people = People.drawn(given_task.truth, CLASSES, 0)
    campaign = Campaign(given_task, people, Way(evaluation=160, budget=20, votes=5), 0)
    figures = campaign.play().figures(given_task.truth, people)
    assert figures["machine"] > 0.4
    assert figures["machine_precision"] >= 0.97
    assert len(campaign.steps) < 6
    labelled = np.count_nonzero(people.asked)
    assert figures["covered"] * 400 == pytest.approx(labelled + figures["machine"] * 400)


def test_the_report_compares_with_one_vote_for_each_of_the_same_seed(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    run = {"pictures": 100, "votes": 100, "minutes": 5.0, "covered": 1.0, "precision": 0.95, "correct": 95}
    for seed, share in ((30, 0.5), (31, 0.25), (32, 0.1)):
        for name, minutes in (("one vote", 5.0), ("silverprint", 5.0 * share)):
            path = command.kept("digits", name, False, seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            machine = {"machine": 0.0 if name == "one vote" else 0.8, "machine_precision": 0.96 if seed == 30 else 0.99}
            if not (name == "one vote" and seed == 32):
                path.write_text(json.dumps(run | machine | {"minutes": minutes}))
    ours = next(line for line in report.tables("digits", range(30, 40)) if line.startswith("| silverprint |"))
    assert "| 3 | 14.9 |" in ours  # 1,000 labels at 5 minutes for 95, times .2833
    assert "| 0.375 (" in ours  # of the two seeds that have both
    assert "2 of 3 (" in ours
    assert not list(report.tables("mnist", range(30, 40)))
