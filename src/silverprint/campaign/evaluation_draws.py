"""Evaluation pictures with their weights and inclusion probabilities, as the rounds' queues keep them for good."""

from collections.abc import Sequence

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core.queue import evaluation_growth
from silverprint.records import QUEUE

_COLUMNS = ("image_id", "seed", "weight")


def drawn(rounds: Sequence[str]) -> pl.DataFrame:
    """image_id, seed, weight of the evaluation pictures in these rounds' queues, as far as they are drawn."""
    empty = pl.DataFrame(schema={name: QUEUE[name] for name in _COLUMNS})
    queues = [ledgers.queue(name) for name in rounds if layout.queue(name).exists()]
    return pl.concat([empty, *(queue.filter(role="evaluation").select(_COLUMNS) for queue in queues)])


def joining(size: int, askable: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """The pictures of `askable` that join those `drawn`: `size` at most, and half of what is left."""
    return evaluation_growth.joining(askable, drawn, min(size, askable["group"].n_unique() // 2))


def weights(image_ids: pl.Series, rounds: Sequence[str]) -> pl.Series:
    """`weight` of EVALUATION, in the order of `image_ids`."""
    return pl.Series("weight", list(map(_weights(rounds).get, image_ids)), dtype=pl.Float64)


def inclusion(rounds: Sequence[str]) -> dict[str, float]:
    """image_id -> the chance that it was drawn, up to a factor, of the evaluation pictures of these rounds; nothing
    where all had the same.
    """
    return {name: 1 / weight for name, weight in _weights(rounds).items()}


def _weights(rounds: Sequence[str]) -> dict[str, float]:
    rows = drawn(rounds)
    if rows["weight"].null_count() == rows.height:
        return {}
    return dict(rows.select("image_id", pl.col("weight").fill_null(1.0)).iter_rows())
