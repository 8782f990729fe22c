"""Which labels a round's model is trained on, which it is judged on, and which measure what the strategy gained."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float
from numpy.typing import NDArray

from silverprint.core.resampling import subsets
from silverprint.core.splits import TRAINABLE, usable

Draws = Float[NDArray[np.float64], "draws n"]


class Examples(NamedTuple):
    """Rows of LABELS, sorted by image_id; every label is one of the classes."""

    training: pl.DataFrame
    evaluation: pl.DataFrame


def examples(
    labels: pl.DataFrame,
    manifest: pl.DataFrame,
    *,
    classes: tuple[str, ...],
    withdrawn: frozenset[str],
    binding: frozenset[str],
) -> Examples:
    """Splits the labels so far.

    A picture that a threshold rejected after people labelled it stays; a withdrawal or a licence takes it out. A
    picture in a near-duplicate group with an evaluation picture, whatever its label, is never trained on.

    Args:
        labels: LABELS so far.
        manifest: MANIFEST.
        classes: the dataset's.
        withdrawn: image_ids that may not be used.
        binding: reasons in the manifest that keep a labelled picture out, too.
    """
    allowed = usable(manifest, binding).filter(~pl.col("image_id").is_in(sorted(withdrawn)))
    rows = labels.join(allowed.select("image_id", "group"), on="image_id").sort("image_id")
    held_out = rows.filter(pl.col("role") == "evaluation")["group"].drop_nulls().unique()
    straddles = pl.col("group").is_in(held_out.implode()).fill_null(False)
    known = rows.filter(pl.col("label").is_in(list(classes)))
    return Examples(
        known.filter(pl.col("role").is_in(TRAINABLE) & ~straddles).drop("group"),
        known.filter(pl.col("role") == "evaluation").drop("group"),
    )


class Arms(NamedTuple):
    """Models to train for a comparison at equal cost: earlier labels + k chosen ones, or + k of the random control."""

    k: int
    chosen: Draws  # weights 0 or 1 over the training rows
    random: Draws


def control_arms(
    training: pl.DataFrame, round_name: str, by_strategy: Collection[str], *, draws: int, seed: int
) -> Arms | None:
    """The arms of `round_name`; None where it has no control label or no chosen one.

    What people picked by hand is in neither arm: it says nothing about the strategy.

    Args:
        training: `Examples.training`.
        by_strategy: image_ids that the round's strategy chose.
        draws: pairs of subsets; where all k are needed only the other arm varies.
    """
    here = training["round"] == round_name
    picked = training["image_id"].is_in(list(by_strategy))
    chosen = np.flatnonzero((here & (training["role"] == "train") & picked).to_numpy())
    random = np.flatnonzero((here & (training["role"] == "control")).to_numpy())
    k = min(len(chosen), len(random))
    if k == 0:
        return None
    earlier = (~here).to_numpy().astype(np.float64)
    n = training.height
    return Arms(
        k,
        earlier + subsets(chosen, k, draws, n, seed),
        earlier + subsets(random, k, draws, n, seed + 1),
    )
