"""Weights of a release's test pictures: for how many of the pool each one of the evaluation draw stands."""

from collections.abc import Sequence

import polars as pl

from silverprint.campaign import evaluation_draws


def add(rows: pl.DataFrame, rounds: Sequence[str]) -> pl.DataFrame:
    """`rows` with `weight`: of an evaluation picture 1 over the chance with which it was drawn, or 1 where all had the
    same; null of all others, which stand for no pool: audit pictures come from what was left of it, those of a test
    source from what people were asked.
    """
    drawn = evaluation_draws.weights(rows["image_id"], rounds)
    if drawn.is_null().all():
        drawn = pl.repeat(1.0, rows.height, dtype=pl.Float64, eager=True)
    judges = (pl.col("split") == "test") & (pl.col("role") == "evaluation")
    return rows.with_columns(pl.when(judges).then(drawn).alias("weight"))
