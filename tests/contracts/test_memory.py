"""The measure of memory: one program's own, whatever others have had."""

import sys

import pytest

from tests.helpers.memory import peak_megabytes, run_watched

pytestmark = pytest.mark.slow

GREEDY = "import time; data = bytearray(300_000_000); del data; time.sleep(0.5)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GREEDY!r}])"


def test_it_is_the_most_that_one_process_of_the_tree_had() -> None:
    done, most = run_watched([sys.executable, "-c", PARENT], timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert 300 < most < 350


def test_it_is_not_what_others_have_had() -> None:
    _ = bytearray(200_000_000)
    assert peak_megabytes() > 200
    _, most = run_watched([sys.executable, "-c", "import time; time.sleep(0.5)"], timeout=60)
    assert 0 < most < 50
