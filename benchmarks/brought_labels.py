"""What brought labels teach beside people's votes: a model of both, of the votes alone, of the brought labels alone.

python -m benchmarks.brought_labels run         # resumes; one cached JSON per run; sets as in benchmarks.label_errors
python -m benchmarks.brought_labels report      # a table
A run plants errors in the labels of a pool, has simulated people, who are right 95 times of 100, vote about VOTES of
its pictures, drawn at random, and tests on pictures outside of the pool. Of the pool's other pictures the models have
the brought labels. *Chance* is a source whose labels have nothing to do with the pictures.
"""

import json
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import Task, folder, task
from benchmarks.label_efficiency.measures import interval
from benchmarks.label_errors import KINDS, RIGHT, command
from benchmarks.results import keep
from silverprint.core.brought_labels.belief import Brought, believe
from silverprint.core.features import block_weights
from silverprint.core.label_errors.held_out import chosen_view
from silverprint.core.semisupervised import fit
from silverprint.core.semisupervised.features import in_chunks, with_constant
from silverprint.core.semisupervised.head import descend, supervised_term
from silverprint.core.semisupervised.request import checked

VOTES = 100
CELLS = (("even", 0.06), ("even", 0.2), ("structured", 0.06), ("structured", 0.2), ("chance", 1.0))
CONTESTANTS = ("both", "votes", "brought")

Labels = NDArray[np.int64]


def play(dataset: str, kind: str, rate: float, seed: int) -> None:
    path = kept(dataset, kind, rate, seed)
    if path.exists():
        return
    given, rng = task(dataset, seed), np.random.default_rng([seed, 13])
    asked, rest = np.split(rng.permutation(len(given.pool)), [VOTES])
    said = _wrong(given.truth, kind, rate, given.classes, rng)
    slips = rng.random(VOTES) >= RIGHT
    votes = (given.truth[asked] + slips * rng.integers(1, given.classes, VOTES)) % given.classes
    found: dict[str, object] = {"brought": _alone(given, rest, said[rest], seed)}
    rows, test = _weighed(given, asked, votes)
    told = np.zeros((1, given.classes, given.classes))
    np.add.at(told[0], (votes, said[asked]), 1)
    brought = Brought(rows[rest], said[rest], np.zeros(len(rest), np.int64), np.ones(len(rest), np.bool_))
    belief = believe(brought, told=told, classes=given.classes, seed=seed)
    for name, ways in (("votes", []), ("both", belief.ways(seed))):
        model = fit(rows[asked], votes, rows[rest], classes=given.classes, seed=seed, doubtful=ways)
        found[name] = _share(model.probabilities(test), given.test_truth)
        found["way"] = model.doubtful
    keep(path, found)


def _wrong(truth: Labels, kind: str, rate: float, classes: int, rng: np.random.Generator) -> Labels:
    if kind == "chance":
        return rng.integers(0, classes, len(truth))
    return KINDS[kind](truth, rate, classes, rng)


def _weighed(given: Task, places: Labels, labels: Labels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pool and test, the blocks weighed by these labels, as the stages do."""
    weights = block_weights.choose_weights(given.pool[places], labels, given.blocks)
    scales = block_weights.column_scales(weights, given.blocks)
    return given.pool * scales, given.test * scales


def _alone(given: Task, places: Labels, labels: Labels, seed: int) -> float:
    """A head of the brought labels as they are; features, view and penalty by what predicts those held out best."""
    rows, test = _weighed(given, places, labels)
    request = checked(rows[places], labels, rows[:0], given.classes, None, seed)
    view, penalty = chosen_view(request, np.random.default_rng(seed).permutation(len(places)))
    seen = with_constant(in_chunks(request.rows, view))
    term = supervised_term(seen, np.eye(given.classes)[labels], penalty)
    weight = descend(term, np.zeros((seen.shape[1], given.classes)))
    return _share(with_constant(in_chunks(test, view)) @ weight, given.test_truth)


def _share(scores: NDArray[np.floating], truth: Labels) -> float:
    return float((scores.argmax(axis=1) == truth).mean())


def kept(dataset: str, kind: str, rate: float, seed: int) -> Path:
    return folder() / "brought_labels" / dataset / f"{kind}-{rate}-s{seed:02d}.json"


def report(datasets: list[str], seeds: range) -> None:
    print("| set | errors | both | votes | brought | both - votes, 95 % | both - brought, 95 % | taught |")
    print("|---|---|---|---|---|---|---|---|")
    for dataset, (kind, rate) in product(datasets, CELLS):
        paths = [kept(dataset, kind, rate, seed) for seed in seeds]
        runs = [json.loads(path.read_text()) for path in paths if path.exists()]
        if not runs:
            continue
        shares = {name: np.array([run[name] for run in runs]) for name in CONTESTANTS}
        cells = " | ".join(f"{values.mean():.1%}" for values in shares.values())
        for peer in ("votes", "brought"):
            _, low, high = interval(shares["both"] - shares[peer])
            cells += f" | {100 * low:+.1f} to {100 * high:+.1f}"
        taught = sum(bool(run["way"]) for run in runs)
        print(f"| {dataset} ({len(runs)}) | {kind} {rate:.0%} | {cells} | {taught} of {len(runs)} |")


if __name__ == "__main__":
    command("brought_labels", __doc__, CELLS, play, report)
