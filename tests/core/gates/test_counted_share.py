from math import comb

import pytest

from silverprint.core.gates.counted_share import CountedShare


def test_nothing_counted_says_nothing():
    assert CountedShare(0, 0).surely is None
    assert str(CountedShare(0, 0)) == "nothing to count"


@pytest.mark.parametrize("n", [1, 2, 10, 60])
@pytest.mark.parametrize("limit", [0.05, 0.1, 0.3])
def test_a_limit_that_is_kept_is_surely_exceeded_in_at_most_one_round_of_forty(n, limit):
    false = sum(
        comb(n, k) * limit**k * (1 - limit) ** (n - k) for k in range(n + 1) if CountedShare(k, n).surely > limit
    )
    assert false <= 0.025


def test_it_says_the_counts():
    assert str(CountedShare(3, 4)) == "3 of 4, surely 0.194 or more"
