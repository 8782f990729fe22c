"""Explanation of a queue: why each picture is asked about, and why one that a person picked is not."""

from collections.abc import Sequence

import polars as pl

from silverprint import layout
from silverprint.console import say
from silverprint.core import half_precision, uncertainty
from silverprint.core.features import block_weights
from silverprint.core.queue.batch_composition import Plan
from silverprint.core.queue.reasons import prediction_sentences, reasons
from silverprint.stages.queue.pool import Pool, first_few


def explain(queue: pl.DataFrame, pool: Pool, how: Plan, picked: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """`queue` with `why`, and `features` of each row that the strategy chose.

    Args:
        picked: image_id, by, why: what people picked for this round.
        classes: in the order of the probabilities.
    """
    told = {row["image_id"]: f"Picked by {row['by']}: {row['why']}" for row in picked.to_dicts()}
    told |= dict(pool.relabel.select("image_id", "why").iter_rows())
    by_strategy = (pl.col("role") == "train") & (pl.col("strategy") == how.strategy)
    features = pl.when(by_strategy).then(pl.lit(block_weights.describe(pool.features.weights))).alias("features")
    return queue.with_columns(features, reasons(queue, _leading(queue, pool, classes), told))


def say_left_out(name: str, included: Sequence[str], queue: pl.DataFrame, pool: Pool) -> None:
    """One line for each reason why a picture that a person picked is not asked about."""
    left = set(included) - set(queue["image_id"])
    kept = set(pool.pictures.filter("kept")["image_id"])
    free = set(pool.askable["image_id"])
    for why, ids in {
        "not in the pool": left - kept,
        "asked before, excluded, withdrawn, gold or personal, or a near-duplicate is": left & kept - free,
        "a near-duplicate is in the queue, or the budget is spent": left & free,
    }.items():
        if ids:
            say(f"{name}: {len(ids)} of {layout.INCLUDE} left out ({why}): {first_few(ids)}")


def _leading(queue: pl.DataFrame, pool: Pool, classes: Sequence[str]) -> dict[str, str]:
    """What the model hesitates between, for each picture of the queue."""
    if pool.probabilities is None:
        return {}
    said = pool.pictures.drop_nulls("model_id")  # a classifier may say nothing of a picture
    asked = said.join(queue.select("image_id"), on="image_id", how="semi", maintain_order="left")
    mean = uncertainty.mean(half_precision.from_half(pool.probabilities[:, asked["row"].to_numpy()]))
    return dict(zip(asked["image_id"], prediction_sentences(mean, tuple(classes)), strict=True))
