"""Many machines: a node is lost in mid-run, the cluster is not there, the run is interrupted."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import psutil
import pytest

from silverprint import layout
from silverprint.errors import ConfigError, UnavailableError
from silverprint.stages.measure import measure_span
from silverprint.store import ShardReader, Span, executor
from tests.helpers import needs
from tests.helpers.album import Found, acquire, jpeg, tile
from tests.helpers.other_machine import eventually

pytestmark = pytest.mark.slow

SHARDS = 6


def measure_when_told(job: tuple[Span, str, Path]) -> pl.DataFrame:
    """Measures a span once `told`/go is there, and says before that on which node it was begun."""
    span, name, told = job
    (told / f"{name}-{os.getppid()}").touch()  # a worker's parent is its node
    eventually((told / "go").exists)
    return measure_span(span)


@pytest.mark.usefixtures("project")
def test_a_node_that_is_lost_costs_no_byte(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    for part in range(SHARDS):
        acquire("web", [Found(jpeg(tile(number + 9 * part)), f"u{number}") for number in range(3)])
    told = tmp_path / "told"
    told.mkdir()
    indexes = sorted(layout.raw("web").glob("index-*"))  # relative: it is the driver's folder that they mean
    spans = [ShardReader.of_part(index).stored for index in indexes]
    jobs = [(span, index.stem, told) for span, index in zip(spans, indexes, strict=True)]
    lost = cluster.add_node(num_cpus=1)

    def lose() -> None:
        eventually(lambda: len(list(told.iterdir())) == 3)  # a shard at work on each node
        node = psutil.Process(lost.all_processes["raylet"][0].process.pid)
        machine = node.children(recursive=True)
        cluster.remove_node(lost, allow_graceful=False)
        for process in machine:  # a machine that is lost takes its workers along at once
            with suppress(psutil.NoSuchProcess):
                process.kill()
        (told / "go").touch()

    loser = Thread(target=lose)
    loser.start()
    found = list(executor.run("ray", measure_when_told, jobs))
    loser.join()
    begun = sorted(path.name for path in told.glob("index-*"))
    assert len(begun) == SHARDS + 1, begun
    assert all(frame.equals(measure_span(span)) for frame, span in zip(found, spans, strict=True))


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "elsewhere", "http://127.0.0.1:8265"])
def test_a_cluster_that_is_misnamed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ConfigError, match="HOST:PORT"):
        list(executor.run("ray", measure_span, [1]))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:6379"])
def test_a_cluster_that_is_not_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(UnavailableError, match="ray status"):
        list(executor.run("ray", measure_span, [1]))


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with pytest.raises(UnavailableError, match="make ray-env"):
        list(executor.run("ray", measure_span, [1]))


def busy(mark: Path) -> None:
    mark.with_name(f"{os.getpid()}.mark").touch()
    time.sleep(600)


ALONE = """
import signal
import sys
from pathlib import Path
from silverprint.store import executor
from tests.store.test_cluster import busy
if __name__ == "__main__":
    # As at a terminal: what is begun in the background of a shell ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    list(executor.run(sys.argv[1], busy, [Path(sys.argv[2]) / "x"] * 4))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_end_in_mid_run_leaves_no_process_behind(how: signal.Signals, tmp_path: Path) -> None:
    needs.module("ray", "run: make ray-env")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    with subprocess.Popen(
        [sys.executable, "-c", ALONE, "ray", str(tmp_path)],
        env=environment, start_new_session=True, stderr=subprocess.PIPE,
    ) as run:  # fmt: skip
        try:
            eventually(lambda: len(list(tmp_path.glob("*.mark"))) >= min(2, len(os.sched_getaffinity(0))))
            children = psutil.Process(run.pid).children(recursive=True)
            heard = [found.laddr.ip for child in [*children] for found in child.net_connections("inet")
                     if found.status == psutil.CONN_LISTEN]  # fmt: skip
            os.kill(run.pid, how)
            run.wait(60)
        finally:
            run.kill()
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert (len(gone), alive) == (len(children), [])
    assert {address.removeprefix("::ffff:") for address in heard} == {"127.0.0.1"}
