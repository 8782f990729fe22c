"""One thread of linear algebra while something is learnt, and as many as before afterwards."""

import os
import subprocess
import sys

import pytest

CODE = """
import numpy as np
from threadpoolctl import threadpool_info
from silverprint.core.blas_threads import one_blas_thread

def threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return sorted({one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"})

@one_blas_thread
def inside(fails):
    if fails:
        raise ValueError
    return threads()

print(threads(), inside(False), threads())
try:
    inside(True)
except ValueError:
    print(threads())
"""


@pytest.mark.slow
def test_one_inside_and_two_again_after_it_even_where_it_fails() -> None:
    """In a process of its own: a worker of the tests has one thread from the start."""
    two = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=os.environ | two, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == ["[2] [1] [2]", "[2]", ""]
