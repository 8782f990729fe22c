"""Draw of a queue: how many pictures of each role, and which ones the strategy takes."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.campaign import evaluation_draws, gold_list
from silverprint.config import CROWD, Params
from silverprint.console import say
from silverprint.core import half_precision
from silverprint.core.duplicates import groups
from silverprint.core.queue import evaluation_draw, roles
from silverprint.core.queue.batch_composition import Plan, compose
from silverprint.core.queue.tiers import Asking, Tiers
from silverprint.core.selection import first_pass, select_with_scores
from silverprint.core.selection.strategy import Picks
from silverprint.errors import DataError
from silverprint.stages.queue.pool import UNTOLD, Pool


def plan(params: Params, name: str, included: Sequence[str]) -> Plan:
    """How the queue of round `name` is made up.

    Args:
        included: image_ids that people picked.
    """
    entry = params.rounds[name]
    return Plan(
        strategy=entry.strategy,
        overlap=entry.least_overlap,
        evaluation_overlap=params.evaluation.overlap,
        share_shown=entry.share_shown,
        seed=roles.round_seed(params.seed, name, entry.draw),
        floor=entry.floor,
        included=tuple(included),
        page_images=entry.page_images if entry.page == "grid" else None,
        max_overlap=entry.sequential.max if entry.sequential else None,
        until=entry.sequential.until if entry.sequential else None,
        tiers=_tiers(params),
        judging_sequential=params.evaluation.sequential,
    )


def _tiers(params: Params) -> Tiers:
    asking = {}
    for name, tier in params.tiers.items():
        if tier.least_overlap is not None:
            known = tier.sequential
            asking[name] = Asking(tier.least_overlap, known.max if known else None, known.until if known else None)
    judge = params.adjudicator
    return Tiers(
        of_class={name: rule.tier for name, rule in params.classes.items()},
        asking=asking,
        judging=params.evaluation.tier,
        adjudicator=judge,
        adjudicate_below=params.tiers[judge].adjudicate if judge else None,
    )


def draw(params: Params, name: str, pool: Pool, how: Plan) -> pl.DataFrame:
    """The queue, but for `why` and `features`."""
    joining = None if name == params.chain[0] else _joining(params, name, pool.askable)
    shares = _shares(params, name, pool.askable, pool.relabel.height, joining)

    def choose(left: pl.DataFrame, count: int, taken: pl.DataFrame) -> Picks:
        asked = taken.with_columns(pl.lit(UNTOLD, pl.Int64).alias("class_id"))
        return _choose(pool, how, left, count, pl.concat([pool.labeled, asked], how="diagonal"))

    gold = gold_list.draw(params, name, pool.pictures, pool.manifest, how.seed)
    askable = pool.askable if joining is not None else _with_strata(params, name, pool, how, shares.evaluation)
    queue = compose(askable, shares, how, choose, pl.concat([gold, pool.relabel], how="diagonal"), joining)
    if how.page_images is not None:
        _say_pages(name, queue)
    if further := queue.filter(pl.col("tier") != CROWD)["tier"].value_counts().sort("tier").rows():
        said = ", ".join(f"{count} go to the tier {tier}" for tier, count in further)
        say(f"{name}: of {queue.height} pictures {said}")
    return queue


def _joining(params: Params, name: str, askable: pl.DataFrame) -> pl.DataFrame:
    """The askable pictures that join the evaluation pictures of earlier rounds: half of what is left, at most."""
    drawn = evaluation_draws.drawn(params.chain[: params.chain.index(name)])
    joining = evaluation_draws.joining(params.evaluation.size, askable, drawn)
    if joining.height:
        rate = "at the rate of the first draw"
        if joining["weight"].null_count() == 0:
            rate = f"each for {joining['weight'][0]:.1f} of the first draw (evaluation.size = {params.evaluation.size})"
        say(f"{name}: {joining.height} pictures that came since join the {drawn.height} evaluation pictures, {rate}")
    return joining


def _with_strata(params: Params, name: str, pool: Pool, how: Plan, count: int) -> pl.DataFrame:
    """The askable pictures; with the stratum of each where `count` evaluation pictures are drawn from strata."""
    if not count or params.evaluation.draw == "random":
        return pool.askable
    rows = pool.askable["row"].to_numpy()
    if pool.probabilities is None:
        strata = evaluation_draw.by_features(pool.features.rows[rows], count, how.seed)
        of = "clusters of features"
    else:
        mean = half_precision.from_half(pool.probabilities[:, rows]).mean(axis=0)
        told = pool.askable["predicted"].is_not_null().to_numpy()
        strata, of = evaluation_draw.by_guess(np.where(told[:, None], mean, 0), count), "the first guesses"
    say(f"{name}: {count} evaluation pictures are drawn from {strata.max() + 1} strata, by {of}")
    return pool.askable.with_columns(stratum=pl.Series(strata, dtype=pl.Int64))


def _say_pages(name: str, queue: pl.DataFrame) -> None:
    shared = queue["page"].drop_nulls()
    if not len(shared):
        why = "the model takes too few for one class" if queue["predicted"].count() else "there is no prediction yet"
        say(f"{name}: no pictures share a page ({why}): each has a page of its own")
        return
    alone = queue.height - len(shared)
    say(f"{name}: {len(shared)} pictures share {shared.n_unique()} pages, and {alone} have a page of their own")


def _shares(
    params: Params, name: str, askable: pl.DataFrame, relabel: int, joining: pl.DataFrame | None
) -> roles.Shares:
    available = askable["group"].n_unique()
    first = joining is None
    if available < roles.least(first=first) and not relabel:
        left = "no picture is" if not available else "one picture is"
        rule = (
            "the first queue needs two, one to train on and one to judge by"
            if first
            else "a queue needs one, or labels in doubt"
        )
        remedy = (
            f"relax `clean`, add a source (silverprint source add), or take it back: silverprint round remove {name}"
        )
        if available < askable.height:
            remedy = f"{groups.describe(askable)}; or {remedy}"
        raise DataError(f"{name}: {left} left to ask about", rule, remedy)
    entry = params.rounds[name]
    evaluation = params.evaluation.size if joining is None else joining.height
    shares = roles.shares(
        available,
        evaluation=evaluation,
        budget=entry.budget,
        control=entry.control,
        relabel=relabel,
        audit=entry.audit,
    )
    wanted = evaluation + entry.budget - relabel
    if shares.total < wanted:
        say(
            f"{name}: {available} pictures are left of {wanted} wanted; the queue takes "
            f"{shares.evaluation} for evaluation, {shares.control} for control, {shares.audit} for the audit, "
            f"{shares.train} by strategy"
        )
        if available < askable.height:
            say(f"{name}: {groups.describe(askable)}")
    return shares


def _choose(pool: Pool, how: Plan, left: pl.DataFrame, count: int, labeled: pl.DataFrame) -> Picks:
    known = pl.concat([left, labeled], how="diagonal")
    rows, thought, seen = known["row"].to_numpy(), pool.probabilities, pool.features
    places: NDArray[np.int64] = np.arange(known.height)
    labels, whole = labeled["class_id"].to_numpy(), None
    if first_pass.is_worth_it(how.strategy, known.height):
        places, whole = first_pass.keep(
            how.strategy,
            seen.hashes[rows],
            None if seen.unsure is None else seen.unsure[rows],
            lambda few: seen.rows[rows[few]],
            labeled=places[left.height :],
            labels=labels,
            budget=count,
        )
        rows = rows[places]
    chosen, values = select_with_scores(
        how.strategy,
        embeddings=seen.rows[rows],
        probabilities=None if thought is None else half_precision.from_half(thought[:, rows]),
        labeled=np.flatnonzero(places >= left.height),
        labels=labels,
        brought=None if pool.brought is None else pool.brought[rows],
        budget=count,
        seed=how.seed,
        whole=whole,
    )
    return places[chosen], values
