import polars as pl
import pytest

from silverprint.core.gates import pace


def votes(**seconds: list[float | None]) -> pl.DataFrame:
    rows = [(who, time) for who, times in seconds.items() for time in times]
    return pl.DataFrame(rows, schema={"annotator": pl.String, "lead_time_s": pl.Float64}, orient="row")


def test_answers_are_counted_that_take_less_than_a_part_of_what_others_need():
    found = pace.quick_answers(votes(a=[4.0] * 20, b=[8.0] * 20, c=[0.5] * 18 + [5.0] * 2), 0.25)
    share, limit = found["c"]
    assert (share.found, share.among, limit) == (18, 20, 1.5)
    assert share.surely > 0.5
    assert found["a"][0].found == found["b"][0].found == 0


def test_a_few_quick_answers_are_not_surely_most_of_them():
    share, _ = pace.quick_answers(votes(a=[4.0] * 20, b=[0.1] * 3), 0.25)["b"]
    assert share.found == 3
    assert share.surely < 0.5


@pytest.mark.parametrize("seconds", [{}, {"a": [1.0]}, {"a": [1.0, None], "b": [None]}])
def test_nobody_is_compared_with_nobody(seconds):
    assert pace.quick_answers(votes(**seconds), 0.25) == {}
