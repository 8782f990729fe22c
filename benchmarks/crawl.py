"""How fast pictures come in, against what else one would use, from a server on loopback in a process of its own.

    python benchmarks/crawl.py [--runs 5] [--pictures 5000] [--large 50000] [--rival ENVIRONMENT] [--before CHECKOUT]

Prints JSON: medians over paired runs (each contestant once per run, in turn) of pictures a second and CPU seconds, the
ratios within each run, peak memory at both sizes, and a check that what is stored is what was served. A contestant's
time begins when the server is first asked for a picture (nobody's start counts) and ends when its last file is closed.
img2dataset wants packages older than ours: `--rival` is an environment of its own, made if absent. `--before` is a
checkout of another commit, whose lists take part, too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
OURS = ("bare", "urls", "web", "images_pipeline")
BEFORE = "urls_before"
STORING = ("urls", "web")  # the contestants that store as the pipeline does
RATIOS = {  # what each should reach
    "urls / bare": 0.8, "urls / img2dataset": 1.5, "web / images_pipeline": 2.0, "urls / urls_before": 1.0
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=5_000)
    parser.add_argument("--large", type=int, default=50_000, help="for the memory; 0 leaves it out")
    parser.add_argument("--rival", type=Path, default=Path(tempfile.gettempdir()) / "img2dataset-env")
    parser.add_argument("--before", type=Path, help="a checkout of another commit")
    parser.add_argument("--only", nargs="+", choices=[*OURS, "img2dataset"], default=[*OURS, "img2dataset"])
    options = parser.parse_args()
    if "img2dataset" in options.only:
        make_environment(options.rival)
    names = options.only + [BEFORE] * bool(options.before)
    with serving() as address:
        runs = [
            {name: contest(name, address, options.pictures, options.rival, options.before) for name in names}
            for _ in range(options.runs)
        ]
        ours = [name for name in (*STORING, BEFORE) if name in names and options.large]
        large = {name: contest(name, address, options.large, options.rival, options.before) for name in ours}
        report(options.pictures, runs, large)


def report(pictures: int, runs: list[dict[str, Any]], large: dict[str, dict[str, Any]]) -> None:
    names = list(runs[0])
    found: dict[str, Any] = {
        "pictures": pictures,
        "runs": len(runs),
        "pictures_per_second": {name: round(median(pictures / run[name]["seconds"] for run in runs)) for name in names},
        "cpu_seconds": {name: round(median(run[name]["cpu_seconds"] for run in runs), 2) for name in names},
        "peak_mb": {name: round(median(run[name]["peak_mb"] for run in runs)) for name in names},
    }
    found["ratios"] = {
        ratio: {"median": round(median(each), 2), "each": [round(one, 2) for one in each], "asked": asked}
        for ratio, asked in RATIOS.items()
        if {*(sides := ratio.split(" / "))} <= set(names)
        for each in [[run[sides[1]]["seconds"] / run[sides[0]]["seconds"] for run in runs]]
    }
    found["stored"] = {name: runs[-1][name]["stored"] for name in names if "stored" in runs[-1][name]}
    if large:
        found["large"] = {
            name: {"pictures": one["pictures"], "peak_mb": round(one["peak_mb"]), "stored": one["stored"]}
            for name, one in large.items()
        }
    print(json.dumps(found, indent=2))


def contest(name: str, address: str, pictures: int, rival: Path, before: Path | None) -> dict[str, Any]:
    """One run of one contestant in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = before if before and name == BEFORE else ROOT
        program = [sys.executable, "-m", f"benchmarks.crawling.{name.removesuffix('_before')}"]
        if name == "img2dataset":
            program = [str(rival / "bin/python"), str(ROOT / "benchmarks/crawling/rival.py")]
        done = subprocess.run(
            [*program, address, str(pictures), folder],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2_000:]}")
        said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1]) | {"pictures": pictures}
        with urlopen(f"{address}/first", timeout=10) as answer:  # noqa: S310 (loopback)
            said["seconds"] = said["ended"] - float(answer.read())
        if name in STORING or name == BEFORE:
            checked = [sys.executable, "-m", "benchmarks.crawling.check", f"{folder}/raw", str(pictures)]
            counts = subprocess.run(checked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            said["stored"] = json.loads(counts)
        return said


@contextmanager
def serving() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.crawling.server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def make_environment(path: Path) -> None:
    if (path / "bin/img2dataset").exists():
        return
    venv.create(path, with_pip=True)
    subprocess.run([path / "bin/pip", "install", "--quiet", "img2dataset"], check=True)


if __name__ == "__main__":
    main()
