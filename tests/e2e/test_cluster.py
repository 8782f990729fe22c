"""The whole demo on machines that share nothing but a bucket, one of which is lost in every stage that they work in.

`SILVERPRINT_CLUSTER_PICTURES=5000 pytest -m soak tests/e2e/test_cluster.py` plays it in the demo's own size.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.answered_demo import play
from tests.e2e.harness import BIN, ROOT, Campaign, checkout, ran
from tests.helpers import needs
from tests.helpers.ray_cluster import cluster, lose
from tests.helpers.s3 import emptied, started

__all__ = ["cluster"]  # a fixture

PICTURES = int(os.environ.get("SILVERPRINT_CLUSTER_PICTURES", "600"))
SOURCES = ("web", "partner", "own", "list", "crowd")
# `score-r01` has no model yet; what else there is works on tables of one machine.
STAGES = {"embed", "persons", "clean", "score-r02", "score-r03", *(f"queue-r0{number}" for number in (1, 2, 3))}
STAGES |= {f"measure-{source}" for source in SOURCES}


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with started(tmp_path) as server:
        emptied(server, tmp_path, monkeypatch)
        yield


@dataclass
class Machines:
    """Three machines of a cluster; the folder `told` has one for each stage, in which those that work say so."""

    cluster: Any
    told: Path

    def lose_until(self, ended: Callable[[], bool]) -> None:
        """Each stage that has begun on a machine loses it, and another one joins."""
        while not ended():
            for stage in self.told.iterdir():
                if any(stage.iterdir()) and not (stage / "go").exists():
                    lose(self.cluster, [*self.cluster.worker_nodes], stage, 1)
                    self.cluster.add_node(num_cpus=1)
            time.sleep(0.1)

    def worked(self) -> dict[str, int]:
        """The stages that they did, and how many of them began a job of it."""
        return {stage.name: len(list(stage.iterdir())) - 1 for stage in self.told.iterdir() if any(stage.iterdir())}


@pytest.fixture
def machines(cluster: Any, tmp_path: Path) -> Machines:
    cluster.add_node(num_cpus=1)
    told = tmp_path / "told"
    told.mkdir()
    return Machines(cluster, told)


@pytest.mark.soak
@pytest.mark.usefixtures("bucket")
def test_the_demo_on_a_cluster_has_the_digests_of_one_process_though_each_stage_loses_a_machine(
    machines: Machines, tmp_path: Path
) -> None:
    needs.module("facenet_pytorch", "pip install --no-deps facenet-pytorch==2.6.0")
    alone = Campaign(tmp_path / "alone")
    checkout(alone)
    alone.edit("params.yaml", "executor: processes ", "executor: serial ")
    alone.edit("params.yaml", "storage: disk ", "storage: s3://bucket/demo ")
    alone.edit("params.yaml", "detector: none ", "detector: mtcnn ")
    play(alone, PICTURES)
    assert not list(alone.path.glob("data/raw/*/*.tar"))
    many = clone_without_outputs(alone, tmp_path)
    many.edit("params.yaml", "executor: serial ", "executor: ray ")
    program = tmp_path / "bin/silverprint"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m tests.helpers.machines_lost "$@"\n')
    program.chmod(0o755)
    many.environment |= {
        "PATH": f"{program.parent}:{BIN}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        "RAY_ADDRESS": machines.cluster.address, "TOLD": str(machines.told),
    }  # fmt: skip
    output = tmp_path / "repro.log"
    with output.open("wb") as log:
        process = subprocess.Popen(["dvc", "repro"], cwd=many.path, env=many.env(), stdout=log, stderr=log)
        try:
            machines.lose_until(lambda: process.poll() is not None)
        finally:
            process.kill()
            process.wait()
    said = output.read_text()
    assert process.returncode == 0, said
    assert many.lock() == alone.lock()
    assert {*alone.lock()} - ran(said) == {f"acquire@{source}" for source in SOURCES}
    worked = machines.worked()
    assert {*worked} == STAGES
    assert min(worked.values()) >= 2, worked  # the machine that was lost, and one that did its job again


def clone_without_outputs(campaign: Campaign, folder: Path) -> Campaign:
    """A clone that has what was acquired (indexes and pointers), votes and states, and nothing that stages made of it.

    The queues, which Git has, are removed: a stage draws them again, and refuses another one.
    """
    campaign.must("dvc", "remote", "add", "--default", "local", str(folder / "remote"))
    campaign.commit("three rounds")
    kept = [f"data/raw/{source}" for source in SOURCES] + ["data/releases"]
    campaign.must("dvc", "push", "--quiet", *kept)
    clone = campaign.clone(folder / "many", media=False)
    clone.must("dvc", "pull", "--quiet", *kept)
    (clone.path / "dvc.lock").unlink()
    clone.must("dvc", "repro", "--quiet", "check")
    for source in SOURCES:
        clone.must("dvc", "commit", "--force", "--quiet", f"acquire@{source}")
    for queue in clone.path.glob("data/rounds/*/queue.csv"):
        queue.unlink()
    return clone
