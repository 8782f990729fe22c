"""What answers "not one of these" gain for automatic labels: coverage of a kept promise, with their score and without.

python -m benchmarks.none_of_these --runs FOLDER      # features as in the trial of label efficiency: what it needs
                                                      # says benchmarks/semisupervised.py
A pool of 3,500 pictures: seven classes, and three others, drawn anew for each seed, that people call none of them: a
tenth. Labels and answers are of random pictures. Both ways have the same pictures, head, answers and audit.
"""

import argparse
import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import FOLDER, load
from benchmarks.promise import most
from silverprint.core.automatic_labels import Audit, Predictions, thresholds
from silverprint.core.evaluation import sureness
from silverprint.core.features.lens import Lens
from silverprint.core.semisupervised import fit
from silverprint.model.none_of_these import learn

POOL, SHARE, CLASSES = 3_500, 0.1, 7
PROMISE = {"precision": 0.97, "confidence": 0.95}


class Told(NamedTuple):
    """What came of one way."""

    released: float  # share of the pool
    precision: float  # of these; nan where none
    none: int  # released pictures of no class
    possible: float  # share that somebody who knows every label could release at .97 in this order


def play(name: str, seed: int, labels: int, audited: int) -> tuple[Told, Told, float]:
    """Without the score and with it, and its cross-validated AUC."""
    rows, truth, blocks = drawn(name, seed)
    asked, audit, pool = np.split(np.arange(POOL), [labels, labels + audited])
    known, foreign = asked[truth[asked] >= 0], asked[truth[asked] < 0]
    lens = Lens.of(np.concatenate([rows[pool], rows[known]]), blocks, rows[known], truth[known])
    seen = lens(rows)
    head = fit(seen[known], truth[known], seen[pool], classes=CLASSES, seed=seed)
    both = np.concatenate([known, foreign])
    found = learn(seen[both], truth[both] < 0, seen[pool], lens, seed)
    if found is None:
        raise SystemExit(f"{name}, seed {seed}: {len(foreign)} answers teach nothing; ask for more labels")
    chances = head.probabilities(seen)
    held_out = np.concatenate([head.held_out, chances[foreign]])
    of_class = 1 - found.head.predict(rows).mean(axis=0)[:, 1:]
    without = judged(chances, held_out, truth, both, audit, pool)
    with_it = judged(chances * of_class, held_out * (1 - found.held_out[:, None]), truth, both, audit, pool)
    return without, with_it, found.facts["auc"]


def drawn(name: str, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64], dict[str, slice]]:
    """Features, class ids (-1: none of the classes) and blocks of a pool in random order."""
    data, rng = load(name), np.random.default_rng([seed, 20261130])
    order, classes = rng.permutation(len(data.labels)), rng.permutation(10)[:CLASSES]
    of_class = np.isin(data.labels[order], classes)
    few = round(POOL * SHARE)
    chosen = rng.permutation(np.concatenate([order[of_class][: POOL - few], order[~of_class][:few]]))
    ids = np.full(10, -1)
    ids[classes] = np.arange(CLASSES)
    if len(chosen) != POOL:
        raise SystemExit(f"{name}: only {len(chosen)} pictures")
    return data.features[chosen].astype(np.float32), ids[data.labels[chosen]], data.blocks


def judged(
    chances: NDArray[np.floating],
    held_out: NDArray[np.floating],
    truth: NDArray[np.int64],
    asked: NDArray[np.int64],
    audit: NDArray[np.int64],
    pool: NDArray[np.int64],
) -> Told:
    names = np.array([f"class {number}" for number in range(CLASSES)])
    right = held_out.argmax(axis=1) == truth[asked]
    how = sureness.fit(names[held_out.argmax(axis=1)], held_out.max(axis=1), right)

    def said(rows: NDArray[np.int64]) -> Predictions:
        classes = names[chances[rows].argmax(axis=1)]
        return Predictions(classes, how.scores(classes, chances[rows].max(axis=1)))

    hits = chances.argmax(axis=1) == truth
    unasked = said(pool)
    kept = thresholds(Audit(said(audit), hits[audit]), unasked, names.tolist(), **PROMISE).kept(unasked)
    precision = float(hits[pool][kept].mean()) if kept.any() else float("nan")
    best = most(unasked.scores, hits[pool])
    return Told(float(kept.mean()), precision, int((truth[pool][kept] < 0).sum()), best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", help="folder of the features")
    parser.add_argument("--datasets", nargs="+", default=["mnist", "fashion"])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=40)
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--audited", type=int, default=500)
    asked = parser.parse_args()
    if asked.runs:
        os.environ[FOLDER] = asked.runs
    print("| set | seed | AUC | possible | released | right | of no class |")
    print("|---|---|---|---|---|---|---|")
    for name in asked.datasets:
        gains = []
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
            without, with_it, auc = play(name, seed, asked.labels, asked.audited)
            gains.append([with_it.possible - without.possible, with_it.released - without.released])
            cells = zip(without, with_it, ("{:.0%}", "{:.1%}", "{}", "{:.0%}"), strict=True)
            released, right, none, possible = (f"{form.format(a)} → {form.format(b)}" for a, b, form in cells)
            print(f"| {name} | {seed} | {auc:.2f} | {possible} | {released} | {right} | {none} |", flush=True)
        for what, values in zip(("possible", "released"), np.transpose(gains), strict=True):
            spread = 1.96 * values.std(ddof=1) / len(values) ** 0.5
            print(f"{name}: {what} gains {100 * values.mean():.1f} ± {100 * spread:.1f} points, {len(values)} seeds")


if __name__ == "__main__":
    main()
