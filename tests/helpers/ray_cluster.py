"""A Ray cluster of several nodes on this machine: a head that works nothing, and two that do."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.helpers.other_machine import eventually

# Before Ray is imported: loopback only, nothing told to its makers, one token for all that belongs to these tests.
_RAY = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "0123456789abcdef" * 2,
}


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Two nodes of one core each, by RAY_ADDRESS; `workers` are they, and `add_node` adds another."""
    before = dict(os.environ)
    os.environ.update(_RAY, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))  # the tests' functions, to the nodes
    try:
        from ray.cluster_utils import Cluster
    except ImportError:
        message = "Ray is missing: make ray-env"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        cluster.workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
        yield cluster
    finally:
        cluster.shutdown()
        for name in [*_RAY, "PYTHONPATH"]:
            os.environ.pop(name)
            os.environ.update({name: before[name]} if name in before else {})


def lose(cluster: Any, nodes: list[Any], told: Path, at_work: int) -> None:
    """Loses one of the nodes that have begun a job, once so many have; the others wait for that."""
    eventually(lambda: len(list(told.iterdir())) >= at_work)
    begun = {path.name for path in told.iterdir()}
    pids = {str(node.all_processes["raylet"][0].process.pid): node for node in nodes}
    lost = pids[min(begun & {*pids})]
    machine = psutil.Process(lost.all_processes["raylet"][0].process.pid).children(recursive=True)
    cluster.remove_node(lost, allow_graceful=False)
    for process in machine:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    (told / "go").touch()
