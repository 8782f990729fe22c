"""One thread of linear algebra while something is learnt, and as many as before afterwards."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from silverprint.core.blas_threads import one_blas_thread


def threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@one_blas_thread
def inside(fails: bool) -> set[int]:
    if fails:
        raise ValueError("it fails")
    return threads()


def test_one_inside_and_two_again_after_it_even_where_it_fails() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        assert threads() == {2}
        assert inside(fails=False) == {1}
        assert threads() == {2}
        with pytest.raises(ValueError, match="it fails"):
            inside(fails=True)
        assert threads() == {2}
