"""What stages that read tables cost by each executor, and whether they write the same: a table of seconds and memory.

    python -m benchmarks.table_jobs [--pictures 100000] [--executors serial processes] [--cores 1 2] [--until STAGE]

Runs `silverprint STAGE` on tables that benchmarks/made_up.py writes in a project of its own below --folder (removed
afterwards), once for each executor and number of cores, and removes what it wrote before each run, with what it kept in
var/. With one core `processes` does all jobs itself. `seconds` are of the clock; `processor` counts every process that
was started, as far as it was seen (sampled every 100 ms), so neighbours on the machine do not; memory is anonymous,
of the stage's own process and of the largest other one. `digest` is of all that the stage wrote: a run whose digest is
another one ends the benchmark.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.stages import make_up, measured
from silverprint import layout

STAGES = ["clean", "score r01", "queue r01", "score r02", "queue r02"]
FIRST = {"clean": ["start"], "score r02": ["labels r01", "gate r01", "train r01"]}
OF_PIXELS = "miniatures"  # what is kept of pictures, which are not there


def written(root: Path, stage: str) -> Path:
    """The folder or file that a stage writes."""
    name, _, of = stage.partition(" ")
    return root / {"clean": lambda _: layout.CLEAN, "score": layout.score, "queue": layout.queue}[name](of)


def digest(path: Path) -> str:
    """Of a file, or of all files in a folder."""
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()[:12]


def forget(root: Path, stage: str) -> None:
    path = written(root, stage)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for kept in (root / layout.VAR).glob("*.kept"):
        if not kept.name.startswith(OF_PIXELS):
            kept.unlink()


def run(root: Path, stage: str, executor: str, cores: int) -> dict[str, float | str]:
    params = root / layout.PARAMS
    params.write_text(re.sub(r"(?m)^executor: \w+", f"executor: {executor}", params.read_text()))
    forget(root, stage)
    own = sorted(os.sched_getaffinity(0))[:cores]
    command = [sys.executable, "-m", "silverprint", *stage.split()]
    start = time.perf_counter()
    process = psutil.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, own)
    )
    spent: dict[int, float] = {}
    most, most_of_others = 0, 0
    while process.poll() is None:
        for one in family(process):
            try:
                times, used = one.cpu_times(), anonymous(one)
            except (psutil.Error, OSError):  # it has just ended
                continue
            spent[one.pid] = times.user + times.system
            if one.pid == process.pid:
                most = max(most, used)
            else:
                most_of_others = max(most_of_others, used)
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{stage} ended with {process.returncode}")
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "processor": round(sum(spent.values()), 1),
        "own_gb": round(most / 1e9, 2),
        "worker_gb": round(most_of_others / 1e9, 2),
        "digest": digest(written(root, stage)),
    }


def family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def anonymous(process: psutil.Process) -> int:
    text = Path(f"/proc/{process.pid}/status").read_text()
    return sum(int(kb) * 1024 for kb in re.findall(r"^RssAnon:\s+(\d+) kB", text, re.MULTILINE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--executors", nargs="+", default=["serial", "processes"])
    parser.add_argument("--cores", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--until", choices=STAGES, default=STAGES[-1])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="silverprint-jobs-", dir=given.folder) as folder:
        root = Path(folder)
        make_up(root, "project()")
        make_up(root, f"write({given.pictures})")
        print(f"{'stage':10} {'executor':10} cores seconds processor own_gb worker_gb digest")
        for stage in STAGES[: STAGES.index(given.until) + 1]:
            if stage == "score r02":
                make_up(root, f"answer('r01', {given.pictures})")
            for before in FIRST.get(stage, []):
                measured(root, before)
            digests = set()
            for executor in given.executors:
                for cores in given.cores:
                    found = run(root, stage, executor, cores)
                    figures = [f"{found[name]:>9}" for name in ("seconds", "processor", "own_gb", "worker_gb")]
                    print(f"{stage:10} {executor:10} {cores:5}", *figures, found["digest"], flush=True)
                    digests.add(found["digest"])
            if len(digests) > 1:
                raise SystemExit(f"{stage}: the executors wrote different bytes")


if __name__ == "__main__":
    main()
