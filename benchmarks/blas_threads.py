"""Time of learning a round's model with one thread of linear algebra and with as many as there are cores.

    python -m benchmarks.blas_threads [--rounds 3]

Gaussian classes, some of whose rows are labelled; `silverprint.core.semisupervised.fit` with the entropy of the pool,
as `fit` is without its own limit. Pairs in turn (one, all, all, one, ...); the median of each, in seconds, and the
median ratio. Other programs that run at the same time make the ratio larger.
"""

import argparse
import os
import statistics
import time
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from silverprint.core.semisupervised import fit

SIZES: Final = (  # pool, features, classes, labels
    (1_000, 64, 10, 100),
    (5_000, 128, 10, 600),
    (20_000, 256, 10, 600),
    (20_000, 256, 100, 1_000),
    (100_000, 512, 100, 1_000),
)


def seconds(size: tuple[int, int, int, int], threads: int) -> float:
    pool, width, classes, labelled = size
    rng = np.random.default_rng(0)
    means = rng.normal(size=(classes, width))
    labels, hidden = rng.integers(0, classes, labelled), rng.integers(0, classes, pool)
    rows, rest = ((means[ids] + rng.normal(size=(len(ids), width))).astype(np.float32) for ids in (labels, hidden))
    bare = fit.__wrapped__  # type: ignore[attr-defined]  # the function without its own limit
    with threadpool_limits(limits=threads, user_api="blas"):
        started = time.perf_counter()
        bare(rows, labels, rest, classes=classes, omega="entropy", seed=0)
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    cores = os.cpu_count() or 1
    print(f"{'pool':>8} {'features':>8} {'classes':>7} {'labels':>6} {'one':>7} {cores:>4} all {'all / one':>9}")
    for size in SIZES:
        one, every = [], []
        for number in range(rounds):
            for threads in ((1, cores), (cores, 1))[number % 2]:
                (one if threads == 1 else every).append(seconds(size, threads))
        ratio = statistics.median(b / a for a, b in zip(one, every, strict=True))
        pool, width, classes, labelled = size
        print(
            f"{pool:8,} {width:8} {classes:7} {labelled:6,} {statistics.median(one):7.2f} "
            f"{statistics.median(every):8.2f} {ratio:9.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
