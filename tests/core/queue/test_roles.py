from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.queue import roles
from silverprint.core.queue.batch_composition import Plan, compose
from silverprint.records import QUEUE

NOTHING = pl.DataFrame(schema={"image_id": pl.String, "role": pl.String})


@st.composite
def pools(draw):
    """Askable pictures in near-duplicate groups, sorted by image_id."""
    groups = draw(st.lists(st.integers(0, 12), min_size=1, max_size=30))
    predicted = [draw(st.sampled_from(["x", "y", None])) for _ in groups]
    return pl.DataFrame(
        {
            "image_id": [f"{i:064x}" for i in range(len(groups))],
            "group": groups,
            "predicted": pl.Series(predicted, dtype=pl.String),
            "confidence": pl.Series([None if p is None else 0.5 for p in predicted], dtype=pl.Float64),
            "model_id": pl.Series([None if p is None else "m" for p in predicted], dtype=pl.String),
            "shown_to": pl.Series([None] * len(predicted), dtype=pl.String),
        }
    )


def first(left, count, taken):
    return np.arange(count), np.linspace(1, 0.5, count)


def last(left, count, taken):
    return np.arange(left.height)[::-1][:count].copy(), np.full(count, np.nan)


plans = st.builds(
    Plan,
    strategy=st.just("margin"),
    overlap=st.just(2),
    evaluation_overlap=st.just(3),
    share_shown=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)


@pytest.mark.slow
@given(pools(), plans, st.integers(0, 9), st.integers(1, 20), st.floats(0, 1), st.floats(0, 1))
def test_the_queue_s_invariants(pool, plan, evaluation, budget, control, audit):
    available = pool["group"].n_unique()
    audit = min(audit, 1 - control)
    shares = roles.shares(available, evaluation=evaluation, budget=budget, control=control, audit=audit)
    queue = compose(pool, shares, plan, first, NOTHING)
    assert queue.schema == pl.Schema(QUEUE)
    assert queue["rank"].to_list() == list(range(1, shares.total + 1))
    assert queue["image_id"].is_unique().all()
    assert queue.join(pool, on="image_id")["group"].is_unique().all()
    counts = dict(queue["role"].value_counts().iter_rows())
    assert counts.get("evaluation", 0) == shares.evaluation <= evaluation
    assert counts.get("train", 0) + counts.get("control", 0) + counts.get("audit", 0) <= budget
    assert counts.get("audit", 0) == shares.audit <= round(audit * budget)
    assert shares.total == min(available, evaluation + budget)
    for row in queue.to_dicts():
        chosen = row["role"] == "train"
        assert row["strategy"] == ("margin" if chosen else "random")
        assert (row["score"] is not None) == chosen
        held_out = row["role"] in ("evaluation", "audit")
        assert row["overlap"] == (3 if held_out else 2)
        shown = plan.share_shown == 1 and row["predicted"] is not None and not held_out
        assert row["show_prediction"] == shown
    scores = queue.filter(pl.col("role") == "train")["score"].to_list()
    assert scores == sorted(scores, reverse=True)
    assert compose(pool, shares, plan, first, NOTHING).equals(queue)


@pytest.mark.slow
@given(pools(), plans, st.integers(0, 5), st.integers(1, 9))
def test_chance_draws_before_the_strategy_and_does_not_know_it(pool, plan, evaluation, budget):
    shares = roles.shares(pool["group"].n_unique(), evaluation=evaluation, budget=budget, control=0.4)
    one, other = compose(pool, shares, plan, first, NOTHING), compose(pool, shares, plan, last, NOTHING)
    drawn = pl.col("role") != "train"
    assert one.filter(drawn).equals(other.filter(drawn))


def counted(role: str, shares: roles.Shares, seeds: int) -> list[int]:
    """How often each of sixty pictures, of which the strategy likes the first, is in the role."""
    pool = pl.DataFrame({"image_id": [f"{i:02d}" for i in range(60)], "group": range(60)}).with_columns(
        predicted=pl.lit(None, pl.String),
        confidence=pl.lit(None, pl.Float64),
        model_id=pl.lit(None, pl.String),
        shown_to=pl.lit(None, pl.String),
    )
    counts = dict.fromkeys(pool["image_id"], 0)
    for seed in range(seeds):
        plan = Plan("margin", overlap=1, evaluation_overlap=1, share_shown=0.0, seed=seed)
        for image_id in compose(pool, shares, plan, first, NOTHING).filter(role=role)["image_id"]:
            counts[image_id] += 1
    return list(counts.values())


@pytest.mark.slow
def test_control_is_a_fair_draw_from_the_whole_pool():
    counts = counted("control", roles.Shares(evaluation=0, control=15, train=15), seeds=100)
    chi = sum((n - 25) ** 2 / 25 for n in counts)
    assert chi < 98.3  # the 99.9 % point of chi-square with 59 degrees of freedom


@pytest.mark.slow
def test_the_audit_is_a_fair_draw_from_what_the_strategy_leaves():
    """So that it stands for the pictures that nobody is asked about."""
    counts = counted("audit", roles.Shares(evaluation=0, control=0, train=15, audit=15), seeds=100)
    left = counts[15:]  # the strategy takes the first fifteen
    assert sum(left) == sum(counts) == 1_500
    chi = sum((n - 1_500 / 45) ** 2 / (1_500 / 45) for n in left)
    assert chi < 78.7  # the 99.9 % point of chi-square with 44 degrees of freedom


def test_a_near_duplicate_is_drawn_in_its_group_s_stead():
    pool = pl.DataFrame({"image_id": ["a", "b", "c", "d"], "group": [1, 1, 1, 2]})
    firsts = [roles.draw(pool, 1, seed, "x")["image_id"][0] for seed in range(400)]
    assert 60 < firsts.count("d") < 140  # a quarter of the pictures, not half of the groups
    assert roles.draw(pool, 9, 0, "x").height == 2


def test_a_growing_pool_hardly_changes_the_draw():
    def pool(n):
        return pl.DataFrame({"image_id": [f"{i:04d}" for i in range(n)], "group": range(n)})

    before = set(roles.draw(pool(1000), 100, 1, "x")["image_id"])
    after = set(roles.draw(pool(1010), 100, 1, "x")["image_id"])
    assert len(before & after) >= 95


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (1000, (150, 20, 80)),
        (250, (150, 20, 80)),
        (240, (140, 20, 80)),
        (100, (50, 10, 40)),
        (2, (1, 0, 1)),
    ],
)
def test_a_pool_that_is_too_small_is_shared_out(available, expected):
    shares = roles.shares(available, evaluation=150, budget=100, control=0.2)
    assert (shares.evaluation, shares.control, shares.train) == expected


@given(st.integers(0, 300), st.floats(0, 1), st.floats(0, 1))
def test_control_is_a_share_of_the_whole_budget_second_looks_included(budget, control, share):
    relabel = int(share * budget)
    shares = roles.shares(10_000, evaluation=0, budget=budget, control=control, relabel=relabel)
    assert shares.control + shares.train + relabel == budget
    assert shares.control == min(round(budget * control), budget - relabel)


def test_a_budget_beyond_the_pool_leaves_evaluation_what_it_wants():
    shares = roles.shares(1000, evaluation=150, budget=1_000_000, control=0.2)
    assert (shares.evaluation, shares.total) == (150, 1000)


def test_ranks_mix_the_drawn_among_the_chosen():
    drawn, chosen = roles.mix_ranks(50, 50, 1)
    assert sorted([*drawn, *chosen]) == list(range(1, 101))
    assert (np.diff(chosen) > 0).all()
    assert (np.diff(drawn) < 0).any()
    assert 35 < np.mean(drawn) < 66


def test_seeds_differ_by_round_and_draw():
    seeds = {roles.round_seed(7, name, draw) for name in ("r01", "r02") for draw in (0, 1)}
    assert len(seeds) == 4
    assert roles.round_seed(7, "r01", 0) == 1323941881


def test_a_share_of_the_predictions_is_shown_by_chance_and_more_of_it_shows_the_same_ones_too():
    count = 2_000
    pool = pl.DataFrame({"image_id": [f"{i:04d}" for i in range(count)], "group": range(count)}).with_columns(
        predicted=pl.lit("x"), confidence=pl.lit(0.5), model_id=pl.lit("m"), shown_to=pl.lit(None, pl.String)
    )
    shown = {}
    for share in (0.3, 0.5):
        plan = Plan("margin", overlap=1, evaluation_overlap=1, share_shown=share, seed=7)
        queue = compose(pool, roles.Shares(evaluation=200, control=0, train=1_800), plan, first, NOTHING)
        assert not queue.filter(role="evaluation")["show_prediction"].any()
        shown[share] = set(queue.filter("show_prediction")["image_id"])
        assert abs(len(shown[share]) - share * 1_800) < 5 * (1_800 * share * (1 - share)) ** 0.5
    assert shown[0.3] < shown[0.5]


@pytest.mark.parametrize(
    ("overlap", "evaluation", "audit", "most"), [(1, 1, 1, 1), (2, 2, 1, 2), (3, 2, 1, 5), (5, 3, 1, 9)]
)
def test_what_judges_is_asked_one_after_the_other_where_params_say_so_and_nothing_else_changes(
    overlap, evaluation, audit, most
):
    pool = pl.DataFrame({"image_id": [f"{i:02d}" for i in range(20)], "group": range(20)}).with_columns(
        predicted=pl.lit("coat"), confidence=pl.lit(0.5), model_id=pl.lit("m"), shown_to=pl.lit(None, pl.String)
    )
    plan = Plan("margin", overlap=1, evaluation_overlap=overlap, share_shown=0.0, seed=3)
    shares = roles.Shares(evaluation=5, control=2, train=5, audit=5)
    usual = compose(pool, shares, plan, first, NOTHING)
    queue = compose(pool, shares, replace(plan, judging_sequential=True), first, NOTHING)
    assert usual["max_overlap"].is_null().all()
    assert usual.drop("overlap", "max_overlap").equals(queue.drop("overlap", "max_overlap"))
    for role, least in (("evaluation", evaluation), ("audit", audit)):
        rows = queue.filter(role=role)
        assert rows["overlap"].to_list() == [least] * 5
        assert rows["max_overlap"].to_list() == [most if least < most else None] * 5
    assert queue.filter(~pl.col("role").is_in(["evaluation", "audit"]))["max_overlap"].is_null().all()
