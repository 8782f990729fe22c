"""Contributors who give at once, few of them: what benchmarks/contribute_load.py counts at size."""

from pathlib import Path

import pytest

from benchmarks import contribute_load


@pytest.mark.slow
def test_of_what_was_acknowledged_nothing_is_lost_and_nothing_is_there_twice(project: Path) -> None:
    found = contribute_load.measure(people=8, uploads=24, minutes=0.0, side=240)
    assert (found.taken, found.refused, found.lost, found.twice) == (24, {}, 0, 0)
    assert found.answer_p50_s <= found.answer_p95_s <= found.answer_max_s
    assert len(found.memory_mb) == 12
