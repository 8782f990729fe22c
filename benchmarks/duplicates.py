"""The near-duplicate join: seconds and memory for a million hashes and for ten, against faiss's flat binary index.

    NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/duplicates.py [--rounds 5] [--faiss PYTHON] [--large]

PYTHON is the interpreter of an environment that has `faiss-cpu`; its range search is timed for 200 of the million
hashes in the same run, and extrapolated to all of them. Hashes are random, with copies planted near a hundredth of
them. `--large` adds ten million. Each size runs in a process of its own, so that its memory is its own; seconds are
those of the processor, medians over rounds; memory is the most that the process held, less what it held with the hashes
alone. What is found is checked against the copies planted, and every pair against its distance.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silverprint.core.duplicates import near_duplicate_groups, near_duplicate_pairs
from silverprint.core.hashing import hamming

SETS = {"64 bits": (1_000_000, 1, 6), "256 bits": (1_000_000, 4, 24), "64 bits, ten million": (10_000_000, 1, 6)}

FAISS = """
import sys, time, faiss, numpy as np
faiss.omp_set_num_threads(1)
hashes = np.load(sys.argv[1]).view(np.uint8).reshape(-1, int(sys.argv[2]) // 8)
index = faiss.IndexBinaryFlat(hashes.shape[1] * 8)
index.add(hashes)
start = time.process_time()
index.range_search(hashes[:200], int(sys.argv[3]) + 1)
print((time.process_time() - start) * len(hashes) / 200)
"""


def hashes(rows: int, width: int, radius: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """(rows, width) words, and the pairs planted within the radius."""
    chance = np.random.default_rng(7)
    words = chance.integers(0, 2**64, (rows, width), dtype=np.uint64)
    copies = rows // 100
    bits = np.argsort(chance.random((copies, 64 * width), dtype=np.float32), axis=1)[:, :radius]
    kept = chance.random((copies, radius)) < 0.7  # fewer than `radius` for most
    words[rows - copies :] = words[:copies]
    for column in range(radius):
        word, bit = np.divmod(bits[:, column], 64)
        flipped = kept[:, column].astype(np.uint64) << bit.astype(np.uint64)
        words[rows - copies + np.arange(copies), word] ^= flipped
    return words, np.stack([np.arange(copies), rows - copies + np.arange(copies)], axis=1)


def memory(what: str) -> float:
    """This process's VmHWM (the most it held) or VmRSS (what it holds), MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1000


def measure(name: str, rounds: int) -> dict[str, float]:
    rows, width, radius = SETS[name]
    small, _ = hashes(20_000, width, radius)
    near_duplicate_pairs(small, radius), near_duplicate_groups(small, radius)  # compiles
    words, planted = hashes(rows, width, radius)
    held = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far was made by the planting
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        pairs = near_duplicate_pairs(words, radius)
        spent.append(time.process_time() - start)
    peak = memory("VmHWM") - held
    start = time.process_time()
    groups = near_duplicate_groups(words, radius)
    grouping = time.process_time() - start
    assert {tuple(pair) for pair in planted.tolist()} <= {tuple(pair) for pair in pairs.tolist()}
    assert (hamming(words[pairs[:, 0]], words[pairs[:, 1]]) <= radius).all()
    assert (groups[pairs[:, 0]] == groups[pairs[:, 1]]).all()
    figures = {"seconds": statistics.median(spent), "megabytes": peak, "pairs": len(pairs)}
    return {**figures, "seconds_of_groups": grouping}


def faiss(python: str, name: str) -> float:
    rows, width, radius = SETS[name]
    path = Path(f"/tmp/hashes-{rows}-{width}.npy")  # noqa: S108
    np.save(path, hashes(rows, width, radius)[0])
    try:
        command = [python, "-c", FAISS, str(path), str(64 * width), str(radius)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    finally:
        path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--faiss", metavar="PYTHON")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.rounds)))
        return
    found: dict[str, dict[str, float]] = {}
    for name in SETS if options.large else list(SETS)[:2]:
        rounds = options.rounds if SETS[name][0] < 10_000_000 else 1
        command = [sys.executable, __file__, "--only", name, "--rounds", str(rounds)]
        found[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if options.faiss and SETS[name][0] < 10_000_000:
            found[name]["seconds_of_faiss"] = faiss(options.faiss, name)
            found[name]["times_faiss"] = found[name]["seconds_of_faiss"] / found[name]["seconds"]
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
