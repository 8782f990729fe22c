"""Growth of the evaluation set: images that came after its draw join it at the rate of that draw.

The first round draws the evaluation images with the least lots, and an image's lot depends on its image_id and the seed
of that draw alone (permanent random numbers, Ohlsson 1995, "Coordination of Samples Using Permanent Random Numbers").
So the greatest lot that was drawn, t, says which of the later images would have been drawn, had they been there: those
with a lot of at most t. With them the set is a uniform draw of the whole pool again, and no label was looked at.

Where that would be more images than are wanted at once, the rate falls, for this round and for those after it: of the
newcomers those with a lot of at most t / w join, and each weighs w of the first ones.
"""

from typing import Final

import polars as pl

from silverprint.core.queue import roles

WHAT: Final = "evaluation"

_LOTS: Final = 2**128
_ROUNDING: Final = 1e-12


def joining(askable: pl.DataFrame, drawn: pl.DataFrame, most: int) -> pl.DataFrame:
    """The rows of `askable` that join, at most one of a near-duplicate group, with `weight`: null where it is 1.

    None do where the first draw was one from strata, whose rates are the strata's.

    Args:
        askable: image_id, group, and what the rows bring along.
        drawn: image_id, seed, weight of the evaluation images so far, those of the first draw first.
        most: images, at most.
    """
    first = drawn.filter(pl.col("seed") == drawn["seed"].first()) if drawn.height else drawn
    if first.is_empty() or first["weight"].null_count() < first.height or most < 1:
        return _weighing(askable.head(0), 1.0)
    seed = int(first["seed"][0])
    rate = max(_lots(first, seed))
    weight = float(drawn["weight"].fill_null(1.0).max())  # type: ignore[arg-type]
    rows = askable.with_columns(pl.Series("lot", _lots(askable, seed), dtype=pl.Float64))
    rows = rows.filter(pl.col("lot") * weight <= rate * (1 + _ROUNDING)).sort("lot", "image_id")
    rows = rows.unique("group", keep="first", maintain_order=True)
    if rows.height > most:
        rows = rows.head(most)
        weight = rate / float(rows["lot"][-1])
    return _weighing(rows.drop("lot"), weight)


def _lots(rows: pl.DataFrame, seed: int) -> list[float]:
    """0..1 of each row."""
    return [int.from_bytes(roles.lot(seed, WHAT, image_id), "big") / _LOTS for image_id in rows["image_id"]]


def _weighing(rows: pl.DataFrame, weight: float) -> pl.DataFrame:
    return rows.with_columns(weight=pl.lit(None if weight == 1.0 else weight, pl.Float64))
