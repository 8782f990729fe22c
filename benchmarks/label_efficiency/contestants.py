"""Who takes part: rows to choose from, what is labelled and the head of the labels so far go to each alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import Task
from benchmarks.label_efficiency.oracle import Oracle
from benchmarks.label_efficiency.papers import PAPERS
from benchmarks.label_efficiency.request import Contestant, Request, chosen


def contestant(name: str, task: Task, seed: int) -> Contestant:
    """A fresh one for a run, by name.

    `peer:NAME` is scikit-activeml's, `paper:NAME` is in PAPERS, `oracle` sees the truth, what remains is a name in
    STRATEGIES.
    """
    if name.startswith("peer:"):
        from benchmarks.label_efficiency.peers import Peer

        return Peer(name.removeprefix("peer:"), task.classes, seed)
    if name.startswith("paper:"):
        return PAPERS[name.removeprefix("paper:")](task.classes, seed)
    if name == "oracle":
        return Oracle(seed)
    return Ours(name, seed)


@dataclass(frozen=True)
class Ours:
    name: str
    seed: int

    def __call__(self, request: Request) -> NDArray[np.int64]:
        return chosen(self.name, request, self.seed)
