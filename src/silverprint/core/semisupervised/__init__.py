"""Learning from few labels and many unlabelled pictures: L(W) = mean cross-entropy + λ/2 |W|² + μ Ω(W, pool).

Ω says what a good head does with pictures that nobody labelled. One file each, behind one contract: a `term` (value and
slope, with its source) and `learn`. `auto` chooses.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.semisupervised import auto, consistency, ensemble, entropy, graph
from silverprint.core.semisupervised.features import Kernel, Plain, View, in_chunks, with_constant
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
from silverprint.core.semisupervised.shares import evened, target_shares
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
    target = target_shares(request.labels, request.classes, request.shares)
    known = sample if len(sample) > 1 else request.rows
    plain = Plain.of(known)
    if omega == "auto" and len(sample):
        views: dict[str, View] = {"plain": plain, "kernel": Kernel.of(plain, known, seed)}
        problems = {name: _problem(request, sample, view) for name, view in views.items()}
        return _fitted(auto.choose(problems, target), views)
    omega = omega if len(sample) else "none"
    target = target if shares is not None else evened(target, 0.5)  # an estimate is trusted half
    problem, _ = tuned(_problem(request, sample, plain))
    warmth = calibrated(held_out_logits(problem, LEARNERS[omega], target), problem.labels).temperature
    return _fitted(auto.Choice("plain", problem, omega, target, warmth), {"plain": plain})


def _drawn(request: Request) -> NDArray[np.float32]:
    """The rows of the pool that are learnt from, in an order of chance, so that their first ones are a draw, too."""
    size = request.pool.shape[1] * request.classes
    most = min(MOST, max(FEWEST, WORK // size))
    places = np.random.default_rng([request.seed, 0]).permutation(len(request.pool))[:most]
    return np.asarray(request.pool[places], dtype=np.float32)


def _problem(request: Request, sample: NDArray[np.float32], view: View) -> Problem:
    seen, pool = (with_constant(in_chunks(part, view)) for part in (request.rows, sample))
    return Problem(seen, request.labels, pool, request.classes, 0.0, request.seed)


def _fitted(choice: auto.Choice, views: Mapping[str, View]) -> Fitted:
    weight = LEARNERS[choice.omega](choice.problem, choice.target) / choice.temperature
    return Fitted(views[choice.view], weight.astype(np.float32), choice.omega)
