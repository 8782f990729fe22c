"""The oracle: of several batches, the one whose true labels help most. It bounds what selection could gain.

As BoSS (Huseljic et al. 2025, "Best-of-Strategies Selector as an Oracle for Deep Active Learning"): each strategy
proposes a batch from each of DRAWS random halves of the pool, chance proposes as many; the head is refitted with the
true labels of each batch, and the batch wins whose head is right most often on the whole pool, by its true labels
(balanced accuracy; never the test set). It costs (len(PROPOSERS) + 1) · DRAWS = 15 selections and as many fits a batch.
Greedy and sampled, so a lower bound of the best there is.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.head import PENALTIES, refitted
from benchmarks.label_efficiency.measures import balanced_accuracy
from benchmarks.label_efficiency.request import NeedsModel, Request, chosen

PROPOSERS = ("auto", "uherding", "margin", "typiclust")
DRAWS = 3


class Oracle:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 3])
        self.seed = seed

    def __call__(self, request: Request) -> NDArray[np.int64]:
        batches = self._proposals(request)
        worth = [self._worth(request, batch) for batch in batches]
        return batches[int(np.argmax(worth))]

    def _proposals(self, request: Request) -> list[NDArray[np.int64]]:
        free = np.setdiff1d(np.arange(len(request.truth)), request.labeled)
        batches = [self.rng.permutation(free)[: request.budget] for _ in range(DRAWS)]
        for name in PROPOSERS:
            for _ in range(DRAWS):
                half = np.sort(self.rng.permutation(free)[: max(len(free) // 2, request.budget)])
                try:
                    batches.append(self._proposed(name, request, half))
                except NeedsModel:
                    break
        return batches

    def _proposed(self, name: str, request: Request, free: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = np.concatenate([free, request.labeled])
        part = Request(
            request.embeddings[rows],
            np.arange(len(free), len(rows)),
            request.labels,
            request.budget,
            request.head,
            request.truth[rows],
        )
        return rows[chosen(name, part, self.seed)]

    def _worth(self, request: Request, batch: NDArray[np.int64]) -> float:
        labeled = np.concatenate([request.labeled, batch])
        penalty = PENALTIES[0] if request.head is None else request.head.penalty
        classes = int(request.truth.max()) + 1
        head = refitted(request.embeddings[labeled], request.truth[labeled], classes, penalty)
        return balanced_accuracy(head.probabilities(request.embeddings).argmax(axis=1), request.truth)
