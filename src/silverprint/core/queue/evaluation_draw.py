"""Draw of evaluation pictures from strata, with known inclusion probabilities.

A class of one picture in a hundred gets one or two of 150 pictures by chance alone. Half of the draw is therefore
shared evenly among the strata, half by their size: every stratum has a floor, no picture has less than half of its
chance in a plain draw, and what is over-sampled weighs less (`core.evaluation.weighted`). A compromise between equal
shares and shares by size: Bankier 1988, "Power Allocations", The American Statistician 42(3), 174-177.

Strata are the classes of first guesses, where a classifier was there before the first round; else clusters of features.
"""

from typing import Final

import numpy as np
import polars as pl
from jaxtyping import Float, Int
from numpy.typing import NDArray

from silverprint.core.queue import roles
from silverprint.core.selection.kmeans import assign, kmeans

Sizes = Int[NDArray[np.int64], " strata"]
Rows = Float[NDArray[np.floating], "n d"]
Chances = Float[NDArray[np.floating], "n classes"]
Places = Int[NDArray[np.int64], " n"]

_EVEN: Final = 0.75  # of the draw is shared evenly among the strata
_PICTURES: Final = 7  # of the draw for each stratum, at least: its floor is three quarters of that
_DOUBT: Final = 0.05  # probability of a second guess from which on it is not out of the question
_SAMPLE: Final = 20_000  # rows that clusters are found on


def by_guess(probabilities: Chances, count: int) -> Places:
    """(n,) the stratum of each picture, 0 to strata - 1: the class that was guessed; or, where the second guess is a
    rarer class that is not out of the question, the doubtful ones of that class. There a model overlooks it.

    Where there are more of these than the draw can speak of, those of about one size are one stratum.

    Args:
        probabilities: (n, C) of the first guesses, C at least 2; rows of 0 where nothing was guessed, a stratum of its
            own.
        count: pictures to draw.
    """
    classes = probabilities.shape[1]
    ranked = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    guess, second = ranked.T
    said = np.bincount(guess, minlength=classes)
    chance = np.take_along_axis(probabilities, ranked[:, 1:], axis=1)[:, 0]
    doubtful = (chance >= _DOUBT) & (said[second] < said[guess])
    kinds = np.where(probabilities.any(axis=1), np.where(doubtful, classes + second, guess), 2 * classes)
    _, places, sizes = np.unique(kinds, return_inverse=True, return_counts=True)
    ranks = np.argsort(np.argsort(sizes, kind="stable"), kind="stable")
    strata = min(len(sizes), _most(count))
    return np.asarray(ranks[places] * strata // len(sizes), dtype=np.int64)


def by_features(rows: Rows, count: int, seed: int) -> Places:
    """(n,) the stratum of each picture, 0 to strata - 1: its cluster among k-means of its features' directions.

    Args:
        rows: (n, d); n at least 1, in an order of chance, as by image_id: clusters are found on the first 20,000.
        count: pictures to draw.
    """
    directions = np.asarray(rows, dtype=np.float32)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
    centres = kmeans(directions[:_SAMPLE], min(len(rows), _most(count)), seed)
    return np.asarray(np.unique(assign(directions, centres), return_inverse=True)[1], dtype=np.int64)


def allocation(sizes: Sizes, count: int) -> Sizes:
    """How many of each stratum are drawn: together `count`, of each one at the least and all at the most.

    Args:
        sizes: pictures in each stratum, 1 or more.
        count: as many as there are strata, or more; no more than there are pictures.
    """
    wanted = count * (_EVEN / len(sizes) + (1 - _EVEN) * sizes / sizes.sum())
    shares = np.clip(wanted, 1, sizes)
    while abs(left := count - shares.sum()) > 1e-9:
        free = (shares < sizes) if left > 0 else (shares > 1)
        shares = np.clip(shares + np.where(free, left * wanted / wanted[free].sum(), 0), 1, sizes)
    whole: Sizes = np.floor(shares + 1e-9).astype(np.int64)
    rest = np.argsort(whole - shares, kind="stable")[: count - whole.sum()]
    whole[rest] += 1
    return whole


def draw(pool: pl.DataFrame, count: int, seed: int) -> pl.DataFrame:
    """`count` rows of `pool`, with `weight`, 1 / each picture's chance to be among them: for how many it stands.

    In each stratum pictures are drawn as `roles.draw` does, at most one of a near-duplicate group: what the chance of
    a group's pictures lacks to the stratum's is left out of account, as it is there. A group is in one stratum, that of
    its first picture.

    Args:
        pool: image_id, group, stratum (0 to strata - 1); sorted by image_id, with `count` groups or more.
    """
    if not count:
        return pool.head(0).with_columns(weight=pl.lit(None, pl.Float64))
    rows = pool.with_columns(pl.col("stratum").first().over("group"))
    rows = rows.with_columns(pl.col("stratum").rank("dense").cast(pl.Int64) - 1)
    counted = rows.group_by("stratum").agg(pl.col("group").n_unique(), pl.len()).sort("stratum")
    taken = allocation(counted["group"].cast(pl.Int64).to_numpy(), count)
    drawn = [
        roles.draw(rows.filter(stratum=stratum), int(taken[stratum]), seed, "evaluation").with_columns(
            weight=pl.lit(pictures / float(taken[stratum]))
        )
        for stratum, pictures in counted.select("stratum", "len").iter_rows()
    ]
    return pl.concat(drawn)


def _most(count: int) -> int:
    return max(1, count // _PICTURES)
