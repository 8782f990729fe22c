"""A plan's figures: they grow with the pictures, machines divide only what they share, and totals are sums."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import semisupervised
from silverprint.core.planning import plan
from silverprint.core.planning.stage_costs import COLUMNS, FIRST, Pool, costs
from silverprint.core.planning.unit_costs import NAMES, PRICES, UnitCosts, rule_broken

UNITS = UnitCosts(
    measure_s=8e-4, decode_s=5e-4, network_s=1e-2, gpu_s=None, table_slowness=1.0, picture_bytes=57e3, disk_mb_s=200.0
)
HERE = plan.Machines(count=1, cores=4, memory_b=24e9)
PEOPLE = [plan.RoundPlan("r01", 650, 1.5, 30.0), plan.RoundPlan("r02", 900, 2.0, 40.0)]

counts = st.integers(1, 10**12)
rates = st.floats(1e-6, 1e3)
units = st.builds(
    UnitCosts, measure_s=rates, decode_s=rates, network_s=st.none() | rates, gpu_s=st.none() | rates,
    table_slowness=rates, picture_bytes=st.floats(1, 1e9), disk_mb_s=rates, network_mb_s=st.none() | rates,
    machine_hour=rates, gpu_hour=rates, gb_month=rates, gb_egress=rates,
)  # fmt: skip
machines = st.builds(
    plan.Machines,
    count=st.integers(1, 1000),
    cores=st.integers(1, 256),
    memory_b=st.floats(1e9, 1e13),
    gpus=st.integers(0, 8),
)
pools = st.builds(
    Pool, pictures=counts, kept=st.floats(0.01, 1), classes=st.integers(2, 1000), members=st.integers(1, 100),
    columns=st.integers(8, 10_000), holders=st.integers(1, 3), rounds=st.integers(0, 50), first_model=st.booleans(),
)  # fmt: skip


def figures(found):
    """All that may only grow with the pictures."""
    totals = found.totals
    per_stage = [
        (one.core_seconds, one.seconds, one.anonymous_bytes, one.disk_bytes, one.money) for one in found.stages
    ]
    return [*sum(per_stage, ()), totals.seconds, totals.disk_bytes, totals.sent_bytes, totals.storage_money]


@given(pools, units, machines, counts)
def test_more_pictures_never_take_less_of_anything(pool, unit, here, more):
    larger = replace(pool, pictures=pool.pictures + more)
    less, most = (figures(plan.make(one, unit, here, PEOPLE)) for one in (pool, larger))
    assert all(a <= b for a, b in zip(less, most, strict=True))


@given(pools, units, machines, st.integers(1, 1000))
def test_machines_divide_only_what_they_share_and_take_no_memory_or_work_away(pool, unit, here, count):
    alone = plan.make(pool, unit, replace(here, count=1), PEOPLE)
    many = plan.make(pool, unit, replace(here, count=count), PEOPLE)
    for one, other in zip(alone.stages, many.stages, strict=True):
        assert other.core_seconds == one.core_seconds
        assert (other.anonymous_bytes, other.fits_up_to, other.disk_bytes) == (
            one.anonymous_bytes, one.fits_up_to, one.disk_bytes,
        )  # fmt: skip
        if one.spread == "every machine":
            assert one.seconds / count * (1 - 1e-9) <= other.seconds <= one.seconds
            assert other.machines == count
        else:
            assert (other.seconds, other.machines) == (one.seconds, 1)


@given(pools, units, machines)
def test_totals_are_sums_and_the_bottleneck_is_the_longest(pool, unit, here):
    found = plan.make(pool, unit, here, PEOPLE)
    totals = found.totals
    assert totals.seconds == pytest.approx(sum(one.seconds for one in found.stages))
    assert totals.machine_money == pytest.approx(sum(one.money for one in found.stages))
    assert totals.disk_bytes == pytest.approx(sum(one.disk_bytes for one in found.stages))
    assert (totals.votes, totals.people_hours, totals.people_money) == (1550, 3.5, 70.0)
    longest = {one.stage: one.seconds for one in found.stages}
    assert longest[totals.bottleneck] == max(longest.values())


@given(pools, units, machines)
def test_a_stage_fits_up_to_the_size_that_it_says_and_no_further(pool, unit, here):
    found = plan.make(pool, unit, here, [])
    for one in found.stages:
        if one.fits_up_to is None:
            continue
        for size, fits in ((one.fits_up_to, True), (one.fits_up_to * 1.001 + 2, False)):
            cost = costs(replace(pool, pictures=int(size)), unit, gpus=here.gpus, cores=here.cores)[one.stage]
            if size and cost.start_b <= here.memory_b:
                assert (cost.anonymous_bytes(int(size)) <= here.memory_b) is fits, one.stage
    limits = [one.fits_up_to for one in found.stages if one.fits_up_to is not None]
    assert found.totals.fits_up_to == min(limits)


def test_hours_of_people_are_unknown_where_those_of_a_round_are():
    unknown = plan.RoundPlan("r03", 900, None, None)
    totals = plan.make(Pool(1000), UNITS, HERE, [*PEOPLE, unknown]).totals
    assert (totals.votes, totals.people_hours, totals.people_money) == (2450, None, None)


def test_a_gpu_takes_the_network_off_the_cores_and_decoding_limits_it_where_it_is_fast():
    by_stage = {}
    for gpu_s, gpus in ((None, 0), (1e-5, 1), (1e-2, 1), (None, 1)):
        found = plan.make(Pool(1_000_000), replace(UNITS, gpu_s=gpu_s), replace(HERE, gpus=gpus), [])
        by_stage[gpu_s, gpus] = next(one for one in found.stages if one.stage == "embed")
    start = costs(Pool(1), UNITS)["embed"].start_s
    assert by_stage[None, 0].seconds == pytest.approx(start + 1e6 * 1.05e-2 / 4)
    assert by_stage[1e-5, 1].seconds == pytest.approx(start + 1e6 * 5e-4 / 4)
    assert by_stage[1e-2, 1].seconds == pytest.approx(start + 1e6 * 1e-2)
    assert [one.limit for one in by_stage.values()] == ["cores", "cores", "one GPU", "cores"]
    assert [one.at_least for one in by_stage.values()] == [False, False, False, True]


def test_nothing_predicts_before_the_first_round_but_a_classifier():
    def runs(rounds, first_model):
        found = plan.make(Pool(1000, rounds=rounds, first_model=first_model), UNITS, HERE, [])
        return {one.stage: one.runs for one in found.stages}

    assert runs(3, False)["score"] == 2
    assert runs(3, True)["score"] == 3
    never = dict.fromkeys(("persons", "score", "queue", "labels", "train"), 0)  # no detector is named
    assert runs(0, False) == dict.fromkeys(runs(0, False), 1) | never


def test_a_model_learns_from_as_many_unlabelled_pictures_as_are_planned():
    assert FIRST == semisupervised.MOST
    train = costs(Pool(1), UNITS)["train"]
    few, most, all_of_them = (train.core_seconds(count) for count in (0, FIRST, 2 * FIRST))
    assert most - few > 10 * (all_of_them - most) > 0


def test_wider_features_and_more_classes_take_more():
    few, wide, many = (costs(one, UNITS) for one in (Pool(1), Pool(1, columns=2 * COLUMNS), Pool(1, classes=1000)))
    assert wide["score"].mapped_b == 2 * few["score"].mapped_b
    assert wide["embed"].written_b > few["embed"].written_b
    assert many["score"].picture_b > few["score"].picture_b
    assert many["score"].written_b - few["score"].written_b == 990 * 5 * 2


@given(st.sampled_from(NAMES), st.floats() | st.integers() | st.text(max_size=3) | st.booleans() | st.none())
def test_a_unit_cost_is_a_finite_number_and_only_a_price_may_be_nothing(name, value):
    good = type(value) in (int, float) and (0 < value <= 1e15 or (value == 0 and name in PRICES))
    assert (rule_broken(name, value) is None) is good
