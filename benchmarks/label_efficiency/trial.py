"""One run: a contestant labels a pool batch by batch, the head is refitted after each, the test set judges it."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.label_efficiency.contestants import NeedsModel, Request, chosen, contestant
from benchmarks.label_efficiency.datasets import CACHE, load
from benchmarks.label_efficiency.head import PENALTIES, Head, refitted, tuned
from benchmarks.label_efficiency.measures import balanced_accuracy

FIRST, LAST = 20, 400  # labels
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
        return CACHE / "runs" / self.dataset / f"{name}-b{self.batch}-s{self.seed:02d}.json"

    @property
    def budgets(self) -> list[int]:
        return list(range(FIRST, LAST + 1, self.batch))

    def result(self) -> dict[str, list[float]] | None:
        return json.loads(self.path.read_text()) if self.path.exists() else None


def play(run: Run) -> None:
    """Plays the run and keeps its curve, unless it is kept already."""
    if run.path.exists():
        return
    task = load(run.dataset).task(run.seed)
    ask = contestant(run.contestant, task, run.seed)
    labeled = np.empty(0, dtype=np.int64)
    head: Head | None = None
    accuracy, seconds = [], []
    for budget in run.budgets:
        more = budget - len(labeled)
        request = Request(task.pool, task.blocks, labeled, task.truth[labeled], more, head, task.truth)
        start = time.process_time()
        try:
            picked = ask(request)
        except NeedsModel:
            picked = chosen("random", request, run.seed)
        seconds.append(time.process_time() - start)
        if len(set(picked.tolist()) - set(labeled.tolist())) != more:
            raise AssertionError(f"{run}: not {more} new rows")
        labeled = np.concatenate([labeled, picked])
        head = tuned(task.pool[labeled], task.truth[labeled], task.classes)
        accuracy.append(balanced_accuracy(head.probabilities(task.test).argmax(axis=1), task.test_truth))
    _keep(run, {"budgets": run.budgets, "accuracy": accuracy, "seconds": seconds})


def whole_pool(dataset: str, seed: int) -> float:
    """Accuracy of the head with every label of the pool: what no selection can pass by much."""
    path = CACHE / "runs" / dataset / f"all-s{seed:02d}.json"
    if not path.exists():
        task = load(dataset).task(seed)
        best = max(
            balanced_accuracy(
                refitted(task.pool, task.truth, task.classes, penalty).probabilities(task.test).argmax(axis=1),
                task.test_truth,
            )
            for penalty in PENALTIES
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(best))
    return float(json.loads(path.read_text()))


def _keep(run: Run, result: dict[str, object]) -> None:
    run.path.parent.mkdir(parents=True, exist_ok=True)
    part = run.path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(asdict(run) | result))
    part.replace(run.path)
