"""DCoM (Mishal & Weinshall 2024, "DCoM: Competence-Driven Adaptive Active Learning", arXiv 2407.01804).

Every labelled row has a radius of its own: the largest in which the share of rows that the model gives its label is at
least τ = 0.4 + 0.2 C, found by bisection in [0, δ_max]. C is the share of the pool that the balls cover. The model's
competence is
    S = (1 + exp(-k (1 - a))) / (1 + exp(-k (C - a))),
nearly 0 while little is covered, 1 when all is. In a graph with an edge from x to each row that is not covered and
nearer than the mean radius, the next row is that of the highest
    R(x) = S · (1 - margin of x) + (1 - S) · (number of edges from x),
both scaled to [0, 1]; what it covers leaves the graph.

What the paper leaves to the data, or the trial's protocol alters, and what is done here:
- a = 0.8 and k = 50, as code derived from the authors' has them;
- rows are scaled to unit length, and δ_max = √2, the distance of two rows that have nothing in common;
- before there is a model S = 0 and all radii are ProbCover's δ: the largest in steps of 0.05 at which 95 % of the balls
  hold one k-means cluster only, with as many clusters as classes;
- the radii of all labelled rows are measured again every round, since the weights of the feature blocks may have
  changed; C in τ is what was covered when the last batch was chosen;
- of equal values the lowest row is taken.
The graph is N × N: that is for pools of the trial's size.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from benchmarks.label_efficiency.request import Request
from silverprint.core.uncertainty import margin

STEEP, CENTRE = 50.0, 0.8  # k and a
FURTHEST, STEP = 2**0.5, 0.05
PURE = 0.95  # of ProbCover's balls


class DCoM:
    """One run; it remembers how much its balls cover."""

    def __init__(self, classes: int, seed: int) -> None:
        self.classes, self.seed = classes, seed
        self.covered = 0.0

    def __call__(self, request: Request) -> NDArray[np.int64]:
        lengths = np.linalg.norm(request.embeddings, axis=1, keepdims=True)
        rows = request.embeddings / np.maximum(lengths, 1e-12)
        apart = distances(rows)
        count = len(apart)
        if request.head is None:
            mean = first_radius(apart, self._clusters(rows))
            radii, unsure = np.full(len(request.labeled), mean), np.zeros(count)
        else:
            shares = request.head.probabilities(request.embeddings)
            alike = shares.argmax(axis=1) == request.labels[:, None]
            radii = pure_radii(apart[request.labeled], alike, 0.4 + 0.2 * self.covered)
            mean, unsure = float(radii.mean()), margin(shares)
        covered = (apart[request.labeled] < radii[:, None]).any(axis=0)
        trust = 0.0 if request.head is None else competence(covered.mean())
        picked = herded(apart < mean, covered, unsure, request.labeled, request.budget, trust)
        self.covered = float((covered | (apart[picked] < mean).any(axis=0)).mean())
        return picked

    def _clusters(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        count = min(self.classes, len(np.unique(rows, axis=0)))
        return KMeans(count, n_init=1, random_state=self.seed).fit_predict(rows)


def distances(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, N), Euclidean; exactly 0 to itself."""
    squares = (rows**2).sum(axis=1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0))
    np.fill_diagonal(apart, 0)
    return apart.astype(np.float32)


def competence(covered: float) -> float:
    """S of a covered share, 0..1; 1 where all is covered."""
    return float((1 + np.exp(-STEEP * (1 - CENTRE))) / (1 + np.exp(-STEEP * (covered - CENTRE))))


def first_radius(apart: NDArray[np.float32], clusters: NDArray[np.int64]) -> float:
    """The largest of the steps at which enough balls hold one cluster only; the least step where none does."""
    other = np.where(clusters[:, None] == clusters, np.inf, apart).min(axis=1)  # to the nearest of another cluster
    steps = np.arange(STEP, FURTHEST, STEP)
    pure = [step for step in steps if (other >= step).mean() >= PURE]
    return float(max(pure, default=STEP))


def pure_radii(apart: NDArray[np.float32], alike: NDArray[np.bool_], share: float) -> NDArray[np.float64]:
    """(L, N) distances, and whether the model gives a row the label, to the (L,) radii that keep `share` pure."""
    low, high = np.zeros(len(apart)), np.full(len(apart), FURTHEST)
    while (high - low > STEP).any():
        middle = (low + high) / 2
        inside = apart < middle[:, None]
        pure = (inside & alike).sum(axis=1) >= share * inside.sum(axis=1)
        low, high = np.where(pure, middle, low), np.where(pure, high, middle)
    return (low + high) / 2


def herded(
    near: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    unsure: NDArray[np.float64],
    labeled: NDArray[np.int64],
    budget: int,
    trust: float,
) -> NDArray[np.int64]:
    """The rows of highest R, one after the other; `near` (N, N) are the edges before anything is covered."""
    closed = np.isin(np.arange(len(near)), labeled)
    unsure, covered = _scaled(unsure), covered.copy()
    edges = (near & ~covered).sum(axis=1)
    picked: list[int] = []
    for _ in range(min(budget, int((~closed).sum()))):
        # A closed row has neither edges nor doubt left, in the scaling, either.
        score = trust * unsure + (1 - trust) * _scaled(np.where(closed, 0, edges))
        row = int(np.where(closed, -np.inf, score).argmax())
        new = near[row] & ~covered
        edges = edges - near[:, new].sum(axis=1)
        covered |= new
        closed[row] = True
        picked.append(row)
    return np.array(picked, dtype=np.int64)


def _scaled(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """To [0, 1]; all 0 where they are equal."""
    wide = values.max() - values.min()
    return (values - values.min()) / wide if wide > 0 else np.zeros(len(values))
