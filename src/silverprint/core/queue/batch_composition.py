"""Composition of a queue: evaluation and control by chance from the pool, then people's picks and the strategy's, and
the audit by chance from what is left: it stands for the pictures that nobody is asked about.
"""

from dataclasses import dataclass, field

import polars as pl

from silverprint.core.queue import evaluation_draw, evaluation_growth, roles, shared_pages, tiers
from silverprint.core.queue.class_floors import Choose, pick_with_floors
from silverprint.core.queue.reasons import INCLUDED
from silverprint.core.queue.tiers import Asking, Tiers
from silverprint.core.splits import HELD_OUT, TRAINABLE
from silverprint.core.votes import judging_overlap
from silverprint.records import QUEUE, conform


@dataclass(frozen=True)
class Plan:
    """What a round asks for, beside the number of pictures."""

    strategy: str
    overlap: int  # people per picture
    evaluation_overlap: int  # likewise for what judges the model: evaluation and audit
    share_shown: float  # of the pictures whose page may show the prediction, 0..1
    seed: int
    floor: float = 0.0  # share of the strategy's picks that is divided evenly among the predicted classes
    included: tuple[str, ...] = ()  # image_ids that people picked for the round
    page_images: int | None = None  # pictures on a page, at most; None: each has a page of its own
    max_overlap: int | None = None  # people per picture at most, while its label is not sure; None: `overlap` is all
    until: float | None = None  # confidence, 0..1, from which on a label is sure
    tiers: Tiers = field(default_factory=Tiers)
    judging_sequential: bool = False  # whether people are asked one after the other about evaluation and audit


def compose(
    askable: pl.DataFrame,
    shares: roles.Shares,
    plan: Plan,
    choose: Choose,
    beside: pl.DataFrame,
    joining: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The queue, by rank. No two of its pictures are of one near-duplicate group.

    A prediction is never pre-selected for evaluation and audit pictures, whose labels judge the model, nor for a second
    look: of what it was trained on, a model repeats what it was taught. So none of those shares a page with others.
    Pictures that judge a model or people have a number of people of their own, whatever `plan.max_overlap` says. What
    judges a model goes to one tier, the others to that of their predicted class.

    Args:
        askable: image_id, group, predicted, confidence, model_id, shown_to, and what `choose` needs; sorted by
            image_id. With `stratum`, 0 to strata - 1, where evaluation pictures are drawn from strata.
        shares: pictures per role; together at most the number of groups.
        choose: the strategy; sees one picture per group that chance and people left over, the group's first.
        beside: the pictures that are not drawn from `askable`, whose groups have none there, with role and strategy;
            and with overlap where it is another one than the round's.
        joining: the rows of `askable` that `evaluation_growth.joining` gave: the round's evaluation pictures, whatever
            `shares` says; None where evaluation pictures are drawn here.

    Returns:
        QUEUE, sorted by rank, but for `features` and `why`.
    """
    evaluation = _first_draw(askable, shares.evaluation, plan.seed) if joining is None else joining
    left = roles.drop_groups(askable, evaluation)
    control = roles.draw(left, shares.control, plan.seed, "control")
    left = roles.drop_groups(left, control)
    chosen = _chosen(left, shares.train, plan, choose)
    audit = roles.draw(roles.drop_groups(left, chosen), shares.audit, plan.seed, "audit")
    drawn = pl.concat(
        [
            _receipts(evaluation, "evaluation", "random", _judging_overlap(plan, "evaluation")),
            _receipts(control, "control", "random", plan.overlap),
            _receipts(audit, "audit", "random", _judging_overlap(plan, "audit")),
            _with_overlap(beside, plan.overlap),
        ],
        how="diagonal",
    )
    drawn_ranks, chosen_ranks = roles.mix_ranks(drawn.height, chosen.height, plan.seed)
    drawn = drawn.with_columns(pl.Series("rank", drawn_ranks))
    chosen = chosen.with_columns(pl.Series("rank", chosen_ranks))
    mixed = pl.concat([drawn, chosen], how="diagonal")
    shown = roles.may_be_prompted() & roles.is_drawn(mixed, plan.share_shown, plan.seed, "shown")
    own = beside.filter(pl.col("overlap").is_not_null())["image_id"] if "overlap" in beside.columns else pl.Series([""])
    judges = pl.col("role").is_in(HELD_OUT) | pl.col("image_id").is_in(own.implode())
    queue = mixed.with_columns(
        pl.lit(plan.seed).alias("seed"), tiers.of_rows(plan.tiers, judges), shown.alias("show_prediction")
    )
    usual = Asking(plan.overlap, plan.max_overlap, plan.until)
    queue = tiers.asked(queue, plan.tiers, usual, judges, pl.col("role").is_in(TRAINABLE) & ~judges)
    most = judging_overlap.most(plan.evaluation_overlap) if plan.judging_sequential else plan.evaluation_overlap
    goes_on = pl.col("role").is_in(HELD_OUT) & (pl.col("overlap") < most)
    queue = queue.with_columns(max_overlap=pl.when(goes_on).then(most).otherwise("max_overlap"))
    queue = conform(queue, QUEUE).sort("rank")
    if plan.page_images is None:
        return queue
    return shared_pages.share(queue, plan.page_images, plan.seed, hidden=0 < plan.share_shown < 1)


def _first_draw(askable: pl.DataFrame, count: int, seed: int) -> pl.DataFrame:
    if "stratum" in askable.columns:
        return evaluation_draw.draw(askable, count, seed)
    return roles.draw(askable, count, seed, evaluation_growth.WHAT)


def _judging_overlap(plan: Plan, role: str) -> int:
    most = plan.evaluation_overlap
    return judging_overlap.least(role, most) if plan.judging_sequential else most


def _chosen(left: pl.DataFrame, count: int, plan: Plan, choose: Choose) -> pl.DataFrame:
    """What people picked, as far as `count` goes, and then what the strategy picks; the best first."""
    wanted = left.filter(pl.col("image_id").is_in(plan.included)).unique("group", keep="first", maintain_order=True)
    picked = wanted.head(count)
    left = roles.drop_groups(left, picked).unique("group", keep="first", maintain_order=True)
    places, values = pick_with_floors(left, count - picked.height, picked, plan.floor, choose)
    train = left[places].with_columns(pl.Series("score", values).fill_nan(None))
    by_hand = _receipts(picked, "train", INCLUDED, plan.overlap)
    return pl.concat([by_hand, _receipts(train, "train", plan.strategy, plan.overlap)], how="diagonal")


def _with_overlap(beside: pl.DataFrame, overlap: int) -> pl.DataFrame:
    own = pl.col("overlap").fill_null(overlap) if "overlap" in beside.columns else pl.lit(overlap).alias("overlap")
    return beside.with_columns(own)


def _receipts(rows: pl.DataFrame, role: str, strategy: str, overlap: int) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(role).alias("role"), pl.lit(strategy).alias("strategy"), pl.lit(overlap).alias("overlap")
    )
