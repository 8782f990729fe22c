"""One run: a contestant labels a pool batch by batch, the head is refitted after each, the test set judges it."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.contestants import contestant
from benchmarks.label_efficiency.datasets import Task, folder, task
from benchmarks.label_efficiency.head import PENALTIES, Head, refitted, tuned
from benchmarks.label_efficiency.measures import balanced_accuracy
from benchmarks.label_efficiency.request import NeedsModel, Request, chosen
from silverprint.core.features import block_weights

FIRST, LAST = 20, 400  # labels
BOTH = "both"  # a view that is fixed: every block
BATCHES = {20: 20, 76: 76}  # after the first: 19 batches of 20, or 5 of 76


@dataclass(frozen=True)
class Run:
    dataset: str
    contestant: str
    seed: int
    batch: int

    @property
    def path(self) -> Path:
        name = self.contestant.replace(":", "-")
        return folder() / "runs" / self.dataset / f"{name}-b{self.batch}-s{self.seed:02d}.json"

    @property
    def budgets(self) -> list[int]:
        return list(range(FIRST, LAST + 1, self.batch))

    def result(self) -> dict[str, Any] | None:
        return json.loads(self.path.read_text()) if self.path.exists() else None


def play(run: Run) -> None:
    """Plays the run and keeps its curve, unless it is kept already."""
    if run.path.exists():
        return
    given = task(run.dataset, run.seed)
    name, _, fixed = run.contestant.partition("@")
    ask = contestant(name, given, run.seed)
    labeled = np.empty(0, dtype=np.int64)
    weights = _weights(given, labeled, fixed)
    head: Head | None = None
    accuracy, seconds, seen = [], [], []
    for budget in run.budgets:
        more = budget - len(labeled)
        rows = given.pool * block_weights.column_scales(weights, given.blocks)
        request = Request(rows, labeled, given.truth[labeled], more, head, given.truth)
        start = time.process_time()
        try:
            picked = ask(request)
        except NeedsModel:
            picked = chosen("random", request, run.seed)
        seconds.append(time.process_time() - start)
        if len(set(picked.tolist()) - set(labeled.tolist())) != more:
            raise AssertionError(f"{run}: not {more} new rows")
        labeled = np.concatenate([labeled, picked])
        weights = _weights(given, labeled, fixed)
        scales = block_weights.column_scales(weights, given.blocks)
        head = tuned(given.pool[labeled] * scales, given.truth[labeled], given.classes)
        predicted = head.probabilities(given.test * scales).argmax(axis=1)
        accuracy.append(balanced_accuracy(predicted, given.test_truth))
        seen.append(block_weights.describe(weights))
    _keep(run, {"budgets": run.budgets, "accuracy": accuracy, "seconds": seconds, "seen": seen})


def _weights(given: Task, labeled: NDArray[np.int64], fixed: str) -> block_weights.Weights:
    """For strategy and head; `fixed` is `final`, `middle` or `both`, or empty where the labels settle it."""
    if fixed:
        return {name: float(fixed in (name, BOTH)) for name in given.blocks}
    return block_weights.choose_weights(given.pool[labeled], given.truth[labeled], given.blocks)


def whole_pool(dataset: str, seed: int) -> float:
    """Accuracy of the head with every label of the pool: what no selection can pass by much."""
    path = folder() / "runs" / dataset / f"all-s{seed:02d}.json"
    if not path.exists():
        given = task(dataset, seed)
        scales = block_weights.column_scales(_weights(given, np.arange(len(given.truth)), ""), given.blocks)
        heads = [refitted(given.pool * scales, given.truth, given.classes, penalty) for penalty in PENALTIES]
        predicted = [head.probabilities(given.test * scales).argmax(axis=1) for head in heads]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(max(balanced_accuracy(one, given.test_truth) for one in predicted)))
    return float(json.loads(path.read_text()))


def _keep(run: Run, result: dict[str, object]) -> None:
    run.path.parent.mkdir(parents=True, exist_ok=True)
    part = run.path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(asdict(run) | result))
    part.replace(run.path)
