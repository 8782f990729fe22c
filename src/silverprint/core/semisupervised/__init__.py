"""Learning from few labels and many unlabelled pictures: L(W) = mean cross-entropy + λ/2 |W|² + μ Ω(W, pool).

Ω says what a good head does with pictures that nobody labelled. One file each, behind one contract: a `term` (value and
slope, with its source) and `learn`. `auto` chooses.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.core.blas_threads import one_blas_thread
from silverprint.core.evaluation.resampling import stratified_bootstrap
from silverprint.core.semisupervised import auto, consistency, ensemble, entropy, graph
from silverprint.core.semisupervised.doubtful import Doubtful, Trial, improved
from silverprint.core.semisupervised.features import Kernel, Plain, View, in_chunks, with_constant
from silverprint.core.semisupervised.head import (
    Fitted,
    Learner,
    Problem,
    supervised,
    tuned,
)
from silverprint.core.semisupervised.request import Request, checked
from silverprint.core.semisupervised.shapes import ClassIds, Distributions, Rows, Shares
from silverprint.core.semisupervised.shares import evened, of_random_draw, target_shares
from silverprint.errors import ConfigError

LEARNERS: Final[dict[str, Learner]] = {
    "none": supervised,
    "entropy": entropy.learn,
    "consistency": consistency.learn,
    "graph": graph.learn,
    "ensemble": ensemble.learn,
}
OMEGAS: Final = (*LEARNERS, "auto")

__all__ = ["LEARNERS", "MOST", "OMEGAS", "Doubtful", "Fitted", "Kernel", "Plain", "fit", "of_random_draw"]

WORK: Final = 3 * 10**8  # rows of the pool that Ω sees, times columns, times classes, at most
FEWEST: Final = 2_000  # rows that it sees, whatever the work, and at most
MOST: Final = 20_000


@one_blas_thread
def fit(
    rows: Rows,
    labels: ClassIds,
    pool: Rows,
    *,
    classes: int | Sequence[str],
    omega: str = "auto",
    seed: int,
    shares: Shares | None = None,
    members: int = 1,
    targets: Distributions | None = None,
    doubtful: Sequence[Doubtful] = (),
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
        shares: (C,) the classes' shares in the pool, where they are known, say by `of_random_draw`; None: estimated.
        members: 1 or more heads whose mean counts. Of several each has bootstrap weights of the labels of its own
            (Rubin 1981), so that they differ where the labels leave it open; `ensemble` makes five of one.
        targets: (L, C) how likely each class is, where labels may be wrong: these are learnt, and `labels`, the
            likeliest, judge. None: the labels are sure.
        doubtful: ways to take labels that may be wrong; the best of them is taken where it beats the labels alone.

    Raises:
        ConfigError: no such Ω.
        DataError: a shape or a range is wrong, or a figure is not finite.
    """
    if omega not in OMEGAS:
        raise ConfigError(f"omega = {omega!r}", "no such way to learn from a pool", f"use one of: {', '.join(OMEGAS)}")
    request = checked(rows, labels, pool, classes, shares, seed, targets)
    sample = _drawn(request)
    target = target_shares(request.labels, request.classes, request.shares)
    known = sample if len(sample) > 1 else request.rows
    plain = Plain.of(known)
    chooses = omega == "auto" and len(sample) > 0
    views: dict[str, View] = {"plain": plain}
    if chooses or doubtful:
        views["kernel"] = Kernel.of(plain, known, seed)
    problems = {name: _problem(request, sample, view, members) for name, view in views.items()}
    if chooses:
        choice = auto.choose(problems, target)
    else:
        omega = omega if len(sample) and omega != "auto" else "none"
        target = target if shares is not None else evened(target, 0.5)  # an estimate is trusted half
        problem, _ = tuned(problems["plain"])
        held_out = auto.judged_unseen(problem, LEARNERS[omega], target)
        choice = auto.Choice("plain", problem, omega, LEARNERS[omega], target, held_out)
    return _fitted(improved(choice, problems, views, doubtful) if doubtful else Trial(choice, ""), views)


def _drawn(request: Request) -> NDArray[np.float32]:
    """The rows of the pool that are learnt from, in an order of chance, so that their first ones are a draw, too."""
    size = request.pool.shape[1] * request.classes
    most = min(MOST, max(FEWEST, WORK // size))
    places = np.random.default_rng([request.seed, 0]).permutation(len(request.pool))[:most]
    return np.asarray(request.pool[places], dtype=np.float32)


def _problem(request: Request, sample: NDArray[np.float32], view: View, members: int) -> Problem:
    seen, pool = (with_constant(in_chunks(part, view)) for part in (request.rows, sample))
    several = members > 1
    weights = stratified_bootstrap(request.labels, members, request.seed) if several else np.ones((1, len(seen)))
    return Problem(seen, request.labels, request.targets, pool, request.classes, 0.0, request.seed, weights)


def _fitted(trial: Trial, views: Mapping[str, View]) -> Fitted:
    choice, problem = trial.choice, trial.choice.problem
    return Fitted(
        views[choice.view],
        choice.learn(problem, choice.target).astype(np.float32),
        choice.held_out.temperature,
        choice.omega,
        problem.penalty,
        len(problem.pool),
        choice.held_out.predictions,
        choice.tried,
        trial.way,
    )
