"""The champion among rounds' models."""

import polars as pl

from silverprint.core.evaluation.champion import challenges, champion
from silverprint.records import EVALUATION


def model(right, n=60, first=0):
    """Right about the first `right` of n pictures."""
    rows = [
        (f"{first + number:03}", "coat", "coat" if number < right else "bag", 0.9, [0.9, 0.1], None)
        for number in range(n)
    ]
    return pl.DataFrame(rows, schema=EVALUATION, orient="row")


def test_a_gain_that_may_be_chance_changes_nothing_and_small_ones_add_up():
    found = challenges({"r01": model(40), "r02": model(44), "r03": model(48), "r04": model(51)})
    assert [(one.round, one.champion, one.won) for one in found] == [
        ("r02", "r01", False),
        ("r03", "r01", True),
        ("r04", "r03", False),
    ]
    assert champion("r01", found) == "r03"


def test_a_significant_loss_is_no_gain():
    found = challenges({"r01": model(60), "r02": model(20)})
    assert champion("r01", found) == "r01"
    assert found[0].gain is not None
    assert found[0].gain.accuracy.high < 0


def test_without_a_picture_in_common_nobody_is_challenged():
    found = challenges({"r01": model(1), "r02": model(60, first=100)})
    assert (champion("r01", found), found[0].gain) == ("r01", None)
    assert champion("r01", challenges({"r01": model(3)})) == "r01"
