"""kill -9 while a drop is read, at any moment, again and again: no picture is lost, none is stored twice."""

import contextlib
import hashlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

from silverprint.store import ShardReader
from silverprint.store.shards.names import part_of
from tests.helpers.web_pictures import encoded

PICTURES = 7_000  # more than three parts
RAW = Path("data/raw/partner")


@pytest.fixture
def drop(project: Path, tmp_path: Path) -> set[str]:
    """A zip of pictures, which is the source `partner`; their image_ids."""
    body = encoded(1)
    with ZipFile(tmp_path / "drop.zip", "w") as archive:
        for number in range(PICTURES):
            archive.writestr(f"{number:05d}.jpg", body + b"%05d" % number)
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("path: var/demo/partner.zip", f"path: {tmp_path}/drop.zip"))
    return {hashlib.sha256(body + b"%05d" % number).hexdigest() for number in range(PICTURES)}


def acquire() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "silverprint", "acquire", "partner"], stderr=subprocess.DEVNULL)


def listed() -> list[tuple[str, int]]:
    found = []
    for path in RAW.iterdir() if RAW.is_dir() else ():
        try:
            found.append((path.name, path.stat().st_size))
        except FileNotFoundError:
            continue
    return sorted(found)


def at_work(process: "subprocess.Popen[bytes]") -> bool:
    """Waits until it writes; False if it ended first."""
    before = listed()
    while process.poll() is None:
        if listed() != before:
            return True
        time.sleep(0.002)
    return False


def survive(drop: set[str], kills: int, seed: int) -> None:
    chance, killed = random.Random(seed), 0
    while killed < kills:
        process = acquire()
        if not at_work(process):
            # It had come to its end: some of it is lost, so that there is work.
            for path in part_of(max(RAW.glob("index-*"))):
                path.unlink()
            continue
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.4))
        process.kill()
        killed += process.wait() == -signal.SIGKILL
    assert acquire().wait() == 0
    index = ShardReader(RAW).index()
    stored = index.filter(outcome="stored")["image_id"]
    assert stored.is_unique().all()
    assert set(stored) == drop
    assert {hashlib.sha256(data).hexdigest() for _, data in ShardReader(RAW).scan()} == set(
        index.filter(outcome="stored")["stored_sha256"]
    )
    done = subprocess.run([sys.executable, "-m", "silverprint", "doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_three_kills_lose_nothing(drop: set[str]) -> None:
    survive(drop, 3, seed=1)


@pytest.mark.soak
def test_twenty_kills_lose_nothing(drop: set[str]) -> None:
    survive(drop, 20, seed=2)
