"""Wait of annotate: how far a round is, where people are needed, and of which tier nobody has an account."""

import polars as pl

from silverprint.annotation_backend import AnnotationBackend, Project
from silverprint.campaign import annotator_ledger, ledgers
from silverprint.campaign.round_state import State
from silverprint.config import CROWD
from silverprint.core.votes import adjudication, judging_overlap, sequential_overlap, vote_ledger
from silverprint.errors import WaitingForPeople


def for_people(
    backend: AnnotationBackend, current: State, projects: dict[str, Project], progress: pl.DataFrame
) -> WaitingForPeople:
    """
    Args:
        projects: of each tier that is asked.
        progress: from `vote_ledger.progress`.
    """
    done, pictures = vote_ledger.pictures_done(progress)
    got = int(progress.select(pl.min_horizontal("answered", "needed")).sum().item())
    again = _again(current.round, progress)
    once_more = f" (one more person is asked about {again}, not settled yet)" if again else ""
    votes = f"{got} of {progress['needed'].sum()} votes"
    value = f"{current.round}: {done} of {pictures} pictures done{once_more}, {votes}"
    places = ", ".join(backend.page_url(project.id) for project in projects.values())
    lacking = [said for tier in projects if (said := _lack(backend, tier, progress.filter(tier=tier)))]
    remedy = "; ".join(lacking) or "watch: silverprint wait; then: silverprint repro"
    return WaitingForPeople(value, f"people are needed at {places}", remedy)


def _again(name: str, progress: pl.DataFrame) -> int:
    """Pictures that were answered as often as asked before, and about which one more person is asked since."""
    reasons = (sequential_overlap.REASON, judging_overlap.REASON, adjudication.REASON)
    asked = ledgers.asks(name).filter(pl.col("reason").is_in(reasons))["image_id"].implode()
    waiting = progress.filter((pl.col("answered") < pl.col("needed")) & pl.col("image_id").is_in(asked))
    return waiting["image_id"].n_unique()


def _lack(backend: AnnotationBackend, tier: str, progress: pl.DataFrame) -> str | None:
    """A sentence where fewer people of the tier have an account than are to look at one picture."""
    if tier == CROWD:
        stopped = [name for name, state in annotator_ledger.states().items() if state != "active"]
        there = backend.annotators() - sum(name.startswith(f"{backend.server}-") for name in stopped)
        most, of, command = _most(progress), "", "silverprint people invite NAME"
    else:
        there = len({*annotator_ledger.active_of(tier)} & {*backend.people()})
        most = _most(progress.filter(pl.col("answered") < pl.col("needed")))
        of, command = f" of the tier {tier}", f"silverprint people invite --tier {tier} NAME"
    if there >= most:
        return None
    if of and not there:
        return f"nobody{of} has an account: {command}"
    return f"{most} people{of} are to look at a picture and {there} have an account: {command}"


def _most(progress: pl.DataFrame) -> int:
    """How many people are to look at one picture, at most."""
    return max(progress["needed"].to_list(), default=0)
