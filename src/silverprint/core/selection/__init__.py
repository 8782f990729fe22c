"""Acquisition functions: which unlabelled pictures are worth people's time. One file each, behind one contract.

Each file ends with its `Strategy`: what picks, what it needs, how its choice is explained. `select` checks the request
and lets it pick.
"""

from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.core.selection.strategies import (
    auto,
    badge,
    bald,
    coreset,
    doubt,
    entropy,
    least_confidence,
    margin,
    maxherding,
    random_,
    typiclust,
    uherding,
)
from silverprint.core.selection.strategy import Indices, Picks, Whole
from silverprint.core.selection.validate import checked_pool
from silverprint.core.uncertainty import Probabilities
from silverprint.errors import ConfigError

Embeddings = Float[NDArray[np.floating], "n d"]
Labeled = Int[NDArray[np.integer], " l"]
Brought = Int[NDArray[np.integer], " n"]

STRATEGIES: Final = {
    "auto": auto.STRATEGY,
    "badge": badge.STRATEGY,
    "bald": bald.STRATEGY,
    "coreset": coreset.STRATEGY,
    "doubt": doubt.STRATEGY,
    "entropy": entropy.STRATEGY,
    "least_confidence": least_confidence.STRATEGY,
    "margin": margin.STRATEGY,
    "maxherding": maxherding.STRATEGY,
    "random": random_.STRATEGY,
    "typiclust": typiclust.STRATEGY,
    "uherding": uherding.STRATEGY,
}

COLD_STARTS: Final = tuple(name for name, one in STRATEGIES.items() if not (one.needs_model or one.needs_brought))


def select(
    strategy: str,
    *,
    embeddings: Embeddings,
    probabilities: Probabilities | None,
    labeled: Labeled,
    budget: int,
    seed: int,
    labels: Labeled | None = None,
    brought: Brought | None = None,
    **options: Any,
) -> Indices:
    """The rows to ask people about next.

    The same request gives the same answer on every machine. Shuffled rows give the same pictures: ties are broken by a
    seeded hash of the content, and only exact copies by their place.

    Args:
        strategy: a name in STRATEGIES.
        embeddings: (N, D), any scale; a strategy that needs unit rows makes them.
        probabilities: (N, C), or (M, N, C) of M ensemble members, each row a distribution; None without a model.
        labeled: (L,) rows that people have labelled already.
        budget: rows to choose, 0 to N - L.
        seed: of all chance in it.
        labels: (L,) class ids of `labeled`, if known; -1 where people found it none of the classes, or could not tell.
        brought: (N,) class ids that came with the pictures, -1 where none did; None where no source brought any.
        options: the strategy's own.

    Returns:
        (budget,) distinct rows, none of them labelled, best first.

    Raises:
        ConfigError: no such strategy, or it needs a model or brought labels and there are none.
        DataError: a shape or a range is wrong, a figure is not finite, a budget exceeds the unlabelled rows.
    """
    return select_with_scores(
        strategy,
        embeddings=embeddings,
        probabilities=probabilities,
        labeled=labeled,
        budget=budget,
        seed=seed,
        labels=labels,
        brought=brought,
        **options,
    )[0]


def select_with_scores(
    strategy: str,
    *,
    embeddings: Embeddings,
    probabilities: Probabilities | None,
    labeled: Labeled,
    budget: int,
    seed: int,
    labels: Labeled | None = None,
    brought: Brought | None = None,
    whole: Whole | None = None,
    **options: Any,
) -> Picks:
    """Selects like `select`, and gives each row's acquisition value when picked, (budget,) float64; NaN without one.

    Args:
        whole: what these rows were drawn from by a `first_pass`; the choice is then that among all.
    """
    chosen = STRATEGIES.get(strategy)
    if chosen is None:
        known = ", ".join(sorted(STRATEGIES))
        raise ConfigError(f"strategy = {strategy!r}", "no such acquisition function", f"use one of: {known}")
    if chosen.needs_model and probabilities is None:
        rule = "needs the probabilities of a model, and there is none yet"
        raise ConfigError(f"strategy = {strategy!r}", rule, f"use one for a cold start: {', '.join(COLD_STARTS)}")
    if chosen.needs_brought and brought is None:
        rule = "needs labels that came with the pictures, and there are none"
        raise ConfigError(f"strategy = {strategy!r}", rule, "run: silverprint votes import SOURCE; or use auto")
    pool = checked_pool(embeddings, probabilities, labeled, labels, budget, seed, brought, whole)
    return chosen.pick(pool, **options)
