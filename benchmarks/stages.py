"""What stages that work on tables and features cost, at a thousand pictures or a million: seconds, memory, as JSON.

    python -m benchmarks.stages [--pictures 1000000] [--until STAGE] [--folder FOLDER]

Runs `silverprint STAGE` as `dvc repro` does, in a project of its own below FOLDER (removed afterwards; 8 GB for a
million pictures), on tables that benchmarks/made_up.py writes. Two people's answers to the first round are made up,
too: one in ten is wrong. The first `clean` is of a twentieth less, which `clean, appended` adds; `clean, again` is with
another threshold. Both have what was left in var/. Seconds are the whole process's, its start included; memory is the
most that was resident, pages of mapped files among it; anonymous memory, without them, is sampled every 100 ms,
workers' included.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

HERE = Path(__file__).parents[1]
STAGES = ["start", "clean", "clean, appended", "clean, again"]
STAGES += ["score r01", "queue r01", "labels r01", "gate r01", "train r01", "score r02", "queue r02"]


def make_up(root: Path, call: str) -> None:
    """Runs a function of benchmarks/made_up.py, elsewhere: what is resident here would count for the stages."""
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", f"from benchmarks import made_up; made_up.{call}"]
    subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": path}, check=True)


def measured(root: Path, stage: str) -> dict[str, float]:
    """One run of `silverprint STAGE`."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "silverprint", *stage.partition(",")[0].split()]
    process = subprocess.Popen(command, cwd=root, stdout=sys.stderr)
    anonymous = 0
    while not (waited := os.wait4(process.pid, os.WNOHANG))[0]:
        anonymous = max(anonymous, anonymous_kb(process.pid))
        time.sleep(0.1)
    _, status, usage = waited
    if status:
        raise SystemExit(f"{stage} ended with {os.waitstatus_to_exitcode(status)}")
    seconds = time.perf_counter() - start
    processor = usage.ru_utime + usage.ru_stime
    return {
        "seconds": round(seconds, 2),
        "processor": round(processor, 2),
        "peak_gb": round(usage.ru_maxrss * 1024 / 1e9, 3),
        "anonymous_gb": round(anonymous * 1024 / 1e9, 3),
    }


def anonymous_kb(process: int) -> int:
    """Resident memory of the process and of those that it started, without the pages of files; 0 where it has ended."""
    try:
        family = [process, *(child.pid for child in psutil.Process(process).children(recursive=True))]
        texts = [Path(f"/proc/{one}/status").read_text() for one in family]
    except (OSError, psutil.Error):  # one of them has just ended
        return 0
    return sum(int(kb) for text in texts for kb in re.findall(r"^RssAnon:\s+(\d+) kB", text, re.MULTILINE))


def costs(root: Path, pictures: int, stages: list[str]) -> dict[str, dict[str, float]]:
    make_up(root, "project()")
    earlier = f"{pictures} * 20 // 21 // made_up.COPIES * made_up.COPIES"
    make_up(root, f"write({earlier})")
    found = {}
    for stage in stages:
        if stage == "clean, appended":
            make_up(root, f"write({pictures}, after={earlier})")
        if stage == "clean, again":
            params = root / "params.yaml"
            params.write_text(params.read_text().replace("max_aspect: 3.0", "max_aspect: 2.5"))
        if stage == "labels r01":
            make_up(root, f"answer('r01', {pictures})")
        found[stage] = measured(root, stage)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--until", choices=STAGES, default=STAGES[-1])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    stages = STAGES[: STAGES.index(given.until) + 1]
    with tempfile.TemporaryDirectory(prefix="silverprint-stages-", dir=given.folder) as root:
        print(json.dumps({"pictures": given.pictures, "stages": costs(Path(root), given.pictures, stages)}, indent=2))


if __name__ == "__main__":
    main()
