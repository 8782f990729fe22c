"""Learning from few labels and many unlabelled pictures: L(W) = mean cross-entropy + λ/2 |W|² + μ Ω(W, pool).

Ω says what a good head does with pictures that nobody labelled. One file each, behind one contract: a `term` (value and
slope, with its source) and `learn`. `auto` chooses.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.semisupervised import auto, consistency, ensemble, entropy, graph
from silverprint.core.semisupervised.features import Plain, View, in_chunks, with_constant
from silverprint.core.semisupervised.head import (
    Fitted,
    Learner,
    Problem,
    calibrated,
    held_out_logits,
    supervised,
    tuned,
)
from silverprint.core.semisupervised.request import Request, checked
from silverprint.core.semisupervised.shapes import ClassIds, Rows, Shares
from silverprint.core.semisupervised.shares import target_shares
from silverprint.errors import ConfigError

LEARNERS: Final[dict[str, Learner]] = {
    "none": supervised,
    "entropy": entropy.learn,
    "consistency": consistency.learn,
    "graph": graph.learn,
    "ensemble": ensemble.learn,
}
OMEGAS: Final = (*LEARNERS, "auto")

WORK: Final = 3 * 10**8  # rows of the pool that Ω sees, times columns, times classes, at most
FEWEST: Final = 2_000  # rows that it sees, whatever the work, and at most
MOST: Final = 20_000


def fit(
    rows: Rows,
    labels: ClassIds,
    pool: Rows,
    *,
    classes: int | Sequence[str],
    omega: str = "auto",
    seed: int,
    shares: Shares | None = None,
) -> Fitted:
    """A calibrated model of the labels and of the pool; `.probabilities(rows)` gives (n, C).

    The same input and seed give the same model. Of a pool that is too large for WORK a part is drawn.

    Args:
        rows: (L, D) features of the labelled pictures, of any scale; blocks weighed as they are to count.
        labels: (L,) class ids 0..C-1; a class may have no label, and then hardly any picture is predicted to be it.
        pool: (N, D) features of pictures without a label; N may be 0. It may be a memory map.
        classes: C, or the names.
        omega: a name in OMEGAS.
        seed: of all chance in it.
        shares: (C,) the classes' shares in the pool, where they are known, say from a random draw; None: estimated.

    Raises:
        ConfigError: no such Ω.
        DataError: a shape or a range is wrong, or a figure is not finite.
    """
    if omega not in OMEGAS:
        raise ConfigError(f"omega = {omega!r}", "no such way to learn from a pool", f"use one of: {', '.join(OMEGAS)}")
    request = checked(rows, labels, pool, classes, shares, seed)
    sample = _drawn(request)
    view = Plain.of(sample if len(sample) > 1 else request.rows)
    problem = tuned(_problem(request, sample, view))
    if not len(sample):
        return _fitted(problem, view, "none")
    return _fitted(problem, view, omega)


def _drawn(request: Request) -> NDArray[np.float32]:
    """The rows of the pool that are learnt from."""
    size = request.pool.shape[1] * request.classes
    most = min(MOST, max(FEWEST, WORK // size))
    if len(request.pool) <= most:
        return np.asarray(request.pool, dtype=np.float32)
    places = np.random.default_rng([request.seed, 0]).permutation(len(request.pool))[:most]
    return np.asarray(request.pool[np.sort(places)], dtype=np.float32)


def _problem(request: Request, sample: NDArray[np.float32], view: View) -> Problem:
    target = target_shares(request.labels, request.classes, request.shares)
    seen, pool = (with_constant(in_chunks(part, view)) for part in (request.rows, sample))
    return Problem(seen, request.labels, pool, request.classes, target, 0.0, request.seed)


def _fitted(problem: Problem, view: View, omega: str) -> Fitted:
    if omega == "auto":
        omega, warmth = auto.choose(problem)
    else:
        warmth, _ = calibrated(held_out_logits(problem, LEARNERS[omega]), problem.labels)
    weight = LEARNERS[omega](problem) / warmth
    return Fitted(view, weight.astype(np.float32), omega)
