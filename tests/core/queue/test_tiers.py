import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.queue import roles
from silverprint.core.queue.batch_composition import Plan, compose
from silverprint.core.queue.tiers import Asking, Tiers
from tests.core.queue.test_roles import NOTHING, first, pools

CLASSES = ("coat", "bag", "shoe")
rules = st.dictionaries(st.sampled_from(CLASSES), st.sampled_from(["expert", "crowd"]))
askings = st.builds(Asking, st.integers(1, 5), st.none() | st.integers(5, 9), st.none() | st.floats(0.5, 0.9))


def drawn(pool: pl.DataFrame, tiers: Tiers, **knobs: object) -> pl.DataFrame:
    shares = roles.shares(pool["group"].n_unique(), evaluation=4, budget=12, control=0.3, audit=0.2)
    plan = Plan("margin", overlap=2, evaluation_overlap=3, share_shown=1.0, seed=5, tiers=tiers, **knobs)
    return compose(pool, shares, plan, first, NOTHING)


@pytest.mark.slow
@given(pools(), rules, askings, st.sampled_from(["crowd", "judges"]))
def test_a_picture_goes_to_the_tier_of_its_predicted_class_but_for_those_that_judge(pool, of_class, asking, judging):
    tiers = Tiers(of_class=of_class, asking={"expert": asking}, judging=judging)
    queue = drawn(pool, tiers)
    for row in queue.to_dicts():
        if row["role"] in ("evaluation", "audit"):
            assert (row["tier"], row["overlap"], row["max_overlap"]) == (judging, 3, None)
            continue
        expected = of_class.get(row["predicted"], "crowd")
        assert row["tier"] == expected
        told = (row["overlap"], row["max_overlap"], row["until"])
        own = (asking.overlap, asking.max_overlap, asking.until)
        assert told == (own if expected == "expert" else (2, None, None))


@pytest.mark.slow
@given(pools(), rules, askings)
def test_a_picture_that_one_tier_alone_may_see_goes_there_in_every_role(pool, of_class, asking):
    few = pl.int_range(pl.len()) % 3 == 0
    pool = pool.with_columns(shown_to=pl.when(few).then(pl.lit("desk")))
    queue = drawn(pool, Tiers(of_class=of_class, asking={"expert": asking}, judging="judges"))
    mine = dict(pool.select("image_id", "shown_to").iter_rows())
    for row in queue.to_dicts():
        assert (row["tier"] == "desk") == (mine[row["image_id"]] == "desk")


@pytest.mark.slow
@given(pools(), rules, askings)
def test_tiers_change_nothing_but_who_is_asked_and_how_many(pool, of_class, asking):
    changed = ["tier", "overlap", "max_overlap", "until"]
    plain, tiered = drawn(pool, Tiers()), drawn(pool, Tiers(of_class=of_class, asking={"expert": asking}))
    assert tiered.drop(changed).equals(plain.drop(changed))
    crowd = tiered.filter(tier="crowd")
    assert crowd.equals(plain.join(crowd.select("image_id"), on="image_id", how="semi", maintain_order="left"))


@pytest.mark.slow
@given(pools())
def test_without_a_class_of_a_tier_the_queue_is_what_it_was(pool):
    plain = drawn(pool, Tiers())
    assert drawn(pool, Tiers(asking={"expert": Asking(1)})).equals(plain)
    assert set(plain["tier"]) == {"crowd"}


@pytest.mark.slow
@given(pools(), rules)
def test_adjudicated_is_what_the_crowd_is_asked(pool, of_class):
    queue = drawn(pool, Tiers(of_class=of_class, adjudicator="expert", adjudicate_below=0.8))
    for row in queue.to_dicts():
        by = ("expert", 0.8) if row["tier"] == "crowd" else (None, None)
        assert (row["adjudicator"], row["adjudicate_below"]) == by


@pytest.mark.parametrize("most", [None, 4])
def test_the_rounds_own_overlap_stays_for_a_tier_that_says_nothing(most):
    pool = pl.DataFrame({"image_id": [f"p{k}" for k in range(30)], "group": range(30)}).with_columns(
        predicted=pl.lit("coat"), confidence=pl.lit(0.5), model_id=pl.lit("m"), shown_to=pl.lit(None, pl.String)
    )
    queue = drawn(pool, Tiers(of_class={"coat": "expert"}), max_overlap=most, until=None if most is None else 0.9)
    asked = queue.filter(pl.col("role") == "train").select("tier", "overlap", "max_overlap").unique().rows()
    assert asked == [("expert", 2, most)]
