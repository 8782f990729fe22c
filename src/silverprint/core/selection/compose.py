"""One queue: chance draws evaluation and control first, from the whole pool; then the strategy chooses the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from silverprint.core.selection import roles
from silverprint.core.selection.pool import Picks
from silverprint.records import QUEUE, conform

# Of the frame's rows, the best first, as many as asked for: their places, and their acquisition values.
Choose: TypeAlias = Callable[[pl.DataFrame, int], Picks]

TIER = "crowd"


@dataclass(frozen=True)
class Plan:
    """What a round asks for, beside the number of pictures."""

    strategy: str
    overlap: int  # people per picture
    evaluation_overlap: int
    show_predictions: bool
    seed: int


def compose(askable: pl.DataFrame, shares: roles.Shares, plan: Plan, choose: Choose) -> pl.DataFrame:
    """The queue, by rank. No two of its pictures are of one near-duplicate group.

    A prediction is never pre-selected for evaluation pictures: their labels judge the model.

    Args:
        askable: image_id, group, predicted, confidence, model_id, and what `choose` needs; sorted by image_id.
        shares: pictures per role; together at most the number of groups.
        choose: the strategy; sees one picture per group that chance left over, the group's first.

    Returns:
        QUEUE, sorted by rank.
    """
    evaluation = roles.draw(askable, shares.evaluation, plan.seed, "evaluation")
    left = roles.without_groups(askable, evaluation)
    control = roles.draw(left, shares.control, plan.seed, "control")
    left = roles.without_groups(left, control).unique("group", keep="first", maintain_order=True)
    places, values = choose(left, shares.train)
    train = left[places].with_columns(pl.Series("score", values).fill_nan(None))
    drawn_ranks, chosen_ranks = roles.mixed(evaluation.height + control.height, train.height, plan.seed)
    drawn = pl.concat(
        [
            _receipts(evaluation, "evaluation", "random", plan.evaluation_overlap),
            _receipts(control, "control", "random", plan.overlap),
        ]
    ).with_columns(pl.Series("rank", drawn_ranks))
    chosen = _receipts(train, "train", plan.strategy, plan.overlap).with_columns(pl.Series("rank", chosen_ranks))
    shown = pl.lit(plan.show_predictions) & pl.col("predicted").is_not_null() & (pl.col("role") != "evaluation")
    queue = pl.concat([drawn, chosen], how="diagonal").with_columns(
        pl.lit(plan.seed).alias("seed"), pl.lit(TIER).alias("tier"), shown.alias("show_prediction")
    )
    return conform(queue, QUEUE).sort("rank")


def _receipts(rows: pl.DataFrame, role: str, strategy: str, overlap: int) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(role).alias("role"), pl.lit(strategy).alias("strategy"), pl.lit(overlap).alias("overlap")
    )
