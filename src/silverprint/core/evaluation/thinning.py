"""Thinning: a uniform draw out of one with known, unequal inclusion probabilities."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray

from silverprint.core.queue.roles import round_seed

Mask = Bool[NDArray[np.bool_], " n"]


def kept(image_ids: Sequence[str], inclusion: Mapping[str, float]) -> Mask:
    """(n,) which pictures to keep so that every picture of the pool had the same chance to be kept: the least of all.

    A picture is kept by a lot of its own, with the least chance over its own. For what needs a plain random draw, such
    as exact binomial tests, and cannot weigh pictures. Pictures without a chance stay: they are of another draw.

    Args:
        inclusion: image_id -> its chance to be drawn, above 0 and up to a factor, of the whole draw.
    """
    least = min(inclusion.values(), default=1.0)
    chances = [least / inclusion[name] if name in inclusion else 1.0 for name in image_ids]
    lots = [round_seed(0, "thinning", name) / 2**32 for name in image_ids]
    return np.array([lot < chance for lot, chance in zip(lots, chances, strict=True)], dtype=np.bool_)
