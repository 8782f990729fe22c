"""Forecast of the next round: its cost, its likely gain, and whether it is worth it. From files alone."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from silverprint import layout
from silverprint.campaign import (
    askable_pictures,
    comparable_models,
    evaluation_draws,
    ledgers,
    people_at_hand,
    round_state,
)
from silverprint.campaign.round_status import RoundStatus
from silverprint.config import Params, SequentialOverlap
from silverprint.core.evaluation import stopping, weighted
from silverprint.core.evaluation.stopping import Stability, Step
from silverprint.core.queue import roles
from silverprint.core.votes import judging_overlap, labelling_effort, vote_ledger
from silverprint.store import evaluations

_HOUR = 3600.0


@dataclass(frozen=True)
class Effort:
    """People's work.

    Attributes:
        hours: null where no browser has said yet how long an answer takes.
        cost: in `people.currency`; null where the hours are, or where no price is set.
        most: the work at most, where sequential overlap decides how much it becomes: the other figures are the least
            then. Null where the work is known.
        expected: the work with as many answers a picture as earlier rounds with the same knobs took; null where there
            was no such round.
    """

    votes: int
    hours: float | None
    cost: float | None
    most: "Effort | None" = None
    expected: "Effort | None" = None


@dataclass(frozen=True)
class Comparison:
    """A round's model against the one before, and what the round cost."""

    round: str
    before: str
    step: Step
    effort: Effort


@dataclass(frozen=True)
class Outlook:
    """
    Attributes:
        ahead: the first round that people have not finished, perhaps a planned one, and what is still to be done in it;
            null if there is none.
        is_guess: the pictures were not read on this machine, so what is ahead is what params.yaml asks for.
        comparisons: of each trained round with the one before it, as far as their predictions are on this disk and
            their models, or rebuilt ones, learnt on the same features.
        unlike: the last two trained rounds, the earlier one first, where they did not; null where they did.
    """

    ahead: tuple[str, Effort] | None
    is_guess: bool
    comparisons: list[Comparison]
    unlike: tuple[str, str] | None
    verdict: stopping.Verdict


def outlook(params: Params, standings: list[RoundStatus]) -> Outlook:
    votes = {name: _votes(name) for name in params.chain}
    spent = {
        name: _effort(params, rows.height, labelling_effort.seconds_per_vote(rows["lead_time_s"]))
        for name, rows in votes.items()
    }
    comparisons = _comparisons(params, spent)
    unfinished = next((one for one in standings if one.state != "closed"), None)
    ahead = None if unfinished is None else (unfinished.round, _ahead(params, unfinished))
    is_guess = unfinished is not None and not unfinished.pictures and not layout.MANIFEST.exists()
    return Outlook(ahead, is_guess, comparisons, _unlike(params), stopping.verdict([one.step for one in comparisons]))


def _votes(name: str) -> pl.DataFrame:
    """The answers that people gave in the round, one per picture and person."""
    return ledgers.votes_so_far(name).filter(pl.col("status").is_in(vote_ledger.ANSWERS))


def _ahead(params: Params, standing: RoundStatus) -> Effort:
    if not standing.pictures:
        return cost(params, standing.round, unasked_pictures(params))
    pace = _pace(params)
    least, most = standing.votes_needed - standing.votes, standing.votes_most - standing.votes
    if most == least:
        return _effort(params, least, pace)
    queue = ledgers.queue(standing.round)
    rows = queue.drop_nulls("until")
    if rows.is_empty():
        return _range(params, least, most, None, pace)
    knobs = SequentialOverlap(*rows.select("overlap", "max_overlap", "until").row(0))
    whole = _expected(params, int(queue["overlap"].sum()), rows.height, knobs)
    expected = None if whole is None else min(max(whole - standing.votes, least), most)
    return _range(params, least, most, expected, pace)


def cost(params: Params, name: str, left: int | None) -> Effort:
    """What the round will take whose queue is not drawn yet, planned or opened, at the pace of the rounds so far.

    Args:
        left: `unasked_pictures`.
    """
    return _of_plan(params, name, left, _pace(params), _joining(params, name))[1]


def all_rounds(params: Params, left: int, pace_s: float | None = None) -> list[tuple[str, Effort]]:
    """What every round takes, opened or planned, in their order, as if nobody had been asked yet.

    Args:
        left: kept pictures, near-duplicates as one.
        pace_s: seconds a vote; None: that of the rounds so far.
    """
    pace, found = pace_s or _pace(params), []
    for name in params.round_names:
        first_asked, effort = _of_plan(params, name, left, pace)
        left -= first_asked
        found.append((name, effort))
    return found


def _of_plan(params: Params, name: str, left: int | None, pace_s: float | None, joining: int = 0) -> tuple[int, Effort]:
    """The pictures that the round asks about for the first time, and what it takes.

    Args:
        joining: evaluation pictures of a round after the first.
    """
    entry = params.planned[name] if name in params.planned else params.rounds[name]
    evaluation = params.evaluation.size if name == params.round_names[0] else joining
    budget = entry.budget
    if left is not None:
        evaluation = min(evaluation, left)
        budget = min(budget, left - evaluation + round(entry.relabel * budget))
    audit = round(entry.audit * budget)
    judges, judging_most = _judging_votes(params, evaluation, audit)
    votes = (budget - audit + entry.gold) * entry.least_overlap + judges
    first_asked = evaluation + budget if left is None else min(evaluation + budget, left)
    overlap = people_at_hand.at_most(entry.most_overlap, least=entry.least_overlap)
    most = votes + (budget - audit) * (overlap - entry.least_overlap) + judging_most - judges
    if most == votes:
        return first_asked, _effort(params, votes, pace_s)
    known = entry.sequential
    expected = None if known is None else _expected(params, votes, budget - audit, known)
    return first_asked, _range(params, votes, most, expected, pace_s)


def _judging_votes(params: Params, evaluation: int, audit: int) -> tuple[int, int]:
    """About so many pictures of these roles: in any case, and at most."""
    overlap = params.evaluation.overlap
    if not params.evaluation.sequential:
        return (evaluation + audit) * overlap, (evaluation + audit) * overlap
    roles_asked = (("evaluation", evaluation), (judging_overlap.AUDIT, audit))
    least = sum(count * judging_overlap.least(role, overlap) for role, count in roles_asked)
    most = people_at_hand.at_most(judging_overlap.most(overlap), params.evaluation.tier, least=overlap)
    return least, (evaluation + audit) * most


def first_shares(params: Params, left: int | None) -> roles.Shares | None:
    """How the first round's queue will share a pool that is too small for what it wants; null where it is not, or where
    nobody knows yet.

    Args:
        left: `unasked_pictures`.
    """
    if len(params.chain) != 1 or left is None:
        return None
    entry, evaluation = params.rounds[params.last], params.evaluation.size
    if left >= evaluation + entry.budget:
        return None
    return roles.shares(left, evaluation=evaluation, budget=entry.budget, control=entry.control, audit=entry.audit)


def _range(params: Params, least: int, most: int, expected: int | None, pace_s: float | None) -> Effort:
    probable = None if expected is None else _effort(params, expected, pace_s)
    return replace(_effort(params, least, pace_s), most=_effort(params, most, pace_s), expected=probable)


def _expected(params: Params, least: int, pictures: int, knobs: SequentialOverlap) -> int | None:
    """The votes of a round if its `pictures` with sequential overlap take as many answers as those of the closed rounds
    with the same knobs; None where there is none. `least` are asked for in any case.
    """
    found = []
    for name in params.chain:
        state = round_state.load(name)
        if state is None or not state.is_closed or state.ended_early:
            continue
        same = (
            (pl.col("overlap") == knobs.min) & (pl.col("max_overlap") == knobs.max) & (pl.col("until") == knobs.until)
        )
        people = _votes(name).group_by("image_id").agg(pl.col("annotator").n_unique())
        found.append(ledgers.queue(name).filter(same).join(people, on="image_id")["annotator"])
    answers = pl.concat(found) if found else pl.Series([], dtype=pl.UInt32)
    if answers.is_empty():
        return None
    return least + round((answers.sum() / answers.len() - knobs.min) * pictures)


def unasked_pictures(params: Params) -> int | None:
    """Pictures, near-duplicates as one, that a new queue may ask about; null before `clean` has run here."""
    unasked = askable_pictures.unasked(params)
    return None if unasked is None else unasked.n_unique("group")


def _joining(params: Params, name: str) -> int:
    """Pictures that will join the evaluation pictures of the rounds before this one, whose queue is not drawn yet."""
    if name == params.round_names[0] or (unasked := askable_pictures.unasked(params)) is None:
        return 0
    return evaluation_draws.joining(params.evaluation.size, unasked, evaluation_draws.drawn(params.chain)).height


def _pace(params: Params) -> float | None:
    """Seconds a vote, over all rounds."""
    votes = [_votes(name)["lead_time_s"] for name in params.chain]
    return labelling_effort.seconds_per_vote(pl.concat(votes)) if votes else None


def _effort(params: Params, votes: int, pace_s: float | None) -> Effort:
    if pace_s is None:
        return Effort(votes, None, None)
    hours, price = votes * pace_s / _HOUR, params.people.cost_per_hour
    return Effort(votes, hours, hours * price if price else None)


def _comparisons(params: Params, spent: dict[str, Effort]) -> list[Comparison]:
    """All rounds are judged by what people say of the evaluation pictures by now."""
    predicted = {name: rows for name in params.chain if (rows := _predictions(name)) is not None}
    if not predicted:
        return []
    newest = list(predicted.values())[-1].select("image_id", "label", "weight")
    found = []
    for before, after in zip(params.chain, params.chain[1:], strict=False):
        if before not in predicted or after not in predicted:
            continue
        folders = comparable_models.folders([before, after])
        if not comparable_models.alike(folders):
            continue
        own = folders[before] == layout.model(before)
        earlier = predicted[before] if own else evaluations.read(folders[before])
        pair = newest.join(earlier.select("image_id", pl.col("predicted").alias("before")), on="image_id")
        pair = pair.join(predicted[after].select("image_id", pl.col("predicted").alias("after")), on="image_id")
        if not pair.is_empty():
            labels, one, other = (pair[column].to_numpy() for column in ("label", "before", "after"))
            weights = weighted.weights_of(pair)
            step = stopping.step(labels, one, other, _stability(folders), weights=weights)
            found.append(Comparison(after, before, step, spent[after]))
    return found


def _unlike(params: Params) -> tuple[str, str] | None:
    """The last trained round and the one before it, where their models cannot be compared."""
    trained = [name for name in params.chain if (layout.model(name) / evaluations.NAME).exists()]
    pair = trained[-2:]
    if len(pair) < 2 or comparable_models.alike(comparable_models.folders(pair)):
        return None
    return pair[0], pair[1]


def _stability(folders: dict[str, Path]) -> Stability | None:
    """On the pictures of both rounds' stop sets."""
    paths = [folder / "stop-set.parquet" for folder in folders.values()]
    if not all(path.exists() for path in paths):
        return None
    one, other = (evaluations.stop_set(path.parent) for path in paths)
    both = one.join(other, on="image_id")
    return stopping.stability(both["predicted"].to_numpy(), both["predicted_right"].to_numpy())


def _predictions(name: str) -> pl.DataFrame | None:
    path = layout.model(name) / "evaluation.parquet"
    return evaluations.read(path.parent).sort("image_id") if path.exists() else None
