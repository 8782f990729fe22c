"""Look-alikes: images that are almost the same, yet too far apart for a perceptual hash (cropped, framed, mirrored).

Features say which few pictures may be meant, thumbnails decide. The evidence is good enough for asking once and for
keeping a group on one side of a split, and not for dropping.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.duplicates.hamming_join import join, roots
from silverprint.core.features.nearest_neighbours import Nearest

Indices = NDArray[np.int64]

NEIGHBOURS: Final = 4  # neighbours of each picture that are looked at: copies are nearly always the nearest
# benchmarks/near_duplicates.py shows the second's neighbours on one half of its pictures, and reports on the other.
FEATURES_WEIGH, THUMBNAILS_WEIGH = 2.0, 4.0


def candidate_pairs(near: Nearest, places: Indices, limit: float) -> pl.DataFrame:
    """Pairs that may come to an unlikeness of at most `limit`.

    Args:
        near: of N rows.
        places: (N,) what each row is called here.

    Returns:
        left, right (places, left < right) and cosine, sorted by left and right.
    """
    enough = (near.rows >= 0) & (near.cosines >= 1 - limit / FEATURES_WEIGH)
    one, other = places[np.nonzero(enough)[0]], places[near.rows[enough]]
    pairs = {"left": np.minimum(one, other), "right": np.maximum(one, other), "cosine": near.cosines[enough]}
    return pl.DataFrame(pairs).sort("left", "right")


def unlikeness() -> pl.Expr:
    """Unlikeness of two images, from `cosine` of their features and `residual` of their thumbnails: 0 is the same."""
    return FEATURES_WEIGH * (1 - pl.col("cosine").cast(pl.Float64)) + THUMBNAILS_WEIGH * pl.col("residual")


def join_components(components: Indices, pairs: Indices) -> Indices:
    """Components united by pairs.

    Args:
        components: (N,) the smallest index in each row's component.
        pairs: (P, 2) rows of which each belongs to the other's component.

    Returns:
        (N,) likewise.
    """
    parents = components.copy()
    join(parents, np.ascontiguousarray(pairs, dtype=np.int64))
    return np.asarray(roots(parents))
