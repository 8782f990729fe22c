"""What it takes to store a picture once its bytes are here, step by step: processor time of one process.

    python -m benchmarks.storing [--runs 5] [--pictures 4000]

Prints JSON: microseconds a picture (the 57-KB JPEGs of benchmarks/crawl.py, every second one stripped), user and system
time together, medians over runs in which the steps take turns. `whole` is Intake.take with everything that it does.
"""

import argparse
import hashlib
import json
import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.crawling.server import Pictures
from silverprint.fetch_result import Answer, Showing
from silverprint.imaging.metadata import strip_pieces
from silverprint.records import RAW, empty
from silverprint.store import ShardWriter
from silverprint.store.intake import Intake


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=4_000)
    options = parser.parse_args()
    site, count = Pictures(), options.pictures
    steps: dict[str, Callable[[], None]] = {
        "made": lambda: each(site, count, lambda data: None),
        "sha256": lambda: each(site, count, lambda data: hashlib.sha256(data).hexdigest()),
        "strip": lambda: each(site, count, strip_pieces),
        "write": lambda: write(site, count),
    }
    runs = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            steps["whole"] = lambda root=Path(folder): store(site, count, root)
            runs.append({name: spent(step) / count * 1e6 for name, step in steps.items()})
    found = {name: round(median(run[name] - run["made"] for run in runs), 1) for name in steps if name != "made"}
    print(json.dumps({"pictures": count, "runs": options.runs, "microseconds_a_picture": found}, indent=2))


def each(site: Pictures, count: int, step: Callable[[bytes], object]) -> None:
    for number in range(count):
        step(site[number])


def write(site: Pictures, count: int) -> None:
    with tempfile.TemporaryFile(buffering=0) as handle:
        each(site, count, lambda data: os.writev(handle.fileno(), [data[:512], data]))


def store(site: Pictures, count: int, root: Path) -> None:
    with ShardWriter(root, max_pictures=2_000) as writer:
        intake = Intake(writer, "benchmark", empty(RAW))
        for number in range(count):
            url = f"http://127.0.0.1:8000/img/{number}.jpg"
            intake.take(Showing(url), Answer("present", data=site[number], status=200, content_type="image/jpeg"))


def spent(step: Callable[[], None]) -> float:
    """Seconds of processor time."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    step()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
