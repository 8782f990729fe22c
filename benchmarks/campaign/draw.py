"""Draw of a simulated campaign's queue, as the queue stage composes it."""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from benchmarks.campaign.people import class_names, image_ids
from benchmarks.consensus import Numbers
from silverprint.core.queue import roles
from silverprint.core.queue.batch_composition import Plan, compose
from silverprint.core.selection import select_with_scores
from silverprint.core.selection.strategy import Picks
from silverprint.core.splits import TRAINABLE

if TYPE_CHECKING:
    from benchmarks.campaign.ours import Campaign

PAGE_IMAGES: Final = 24
GROWTH: Final = 4  # a round has a quarter as many pictures as were asked before, where that is more than its budget


def draw(campaign: "Campaign", name: str) -> pl.DataFrame:
    """QUEUE of round `name`, but for `features` and `why`."""
    way, first = campaign.way, not campaign.steps
    free = np.setdiff1d(np.arange(len(campaign.names)), campaign.at(campaign.asked))
    shares = roles.shares(
        len(free),
        evaluation=way.evaluation if first else 0,
        budget=max(way.budget, campaign.asked.height // GROWTH),
        control=way.first_control if first else way.control,
        audit=way.audit,
    )
    grid = way.page == "grid"
    plan = Plan(
        strategy="auto" if campaign.brought is None else "doubt",
        overlap=way.least,
        evaluation_overlap=way.votes,
        judging_sequential=True,
        share_shown=0.0,
        seed=roles.round_seed(campaign.seed, name),
        page_images=PAGE_IMAGES if grid else None,
        max_overlap=None if grid else way.most,
        until=None if grid else way.until,
    )

    def choose(left: pl.DataFrame, count: int, taken: pl.DataFrame) -> Picks:
        return _choose(campaign, plan, left["row"].to_numpy(), count)

    beside = pl.DataFrame(schema={"image_id": pl.String, "role": pl.String, "strategy": pl.String})
    return compose(_askable(campaign, free), shares, plan, choose, beside)


def _askable(campaign: "Campaign", free: Numbers) -> pl.DataFrame:
    rows = pl.DataFrame({"row": free, "image_id": image_ids(free), "group": free})
    nothing = (pl.lit(None, pl.String).alias("predicted"), pl.lit(None, pl.Float64).alias("confidence"))
    rows = rows.with_columns(*nothing, *(pl.lit(None, pl.String).alias(name) for name in ("model_id", "shown_to")))
    if campaign.probabilities is None:
        return rows
    thought = campaign.probabilities[free]
    said = pl.Series("predicted", class_names(thought.argmax(axis=1)), dtype=pl.String)
    return rows.with_columns(said, pl.Series("confidence", thought.max(axis=1).astype(np.float64)))


def _choose(campaign: "Campaign", plan: Plan, left: Numbers, count: int) -> Picks:
    known = campaign.labels.filter(pl.col("role").is_in(TRAINABLE)) if campaign.steps else None
    nothing = np.empty(0, dtype=np.int64)
    labeled, labels = (nothing, nothing) if known is None else (campaign.at(known), campaign.ids(known))
    rows, thought = np.concatenate([left, labeled]), campaign.probabilities
    return select_with_scores(
        plan.strategy,
        embeddings=campaign.rows[rows],
        probabilities=None if thought is None else thought[rows],
        labeled=np.arange(len(left), len(rows)),
        labels=labels,
        brought=None if campaign.brought is None else campaign.brought[rows],
        budget=count,
        seed=plan.seed,
    )
