"""kill -9 in annotate at any moment, a restart of Label Studio in mid-round: no vote is lost, nobody is asked twice."""

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import httpx
import polars as pl
import pytest

from silverprint.adapters import dvc_repro
from tests.e2e.harness import Campaign, await_that

FIRST, *OTHERS = "ada", "bo", "cyn"


def server_votes(finished: Campaign, round_name: str) -> tuple[list[int], Counter[str]]:
    """What Label Studio itself holds for a round: annotation ids, and tasks per image_id."""
    server = finished.studio()
    with httpx.Client(base_url=server["url"], headers={"Authorization": f"Token {server['token']}"}, timeout=60) as api:
        listed = api.get("/api/projects", params={"page_size": 100}).json()["results"]
        projects = [project["id"] for project in listed if f" {round_name} " in project["title"]]
        assert len(projects) == 1, [project["title"] for project in listed]
        tasks = api.get(
            f"/api/projects/{projects[0]}/export", params={"exportType": "JSON", "download_all_tasks": "true"}
        ).json()
    annotations = [annotation["id"] for task in tasks for annotation in task["annotations"]]
    return annotations, Counter(task["data"]["image_id"] for task in tasks)


def kill_in_annotate(campaign: Campaign, round_name: str, after: float, whole_group: bool) -> None:
    """Starts dvc repro and kills it -9, `after` seconds into annotate; with or without its child."""
    holder = campaign.path / f"var/locks/annotate-{round_name}.lock"
    before = holder.read_text() if holder.exists() else ""
    process = campaign.start("dvc", "repro", f"annotate@{round_name}")
    try:
        await_that(
            lambda: process.poll() is not None or (holder.exists() and holder.read_text() not in ("", before)),
            "annotate starts",
        )
        deadline = time.monotonic() + after
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        if whole_group:
            _kill_group(process)
        process.kill()
        process.wait()
    await_that(lambda: not _alive(holder), "the orphaned annotate ends")
    dvc_repro.mend_locks(campaign.path / ".dvc/tmp")  # as `silverprint repro` does: DVC writes there in place


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _alive(holder: Path) -> bool:
    text = holder.read_text().strip() if holder.exists() else ""
    return bool(text) and Path(f"/proc/{text}").exists() and "silverprint" in Path(f"/proc/{text}/cmdline").read_text()


def finish(colleague: Campaign, round_name: str) -> None:
    first = colleague.repro(f"annotate@{round_name}")
    if first.returncode:
        assert "people are needed" in first.stdout + first.stderr, first.stdout + first.stderr
        colleague.must("silverprint", "wait")
        colleague.must("dvc", "repro", f"annotate@{round_name}")


def survive(finished: Campaign, colleague: Campaign, round_name: str, kills: int, seed: int) -> None:
    """A round under fire: people label all the while, dvc is killed `kills` times, Label Studio restarts once.

    Every picture wants two people. The first works alone until the restart, so that the round is open then for certain.
    """
    colleague.must("silverprint", "round", "open", round_name, "--budget", "24")
    colleague.must("dvc", "repro", f"queue@{round_name}")
    rng = random.Random(seed)
    with finished.people(FIRST):
        for number in range(kills // 2):
            kill_in_annotate(colleague, round_name, rng.uniform(0, 5), whole_group=number % 2 == 0)
        port = finished.studio()["url"].rsplit(":", 1)[1]
        finished.must("silverprint", "studio", "down")
        done = colleague.repro(f"annotate@{round_name}")
        finished.must("silverprint", "studio", "up", "--port", port)
        assert "silverprint studio up" in done.stdout + done.stderr
        with finished.people(*OTHERS):
            for number in range(kills // 2, kills):
                kill_in_annotate(colleague, round_name, rng.uniform(0, 5), whole_group=number % 2 == 0)
            finish(colleague, round_name)
    annotations, tasks = server_votes(finished, round_name)
    queue = pl.read_csv(colleague.path / f"data/rounds/{round_name}/queue.csv")
    votes = pl.read_csv(colleague.path / f"data/rounds/{round_name}/votes.csv")
    assert set(votes["annotation_id"]) == set(annotations)
    assert set(tasks) == set(queue["image_id"])
    assert max(tasks.values()) == 1, "a picture was pushed twice"
    people = votes.group_by("image_id").agg(pl.col("annotator").n_unique().alias("people"))
    checked = queue.join(people, on="image_id")
    assert (checked["people"] >= checked["overlap"]).all()
    assert colleague.standing(round_name)["state"] == "closed"
    state = (colleague.path / f"data/rounds/{round_name}/state.json").read_text()
    assert re.search(r'"votes_sha256": "[0-9a-f]{64}"', state)


@pytest.mark.slow
def test_kills_and_a_restart_lose_no_vote(finished: Campaign, pulled: Campaign) -> None:
    survive(finished, pulled, "k01", kills=4, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_many_kills_lose_no_vote(finished: Campaign, pulled: Campaign, seed: int) -> None:
    survive(finished, pulled, f"soak{seed}", kills=25, seed=seed)
