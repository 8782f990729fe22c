"""Selection and Ω together: which pair of strategy and Ω reaches what accuracy, labelling a pool in batches of 20.

python -m benchmarks.semisupervised_rounds run --datasets mnist fashion --seeds 3 --upto 200    # resumes
python -m benchmarks.semisupervised_rounds report --datasets mnist fashion --seeds 3 --upto 200

As the pipeline does it: after each batch the head is learnt from the labels and from what is left of the pool, and
the next batch is chosen by its predictions. Features lie where `benchmarks.semisupervised` keeps them.
"""

import argparse
import json
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import DATASETS, FOLDER, folder, task
from benchmarks.label_efficiency.measures import balanced_accuracy, cells_won, interval, labels_ratio
from benchmarks.results import keep
from silverprint.core.features import block_weights
from silverprint.core.selection import STRATEGIES, select
from silverprint.core.semisupervised import fit

BATCH = 20
PAIRS = tuple(product(("random", "auto"), ("none", "auto")))  # strategy, Ω


def play(dataset: str, strategy: str, omega: str, seed: int, upto: int) -> None:
    """Labels batch by batch and keeps the accuracy on the test set after each, unless it is kept."""
    path = kept(dataset, strategy, omega, seed)
    if path.exists() and len(json.loads(path.read_text())) >= upto // BATCH:
        return
    given = task(dataset, seed)
    labeled = np.empty(0, dtype=np.int64)
    weights = block_weights.choose_weights(given.pool[labeled], given.truth[labeled], given.blocks)
    probabilities, accuracy = None, []
    for _ in range(upto // BATCH):
        name = strategy if probabilities is not None or not STRATEGIES[strategy].needs_model else "random"
        more = select(
            name,
            embeddings=given.pool * block_weights.column_scales(weights, given.blocks),
            probabilities=probabilities,
            labeled=labeled,
            budget=BATCH,
            seed=seed,
            labels=given.truth[labeled],
        )
        labeled = np.concatenate([labeled, more])
        weights = block_weights.choose_weights(given.pool[labeled], given.truth[labeled], given.blocks)
        scales = block_weights.column_scales(weights, given.blocks)
        rows = given.pool * scales
        free = np.setdiff1d(np.arange(len(rows)), labeled)
        head = fit(rows[labeled], given.truth[labeled], rows[free], classes=given.classes, omega=omega, seed=seed)
        probabilities = head.probabilities(rows)
        tested = head.probabilities(given.test * scales).argmax(axis=1)
        accuracy.append(balanced_accuracy(tested, given.test_truth))
    keep(path, accuracy)


def kept(dataset: str, strategy: str, omega: str, seed: int) -> Path:
    return folder() / "semisupervised-rounds" / dataset / f"{strategy}-{omega}-s{seed:02d}.json"


def table(dataset: str, seeds: range, upto: int) -> Iterator[str]:
    """Mean accuracy of each pair, then what `auto` selection gains with each Ω, and Ω with `auto` selection."""
    whole = [seed for seed in seeds if all(kept(dataset, *pair, seed).exists() for pair in PAIRS)]
    if not whole:
        return
    runs = {
        pair: 100 * np.array([json.loads(kept(dataset, *pair, seed).read_text())[: upto // BATCH] for seed in whole])
        for pair in PAIRS
    }
    yield f"**{dataset}**, {len(whole)} seeds: selection / Ω; balanced accuracy on the test set"
    yield ""
    gains = {
        "selection gains with none": (("auto", "none"), ("random", "none")),
        "selection gains with auto": (("auto", "auto"), ("random", "auto")),
        "Ω gains with auto selection": (("auto", "auto"), ("auto", "none")),
    }
    yield "| " + " | ".join(["labels", *(" / ".join(pair) for pair in PAIRS), *gains]) + " |"
    yield "|---" * (1 + len(PAIRS) + len(gains)) + "|"
    for place in [*range(upto // BATCH), slice(None)]:
        label = "mean" if isinstance(place, slice) else str(BATCH * (place + 1))
        at = {pair: run[:, place].reshape(len(whole), -1).mean(axis=1) for pair, run in runs.items()}
        cells = [label, *(f"{at[pair].mean():.1f}" for pair in PAIRS)]
        for one, other in gains.values():
            middle, low, high = interval(at[one] - at[other])
            cells.append(f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]")
        yield "| " + " | ".join(cells) + " |"
    yield from _fewer(runs, upto)


def _fewer(runs: dict[tuple[str, str], NDArray[np.float64]], upto: int) -> Iterator[str]:
    """How many times fewer labels `auto` with `auto` needs, their geometric mean, and the cells that it wins."""
    budgets = np.arange(BATCH, upto + 1, BATCH)
    targets = [labels for labels in (100, 200, 400) if labels <= upto]
    yield ""
    for base in PAIRS[:-1]:
        ratios = [labels_ratio(runs["auto", "auto"], runs[base], budgets, at) for at in targets]
        each = ", ".join(f"{ratio:.1f} × at {at}" for ratio, at in zip(ratios, targets, strict=True))
        mean, won = np.exp(np.mean(np.log(ratios))), cells_won(runs["auto", "auto"], runs[base])
        other = " / ".join(base)
        yield f"- auto / auto for the accuracy of {other}: {mean:.1f} × fewer labels ({each}); {won:.1%} of cells won"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.semisupervised_rounds", description=__doc__)
    parser.add_argument("verb", choices=("run", "report"))
    parser.add_argument("--runs", default=str(folder()), help="folder of features and finished runs")
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=30)
    parser.add_argument("--upto", type=int, default=400, help="labels")
    asked = parser.parse_args()
    os.environ[FOLDER] = asked.runs
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    for dataset in asked.datasets if asked.verb == "report" else ():
        print("\n".join(table(dataset, seeds, asked.upto)), end="\n\n")
    for seed, dataset, pair in product(seeds, asked.datasets, PAIRS) if asked.verb == "run" else ():
        play(dataset, *pair, seed, asked.upto)
        print(f"{dataset} {pair} seed {seed}", flush=True)


if __name__ == "__main__":
    main()
