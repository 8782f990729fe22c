"""Cluster-Margin (Citovsky et al. 2021, "Batch Active Learning at Scale", algorithms 1 and 2).

The pool is clustered once, by agglomeration with average linkage. Each round takes the k unlabelled rows of the least
margin p1 - p2, groups them by their clusters, and goes round the groups from the smallest to the largest, one row drawn
from each, starting over until the budget B is drawn; a group that is used up drops out.

What the paper leaves open or to its data, and what is done here:
- k = 1.25 B. With 10 B, as the paper takes for batches of 10⁵ and more, twenty rows reach the smallest clusters only,
  which are outliers: on the development set that fell below random;
- where the tree is cut: at the most clusters that leave ten rows to each on average;
- what is clustered: the rows as they are when the first model is there (later weights of the feature blocks do not
  change the tree), by Euclidean distance;
- the first batch: random's, as with every contestant that needs a model.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from benchmarks.label_efficiency.request import NeedsModel, Request
from silverprint.core.uncertainty import margin

CANDIDATES = 1.25  # times the budget
ROWS_PER_CLUSTER = 10


class ClusterMargin:
    """One run; its clusters are kept from round to round."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 4])
        self.clusters: NDArray[np.int64] | None = None  # (N,)

    def __call__(self, request: Request) -> NDArray[np.int64]:
        if request.head is None:
            raise NeedsModel
        if self.clusters is None:
            self.clusters = clustered(request.embeddings)
        unsure = margin(request.head.probabilities(request.embeddings))
        free = np.setdiff1d(np.arange(len(unsure)), request.labeled)
        candidates = free[np.argsort(-unsure[free], kind="stable")][: int(CANDIDATES * request.budget)]
        return candidates[round_robin(self.clusters[candidates], request.budget, self.rng)]


def clustered(rows: NDArray[np.floating]) -> NDArray[np.int64]:
    """(N, D) to the cluster of each row, N // 10 of them at most. Takes N² / 2 distances."""
    tree = linkage(rows.astype(np.float64), method="average")
    return fcluster(tree, max(len(rows) // ROWS_PER_CLUSTER, 1), criterion="maxclust").astype(np.int64)


def round_robin(groups: NDArray[np.int64], budget: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places in `groups`: turn by turn one of each group, drawn at random, smaller groups first."""
    shuffled = rng.permutation(len(groups))
    _, group, sizes = np.unique(groups[shuffled], return_inverse=True, return_counts=True)
    by_group = np.argsort(group, kind="stable")
    turn = np.empty(len(groups), dtype=np.int64)  # a row's place within its group
    turn[by_group] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return shuffled[np.lexsort((group, sizes[group], turn))][:budget]
