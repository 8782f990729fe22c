"""Gain of a round's strategy over random choice: k chosen labels against k random ones, at equal cost.

Which pictures happen to be among the k decides more than the strategy does, so that has to vary in the interval, too.
The chosen and the random labels of a round are cut by chance into blocks of k, and a model is trained on the earlier
labels and each block. If there is no difference between the two kinds, disjoint blocks of the mixed labels are
independent draws of one kind: the variance between them is that of one block's accuracy, V, and the mean of q chosen
blocks less that of p random ones has the variance V (1/q + 1/p). Several cuts are averaged; what that takes from the
variance is measured between them. Added is what the evaluation pictures leave open: the variance, over pictures, of how
much oftener the chosen models are right, beyond what the blocks explain.

`python -m benchmarks.gain` simulates how often such intervals hold the true gain: docs/benchmarks/gain.md.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

Weights = Float[NDArray[np.float64], "models n"]
Rights = Bool[NDArray[np.bool_], "models pictures"]
PictureWeights = Float[NDArray[np.float64], " pictures"]
Cuts = Float[NDArray[np.float64], "cuts blocks pictures"]

_MODELS: Final = 40  # approximate number of models of one kind: cuts are added until there are so many
_BLOCKS: Final = 20  # blocks of one cut, at most
_CUTS: Final = 4  # cuts of the mixed labels, at least
_POWER: Final = 0.8


class Trials(NamedTuple):
    """Models to train, as weights 0 or 1 over the training rows: the earlier labels and a block of k.

    Attributes:
        k: labels in a block.
        blocks: of one cut: chosen, random, mixed.
        weights: those of all cuts of the chosen, then of the random, then of the mixed labels.
        labels: chosen and random ones of the round.
    """

    k: int
    blocks: tuple[int, int, int]
    cuts: tuple[int, int, int]
    labels: int
    weights: Weights


class Gain(NamedTuple):
    """
    Attributes:
        k: labels that differ between the two kinds of models.
        chosen, random: mean accuracy with k chosen and with k random labels, 0..1.
        gain: chosen - random, with `low` and `high`, its 95 % interval, -1..1.
        detectable: the least true gain that such an interval would lie above 0 of in four of five rounds; 1 at most.
    """

    k: int
    chosen: float
    random: float
    gain: float
    low: float
    high: float
    detectable: float


def trials(training: pl.DataFrame, round_name: str, by_strategy: Collection[str], *, seed: int) -> Trials | None:
    """What to train to measure the gain of `round_name`; None where it has no control label or no chosen one.

    What people picked by hand is of neither kind: it says nothing about the strategy.

    Args:
        training: `training_set.Examples.training`.
        by_strategy: image_ids that the round's strategy chose.
    """
    here = training["round"] == round_name
    picked = training["image_id"].is_in(list(by_strategy))
    chosen = np.flatnonzero((here & (training["role"] == "train") & picked).to_numpy())
    random = np.flatnonzero((here & (training["role"] == "control")).to_numpy())
    k = min(len(chosen), len(random))
    if k == 0:
        return None
    rng = np.random.default_rng(seed)
    kinds = (chosen, random, np.concatenate([chosen, random]))
    blocks = tuple(min(_BLOCKS, len(rows) // k) for rows in kinds)
    cuts = tuple(1 if len(rows) == k else max(_CUTS, -(-_MODELS // n)) for rows, n in zip(kinds, blocks, strict=True))
    earlier = (~here).to_numpy().astype(np.float64)
    weights = [
        earlier + _block_weights(_cut(rows, k, number, rng), training.height)
        for rows, number, times in zip(kinds, blocks, cuts, strict=True)
        for _ in range(times)
    ]
    return Trials(k, blocks, cuts, len(kinds[2]), np.concatenate(weights))  # type: ignore[arg-type]


def gain(found: Trials, right: Rights, level: float = 0.95, pictures_stand_for: PictureWeights | None = None) -> Gain:
    """The gain, from whether each of the trials' models is right on each evaluation picture.

    Args:
        right: a row for each of `found.weights`, at least one picture.
        pictures_stand_for: (pictures,) the weight of each; None: all alike. Then all means over pictures are weighted.
    """
    chosen, random, mixed = _kinds(found, right)
    if pictures_stand_for is not None:
        chosen, random, mixed = (
            part * (pictures_stand_for / pictures_stand_for.mean()) for part in (chosen, random, mixed)
        )
    shares = 1 / found.blocks[0] + 1 / found.blocks[1]
    by_picture = chosen.mean(axis=(0, 1)) - random.mean(axis=(0, 1))
    value = float(by_picture.mean())
    blocks = float(_spread(mixed.mean(axis=2), chosen.mean(axis=2), random.mean(axis=2), shares))
    # At the least half of what one cut would have: it is a difference of two estimates.
    blocks = max(blocks, float(mixed.mean(axis=2).var(axis=1, ddof=1).mean()) * shares / 2)
    explained = float(_spread(mixed, chosen, random, shares).mean())
    pictures = len(by_picture)
    beyond = max(0.0, float(np.var(by_picture) - (explained - blocks))) / max(1, pictures - 1)
    error = float(np.sqrt(blocks + beyond))
    freedom = found.labels - 2
    reach = float(stdtrit(freedom, (1 + level) / 2)) if freedom > 0 else np.inf
    low, high = (value - reach * error, value + reach * error) if np.isfinite(reach) else (-1.0, 1.0)
    least = (reach + float(ndtri(_POWER))) * error if np.isfinite(reach) else 1.0
    return Gain(
        found.k, float(chosen.mean()), float(random.mean()), value, max(-1.0, low), min(1.0, high), min(1.0, least)
    )


def _spread(
    mixed: NDArray[np.float64], chosen: NDArray[np.float64], random: NDArray[np.float64], shares: float
) -> NDArray[np.float64]:
    """The variance of the difference of means that the choice of labels makes; axes are cuts, blocks and any others."""
    one_block = mixed.var(axis=1, ddof=1).mean(axis=0)
    averaged = sum(
        kind.mean(axis=1).var(axis=0, ddof=1) * (1 - 1 / len(kind)) for kind in (chosen, random) if len(kind) > 1
    )
    return np.asarray(one_block * shares - averaged)


def _kinds(found: Trials, right: Rights) -> list[Cuts]:
    sizes = [cuts * blocks for cuts, blocks in zip(found.cuts, found.blocks, strict=True)]
    parts = np.split(right.astype(np.float64), np.cumsum(sizes)[:-1])
    return [part.reshape(cuts, blocks, -1) for part, cuts, blocks in zip(parts, found.cuts, found.blocks, strict=True)]


def _cut(rows: NDArray[np.int64], k: int, blocks: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(blocks, k): disjoint blocks of `rows`, drawn by chance."""
    return rng.permutation(rows)[: blocks * k].reshape(blocks, k)


def _block_weights(blocks: NDArray[np.int64], n: int) -> Weights:
    weights = np.zeros((len(blocks), n))
    np.put_along_axis(weights, blocks, 1.0, axis=1)
    return weights
