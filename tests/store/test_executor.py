"""One contract for every executor: order, errors, no more work after the first, the same bytes on the disk."""

import os
import signal
from pathlib import Path

import pytest
from tests.clean.album import Found, acquire, jpeg, tile

from silverprint import config, layout
from silverprint.core.duplicates import TooManyPairs
from silverprint.errors import ConfigError, DataError, SilverprintError, UnavailableError
from silverprint.stages import measure
from silverprint.store import executor

pytestmark = pytest.mark.slow  # each new process imports what it works with

EVERY = pytest.mark.parametrize("name", sorted(executor.EXECUTORS))


def square(number: int) -> int:
    return number * number


def pid(_: int) -> int:
    return os.getpid()


def refuse_three(number: int) -> int:
    if number == 3:
        raise DataError("3", "not this one", "take another")
    return number


def die(number: int) -> None:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@EVERY
@pytest.mark.parametrize("jobs", [0, 1, 7])
def test_results_come_in_the_order_of_the_jobs(name: str, jobs: int) -> None:
    assert list(executor.run(name, square, range(jobs))) == [number * number for number in range(jobs)]


@EVERY
def test_an_error_arrives_as_it_was_raised(name: str) -> None:
    results = executor.run(name, refuse_three, range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match=r"^3: not this one; take another$"):
        next(results)


@EVERY
def test_the_same_pictures_give_the_same_bytes(name: str, project: Path) -> None:
    for part in range(3):
        acquire("web", [Found(jpeg(tile(number + 9 * part)), f"u{number}") for number in range(3)])
    layout.PARAMS.write_text(layout.PARAMS.read_text().replace("executor: processes", f"executor: {name}"))
    params = config.load()
    assert params.executor == name
    measure.run(params, "web")
    out = layout.measured("web")
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    again = [measure.measure_part((index, out / "again")) or (out / "again").read_bytes()
             for index in sorted(layout.raw("web").glob("index-*"))]  # fmt: skip
    assert [written[f"part-{number:05d}.parquet"] for number in range(3)] == again
    assert sorted(written) == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet", "version.txt"]


def test_processes_are_other_processes_and_one_job_needs_none() -> None:
    if len(os.sched_getaffinity(0)) > 1:
        assert os.getpid() not in set(executor.run("processes", pid, range(4)))
    assert list(executor.run("processes", pid, range(1))) == [os.getpid()]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: nothing is handed to other processes")
def test_a_worker_that_dies_is_an_error_with_a_remedy() -> None:
    with pytest.raises(UnavailableError, match=r"worker process died.*executor: serial"):
        list(executor.run("processes", die, range(4)))


@pytest.mark.parametrize("error", [ConfigError("a", "b", "c"), TooManyPairs(7)])
def test_every_error_survives_the_way_between_processes(error: SilverprintError) -> None:
    kind, parts = error.__reduce__()
    again = kind(*parts)
    assert (type(again), str(again), again.remedy) == (type(error), str(error), error.remedy)
