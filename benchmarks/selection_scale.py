"""Selection from a million pictures: seconds and anonymous memory of each strategy, as JSON.

    python benchmarks/selection_scale.py [--rows 1000000] [--runs 5] [--type float16] [--strategies uherding badge ...]

Embeddings (rows x 512) and probabilities (rows x 100) are made once under --folder and memory-mapped; 1,000 rows are
labelled, 1,000 are chosen. Every run is a process of its own, strategies take turns; memory is RssAnon, sampled every
20 ms, so pages of the mapped files do not count. Threads are the machine's (set OMP_NUM_THREADS to bound them);
cpu_seconds add up over them, and tell how long it takes where others use the machine, too.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

COLUMNS, CLASSES, LABELED, BUDGET = 512, 100, 1_000, 1_000
STRATEGIES = ["auto", "uherding", "badge", "typiclust", "coreset", "maxherding", "margin", "entropy", "random"]


def make(folder: Path, rows: int, dtype: str) -> None:
    """A long-tailed mixture: 100 classes of five modes each, 32 dimensions within 512; a model that knows half."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "done").exists():
        return
    chance = np.random.default_rng(0)
    modes = chance.normal(size=(CLASSES, 5, COLUMNS)).astype(np.float32)
    spread = chance.normal(size=(CLASSES, 32, COLUMNS)).astype(np.float32) / np.sqrt(32)
    share = 1 / np.arange(1, CLASSES + 1)
    of = chance.choice(CLASSES, size=rows, p=share / share.sum())
    embeddings = np.lib.format.open_memmap(folder / "embeddings.npy", "w+", dtype, (rows, COLUMNS))
    probabilities = np.lib.format.open_memmap(folder / "probabilities.npy", "w+", np.float32, (rows, CLASSES))
    for start in range(0, rows, 10_000):
        part = slice(start, start + 10_000)
        n = len(of[part])
        figures = modes[of[part], chance.integers(0, 5, n)]
        figures += 0.3 * chance.standard_normal((n, COLUMNS), dtype=np.float32)
        for number in np.unique(of[part]):
            own = of[part] == number
            figures[own] += chance.standard_normal((own.sum(), 32), dtype=np.float32) @ spread[number]
        embeddings[part] = figures
        logits = chance.standard_normal((n, CLASSES), dtype=np.float32)
        logits[np.arange(n), of[part]] += chance.gamma(2.0, 2.0, size=n)
        logits = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities[part] = logits / logits.sum(axis=1, keepdims=True)
    (folder / "done").touch()


def run(folder: Path, strategy: str) -> dict[str, float]:
    """One selection in this process."""
    from silverprint.core.selection import select

    embeddings = np.load(folder / "embeddings.npy", mmap_mode="r")
    probabilities = np.load(folder / "probabilities.npy", mmap_mode="r")
    labeled = np.random.default_rng(1).choice(len(embeddings), LABELED, replace=False)
    over, peak = threading.Event(), [0]

    def watch() -> None:
        while not over.wait(0.02):
            peak[0] = max(peak[0], anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start, busy = time.perf_counter(), time.process_time()
    picks = select(strategy, embeddings=embeddings, probabilities=probabilities, labeled=labeled, budget=BUDGET, seed=7)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    over.set()
    watcher.join()
    assert len(set(picks.tolist()) - set(labeled.tolist())) == BUDGET
    return {"seconds": seconds, "cpu_seconds": busy, "peak_anonymous_gb": peak[0] / 1e9}


def anonymous() -> int:
    """Bytes of this process's anonymous memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("RssAnon")).split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "silverprint-selection-scale")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--type", choices=["float16", "float32"], default="float16")
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    folder = given.folder / f"{given.rows}-{given.type}"
    if given.one:
        print(json.dumps(run(folder, given.one)))
        return
    make(folder, given.rows, given.type)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in given.strategies}
    for _ in range(given.runs):
        for name in given.strategies:
            command = [sys.executable, __file__, *sys.argv[1:], "--one", name]
            runs[name].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    report = {
        name: {
            "seconds": round(statistics.median(one["seconds"] for one in of), 2),
            "cpu_seconds": round(statistics.median(one["cpu_seconds"] for one in of), 2),
            "seconds_all": [round(one["seconds"], 2) for one in of],
            "peak_anonymous_gb": round(max(one["peak_anonymous_gb"] for one in of), 2),
        }
        for name, of in runs.items()
    }
    shape = {"rows": given.rows, "columns": COLUMNS, "classes": CLASSES, "labeled": LABELED, "budget": BUDGET}
    print(json.dumps({**shape, "type": given.type, "runs": given.runs, "strategies": report}, indent=2))


if __name__ == "__main__":
    main()
