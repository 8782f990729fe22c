from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.queue import roles, shared_pages
from silverprint.records import QUEUE, ROLES, conform

SIZES = st.integers(2, 48)


def queue_of(rows: list[tuple[str, str | None, float, int]]) -> pl.DataFrame:
    """Rows of role, predicted, confidence, overlap, in rank order."""
    frame = pl.DataFrame(rows, schema=["role", "predicted", "confidence", "overlap"], orient="row")
    told = frame.with_columns(
        image_id=pl.Series([f"{number:064x}" for number in range(len(rows))]),
        rank=pl.int_range(1, pl.len() + 1),
        tier=pl.lit("crowd"),
        show_prediction=pl.lit(False),
        confidence=pl.when(pl.col("predicted").is_not_null()).then("confidence"),
    )
    return conform(told, QUEUE)


queues = st.lists(
    st.tuples(st.sampled_from(ROLES), st.sampled_from(["x", "y", None]), st.floats(0, 1), st.integers(1, 2)),
    min_size=1,
    max_size=120,
).map(queue_of)


@given(queues, SIZES, st.integers(0, 2**32 - 1))
def test_pages_hold_pictures_of_one_class_and_none_that_judges(queue, size, seed):
    found = shared_pages.share(queue, size, seed)
    assert found.drop("page", "show_prediction").equals(queue.drop("page", "show_prediction"))
    assert found["show_prediction"].to_list() == found["page"].is_not_null().to_list()
    pages = found.drop_nulls("page").partition_by("page", as_dict=True)
    firsts = {number: page["rank"].min() for (number,), page in pages.items()}
    assert sorted(firsts) == list(range(1, len(firsts) + 1)) == sorted(firsts, key=firsts.get)
    for page in pages.values():
        assert 2 <= page.height <= size
        assert page.select("tier", "overlap", "predicted").n_unique() == 1
        assert not set(page["role"]) & set(roles.UNPROMPTED)
    assert shared_pages.share(queue, size, seed).equals(found)


@given(st.integers(4, 200), SIZES)
def test_a_class_fills_as_few_pages_as_hold_it_the_likeliest_first(count, size):
    rows = [("train", "x", (number * 37 % 101) / 101, 1) for number in range(count)]
    found = shared_pages.share(queue_of(rows), size, 7)
    on_pages = found.drop_nulls("page")
    sizes = on_pages["page"].value_counts()["count"].to_list()
    assert len(sizes) == -(-on_pages.height // size)
    assert max(sizes) - min(sizes) <= 1
    spans = sorted((page["confidence"].max(), page["confidence"].min()) for page in on_pages.partition_by("page"))
    assert all(below[0] <= above[1] for below, above in pairwise(spans))


def test_few_of_a_class_and_what_nobody_took_for_anything_have_pages_of_their_own():
    few = [("train", "x", 0.5, 1)] * (shared_pages.FEWEST - 1)
    found = shared_pages.share(queue_of([*few, *[("train", None, 0.0, 1)] * 30]), 24, 7)
    assert found["page"].is_null().all()


def test_one_picture_in_twenty_has_a_page_of_its_own_whatever_its_role():
    rows = [(role, "x", 0.5, 1) for role in ("train", "gold") for _ in range(4_000)]
    alone = shared_pages.share(queue_of(rows), 24, 7).filter(pl.col("page").is_null())
    for role in ("train", "gold"):
        assert 130 < alone.filter(role=role).height < 275  # 200 expected; 5 standard deviations


def test_what_is_hidden_by_chance_is_alone_and_nothing_else_is():
    rows = queue_of([("train", "x", 0.5, 1)] * 40).with_columns(show_prediction=pl.col("rank") % 2 == 0)
    found = shared_pages.share(rows, 24, 7, hidden=True)
    assert found["show_prediction"].to_list() == rows["show_prediction"].to_list()
    assert found["page"].is_not_null().to_list() == rows["show_prediction"].to_list()
