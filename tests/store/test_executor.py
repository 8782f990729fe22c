"""One contract for every executor: order, errors, no more work after the first, the same bytes on the disk."""

import os
import signal
import time
from pathlib import Path

import pytest

from silverprint import config, layout
from silverprint.core.duplicates import TooManyPairs
from silverprint.errors import ConfigError, DataError, SilverprintError, UnavailableError
from silverprint.records import MEASURED, THUMBNAILS
from silverprint.stages import measure
from silverprint.store import ShardReader, executor, tables
from tests.helpers.album import Found, acquire, jpeg, tile

pytestmark = pytest.mark.slow  # each new process imports what it works with

MANY = ["processes", "ray"]


@pytest.fixture(params=sorted(executor.EXECUTORS))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every executor; Ray's is a cluster of several nodes."""
    chosen: str = request.param
    if chosen == "ray":
        monkeypatch.setenv("RAY_ADDRESS", request.getfixturevalue("cluster").address)
    return chosen


def square(number: int) -> int:
    return number * number


def pid(_: int) -> int:
    return os.getpid()


def refuse_three(number: int) -> int:
    if number == 3:
        raise DataError("3", "not this one", "take another")
    return number


def record(job: tuple[Path, int]) -> None:
    folder, number = job
    (folder / str(number)).touch()
    time.sleep(0.05)
    if number == 0:
        raise DataError("0", "not this one", "take another")


def die(number: int) -> None:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("jobs", "kind"), [(0, executor.CORE), (1, executor.CORE), (7, executor.CORE), (70, executor.GPU)]
)
def test_results_come_in_the_order_of_the_jobs(name: str, jobs: int, kind: executor.Kind) -> None:
    found = executor.run(name, square, iter(range(jobs)), kind=kind)
    assert list(found) == [number * number for number in range(jobs)]


def test_jobs_are_made_while_others_run(name: str) -> None:
    made: list[int] = []
    found = executor.run(name, square, (made.append(number) or number for number in range(100)))  # type: ignore[func-returns-value]
    assert next(found) == 0
    assert len(made) < 20


def test_one_context_serves_several_calls_and_jobs_are_made_when_their_turn_comes(name: str) -> None:
    taken = []
    jobs = (taken.append(number) or number for number in range(100))  # type: ignore[func-returns-value]
    with executor.opened(name) as work:
        found = work(square, jobs)
        assert next(found) == 0
        assert len(taken) < 60
        assert list(found) == [number * number for number in range(1, 100)]
        assert list(work(square, [3])) == [9]
        assert list(work(square, iter(()))) == []


def test_an_error_arrives_as_it_was_raised(name: str) -> None:
    results = executor.run(name, refuse_three, range(6))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match=r"^3: not this one; take another$"):
        next(results)


def test_after_an_error_nothing_more_is_begun(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        list(executor.run(name, record, [(tmp_path, number) for number in range(100)]))
    assert len(list(tmp_path.iterdir())) < 60


@pytest.mark.usefixtures("project")
def test_the_same_pictures_give_the_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in range(3):
        acquire("web", [Found(jpeg(tile(number + 9 * part)), f"u{number}") for number in range(3)])
    layout.PARAMS.write_text(layout.PARAMS.read_text().replace("executor: serial", f"executor: {name}"))
    params = config.load()
    assert params.executor == name
    monkeypatch.setattr(measure, "SPAN", 2)
    out = layout.measured("web")
    out.mkdir(parents=True)
    (out / ".part-00001.parquet.99.part").write_bytes(b"what a run that was killed left")
    measure.run(params, "web")
    assert sorted(path.name for path in out.iterdir()) == [
        *(f"part-{number:05d}.parquet" for number in range(3)),
        "version.txt",
    ]
    for index in sorted(layout.raw("web").glob("index-*")):
        tables.write(measure.measure(ShardReader.of_part(index).scan()), Path("alone"), MEASURED | THUMBNAILS)
        assert (out / index.name.replace("index", "part")).read_bytes() == Path("alone").read_bytes()


@pytest.mark.parametrize("name", MANY, indirect=True)
def test_work_is_done_by_other_processes(name: str) -> None:
    if name == "ray" or len(os.sched_getaffinity(0)) > 1:
        assert os.getpid() not in set(executor.run(name, pid, range(4)))


def test_one_job_needs_no_other_process() -> None:
    assert list(executor.run("processes", pid, range(1))) == [os.getpid()]


@pytest.mark.parametrize("name", MANY, indirect=True)
def test_a_worker_that_dies_is_an_error_with_a_remedy(name: str) -> None:
    if name == "processes" and len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core: nothing is handed to other processes")
    with pytest.raises(UnavailableError, match=r"a worker.* died.*executor: serial"):
        list(executor.run(name, die, range(4)))


@pytest.mark.parametrize("error", [ConfigError("a", "b", "c"), TooManyPairs(7)])
def test_every_error_survives_the_way_between_processes(error: SilverprintError) -> None:
    kind, parts = error.__reduce__()
    again = kind(*parts)
    assert (type(again), str(again), again.remedy) == (type(error), str(error), error.remedy)
