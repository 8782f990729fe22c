"""What `silverprint status` says of the work ahead, of the last round's gain, and of stopping."""

import shutil
from dataclasses import replace

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import forecast_text, ledgers, round_state
from silverprint.campaign.forecast import outlook
from silverprint.campaign.round_status import status_of
from silverprint.config import PeopleCost, SequentialOverlap
from silverprint.records import EVALUATION, STOP_SET, VOTES
from silverprint.stages import queue
from silverprint.store import model_card, tables
from tests.helpers import round_campaign as campaign
from tests.stages.rounds.test_round_status import close


def looked(params):
    return outlook(params, [status_of(params, name) for name in params.chain])


def said(params):
    return list(forecast_text.sentences(looked(params), params.people.currency))


def predict(params, name, right, n=200):
    """The round's model is right about the first `right` of n evaluation pictures."""
    first, second = params.dataset.classes[:2]
    rows = pl.DataFrame(
        {
            "image_id": [campaign.image_id(number) for number in range(n)],
            "label": [first] * n,
            "predicted": [first if number < right else second for number in range(n)],
            "confidence": [0.9] * n,
            "probabilities": [[0.9, 0.1]] * n,
            "weight": [None] * n,
        },
        schema=EVALUATION,
    )
    tables.write(rows.sort("image_id"), layout.model(name) / "evaluation.parquet", EVALUATION)
    write_card(name)


def write_card(name, size=128):
    card = {"model_id": f"{name}-1", "trained_on": [], "classes": [], "features": {"backbone": "b", "size": size}}
    model_card.write(layout.model(name), card)


def predict_pool(params, name, changed=0, n=500):
    """The round's model says one class of half of n pictures of the pool and of `changed` more, another of the rest."""
    one, other = params.dataset.classes[:2]
    predicted = [other if number < n // 2 + changed else one for number in range(n)]
    image_ids = [campaign.image_id(1000 + number) for number in range(n)]
    rows = pl.DataFrame({"image_id": image_ids, "predicted": predicted})
    tables.write(rows, layout.model(name) / "stop-set.parquet", STOP_SET)


def test_what_is_ahead_is_a_guess_before_the_pictures_were_read(params):
    layout.MANIFEST.unlink()
    (ahead,) = said(params)
    assert ahead.endswith(", if there are enough pictures: they were not read on this machine yet")


def test_a_round_that_nobody_has_seen_is_estimated_from_its_plan_then_from_its_queue(params):
    assert said(params) == ["Ahead: r01 needs 38 votes (nobody's time for a vote is known yet)"]
    queue.run(params, "r01")
    assert looked(params).ahead[1].votes == 6 * 3 + 10 * 2


def test_sequential_overlap_costs_a_range_and_what_rounds_with_the_same_knobs_took(params):
    sequential = SequentialOverlap(min=1, max=4, until=0.9)
    params = replace(params, rounds={n: replace(r, overlap=sequential) for n, r in params.rounds.items()})
    unknown = "nobody's time for a vote is known yet"
    ahead = f"Ahead: r01 needs 28 votes at least and 58 at most ({unknown})"  # 6 * 3 + 10 * (1 or 4)
    assert said(params) == [f"{ahead}; no round was asked so before, so how many it will be is not known"]
    queue.run(params, "r01")
    assert said(params)[0].startswith(ahead)
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    more = ledgers.votes("r01").filter(annotator="s-0").with_columns(
        annotator=pl.lit("s-9"), annotation_id=pl.col("annotation_id") + 1000
    )  # fmt: skip
    votes = pl.concat([ledgers.votes("r01"), more])  # two answers about each, so one more than at least
    tables.write_ledger(votes, layout.votes("r01"), VOTES, campaign.LEDGER_ORDER)
    layout.asks("r01").write_text("image_id,extra,reason,asked_at\n")
    close("r01")
    state = round_state.load("r01")
    state.moved(asks_sha256=ledgers.sha256(layout.asks("r01"))).save()
    name, effort = looked(params).ahead
    assert (name, effort.votes, effort.most.votes, effort.expected.votes) == ("r02", 10, 40, 20)
    assert "; about 20 (" in said(params)[0]
    other = replace(params.rounds["r02"], overlap=replace(sequential, until=0.8))
    assert looked(replace(params, rounds={**params.rounds, "r02": other})).ahead[1].expected is None


def invite(*names):
    layout.PEOPLE.mkdir(parents=True, exist_ok=True)
    for name in names:
        (layout.PEOPLE / f"{name}.json").write_text("{}")


@pytest.mark.slow
def test_at_most_is_what_the_people_there_can_answer_of_what_is_not_settled(params):
    sequential = SequentialOverlap(min=1, max=5, until=0.9)
    params = replace(
        params,
        rounds={n: replace(r, overlap=sequential) for n, r in params.rounds.items()},
        evaluation=replace(params.evaluation, sequential=True),
    )
    least = 6 * 2 + 10
    assert f"{least} votes at least and {6 * 5 + 10 * 5} at most" in said(params)[0]  # whoever there may be
    invite("ada", "bo", "cyn")
    assert f"{least} votes at least and {6 * 3 + 10 * 3} at most" in said(params)[0]
    queue.run(params, "r01")
    assert f"{least} votes at least and {6 * 3 + 10 * 3} at most" in said(params)[0]
    invite("dee")
    assert f"{least} votes at least and {6 * 4 + 10 * 4} at most" in said(params)[0]
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    votes = ledgers.votes("r01")
    judged = ledgers.queue("r01").filter(role="evaluation")["image_id"].sort()[:1]
    some = votes.filter(~(pl.col("image_id").is_in(judged.implode()) & (pl.col("annotator") == "s-1")))
    tables.write_ledger(some, layout.votes("r01"), VOTES, campaign.LEDGER_ORDER)
    assert "1 votes at least" in said(params)[0]
    assert " 3 at most" in said(params)[0]  # of the one picture that lacks one of two answers


@pytest.mark.slow
def test_the_next_round_costs_what_the_last_one_s_pace_says(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")  # 16 answers of 2 s, 16 of 3 s, 6 of 4 s
    close("r01")
    priced = replace(params, people=PeopleCost(cost_per_hour=36.0, currency="EUR"))
    name, effort = looked(priced).ahead
    assert (name, effort.votes) == ("r02", 20)
    assert effort.hours == pytest.approx(20 * (16 * 2 + 16 * 3 + 6 * 4) / 38 / 3600)
    assert effort.cost == pytest.approx(36 * effort.hours)
    assert said(priced) == ["Ahead: r02 needs 20 votes: 0.9 minutes, 0.55 EUR"]
    free = replace(params, people=PeopleCost())
    assert looked(free).ahead[1].cost is None
    assert said(free) == ["Ahead: r02 needs 20 votes: 0.9 minutes"]


@pytest.mark.slow
def test_a_gain_beyond_noise_says_go_on_and_what_a_point_cost(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    votes = campaign.answer(params, "r01").with_columns(round=pl.lit("r02"))
    tables.write_ledger(votes, layout.votes("r02"), VOTES, campaign.LEDGER_ORDER)
    predict(params, "r01", right=120)
    predict(params, "r02", right=160)
    found = looked(params)
    assert found.verdict == "go on"
    assert found.comparisons[-1].step.gain == pytest.approx(0.2)
    assert "0.58 EUR, 0.03 EUR a point" in " ".join(said(params))
    text = " ".join(said(replace(params, people=PeopleCost())))
    assert "r02 brought +20.0 points over r01 on 200 evaluation pictures" in text
    assert "2 votes a point" in text
    assert "go on: r02 still gained" in text


@pytest.mark.slow
def test_models_that_no_longer_move_say_stop_and_few_pictures_that_they_cannot_tell(params):
    for name in params.chain:
        predict(params, name, right=150, n=276)
    assert looked(params).verdict == "undecided"
    assert "predict the same of the pool is not known" in " ".join(said(params))
    for name in params.chain:
        predict_pool(params, name, changed=2 * (name == "r03"))
    assert looked(params).verdict == "stop"
    assert "predict the same of 99.6 % of 500 pictures of the pool (kappa 0.99)" in " ".join(said(params))
    predict_pool(params, "r02", changed=10)
    assert looked(params).verdict == "undecided"
    predict_pool(params, "r02")
    assert any(sentence.startswith("Stop? yes: each of the last 2 rounds") for sentence in said(params))
    predict(params, "r03", right=150, n=275)
    assert looked(params).verdict == "undecided", "of so few a model may gain a point and nobody sees it"
    predict(params, "r03", right=152, n=276)
    assert looked(params).verdict == "undecided"
    assert "276 evaluation pictures show changes of" in " ".join(said(params))
    predict(params, "r03", right=90, n=276)
    assert "look first: r03 lost" in " ".join(said(params))


def test_rounds_that_judged_no_common_picture_are_not_compared(params):
    predict(params, "r01", right=3, n=4)
    assert looked(params).comparisons == []
    predict(params, "r02", right=0, n=0)
    assert looked(params).comparisons == []


def test_another_backbone_is_not_booked_as_the_labels_gain(params):
    predict(params, "r01", right=150)
    predict(params, "r02", right=190)
    assert "r02 brought +20.0 points over r01" in " ".join(said(params))
    write_card("r02", size=224)
    [last] = [sentence for sentence in said(params) if sentence.startswith("Last:")]
    assert "r01 and r02 learnt on different features" in last
    assert last.endswith("silverprint round rebuild r01")
    assert not looked(params).comparisons
    shutil.copytree(layout.model("r01"), layout.rebuilt("r01"))
    card = model_card.read(layout.model("r02"))
    model_card.write(layout.rebuilt("r01"), card | {"model_id": "r01-2", "rebuilt_from": "r01-1"})
    assert "r02 brought +20.0 points over r01" in " ".join(said(params))
    model_card.write(layout.rebuilt("r01"), card | {"model_id": "r01-2", "rebuilt_from": "r01-0"})
    assert "learnt on different features" in " ".join(said(params))  # of a model that was replaced since
