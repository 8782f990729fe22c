"""Weights and inclusion probabilities of evaluation pictures, as the rounds' queues keep them for good."""

from collections.abc import Sequence

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers


def weights(image_ids: pl.Series, rounds: Sequence[str]) -> pl.Series:
    """`weight` of EVALUATION, in the order of `image_ids`."""
    return pl.Series("weight", list(map(_weights(rounds).get, image_ids)), dtype=pl.Float64)


def inclusion(rounds: Sequence[str]) -> dict[str, float]:
    """image_id -> the chance that it was drawn, of the evaluation pictures of these rounds that were drawn from strata;
    nothing of those of a uniform draw, which all had the same.
    """
    return {name: 1 / weight for name, weight in _weights(rounds).items()}


def _weights(rounds: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in rounds:
        if layout.queue(name).exists():
            rows = ledgers.queue(name).filter(role="evaluation").drop_nulls("weight")
            found |= dict(rows.select("image_id", "weight").iter_rows())
    return found
