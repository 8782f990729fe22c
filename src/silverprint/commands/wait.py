"""silverprint wait: the annotators' progress, live, until every open round is answered. It changes nothing.

Counting costs the server, on which people wait for their next picture: the more a count costs, the longer the rest.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import polars as pl
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from silverprint import annotation_registry, layout
from silverprint.annotation_backend import AnnotationBackend, Progress, Project
from silverprint.campaign import account_names, annotator_ledger, askable_pictures, ledgers, round_state
from silverprint.config import CROWD, Params
from silverprint.console import err, say
from silverprint.core.votes import adjudication, judging_overlap, sequential_overlap, vote_ledger
from silverprint.errors import DataError, UnavailableError

Asked: TypeAlias = tuple[Project, dict[str, int], list[Project]]  # image_id -> people wanted there; younger projects

_REQUEST_EVERY_S = 5.0
_LISTED = 1000  # tasks that one request lists
_SHARE = 0.05  # of the server's time that may go into counting
_LINE_EVERY_S = 60.0  # interval where there is no terminal to draw on
_PATIENCE_S = 60.0  # time to wait for a server that is being restarted
_AGAIN: Final = {  # reason of an ask -> which pictures it is about
    sequential_overlap.REASON: "whose label is not sure",
    judging_overlap.REASON: "of the evaluation or an audit that the answers so far do not settle",
    adjudication.REASON: "on which the crowd disagrees",
}


def run(params: Params) -> None:
    waiting = [name for name in params.chain if (current := round_state.load(name)) and current.status == "waiting"]
    if not waiting:
        following, closed = next(iter(params.planned), None), _all_closed(params)
        if closed and layout.metrics(params.last).exists() and (end := askable_pictures.the_end(params)):
            say(f"no round waits for people; {end}")
            return
        opened = f"open the next one: silverprint round open {following}, then " if following else ""
        say(f"no round waits for people; {opened if closed else 'go on: '}silverprint repro")
        return
    backend = annotation_registry.connect()
    asked = [asked for name in waiting for asked in _asked(backend, name)]
    for name in waiting:
        _say_asked_again(name)
    people = backend.people()
    known = account_names.remember(people)
    nobody = {tier for tier in {one.tier for one, _, _ in asked} - {CROWD} if not _has_people(tier, people)}
    next_line = time.monotonic()
    with Live(console=err, auto_refresh=False, transient=True) as live:
        while True:
            counted, took_s = _count(backend, asked)
            if err.is_terminal:
                live.update(_shown(backend, counted, known), refresh=True)
            elif time.monotonic() >= next_line:
                _say(backend, counted, known)
                next_line = time.monotonic() + _LINE_EVERY_S
            if all(_is_over(progress) for project, progress in counted if project.tier not in nobody):
                break
            time.sleep(_rest_s(took_s, asked))
    _say(backend, counted, known)
    surplus = sum(progress.surplus for _, progress in counted)
    if surplus:
        say(f"votes beyond those that were asked for: {surplus}")
    stuck = sum(progress.stuck for _, progress in counted)
    if stuck:
        why = "somebody answered twice, or the last annotate was cut short"
        say(f"{stuck} pictures want answers and are served to nobody ({why}); go on: silverprint repro")
    elif unasked := [one for one, progress in counted if one.tier in nobody and not _is_over(progress)]:
        for one in unasked:
            invite = f"silverprint people invite --tier {one.tier} NAME"
            say(f"{one.round} asks the tier {one.tier}, and nobody of it has an account: {invite}")
        say("everybody else has answered; go on: silverprint repro")
    elif any(ledgers.queue(name)["max_overlap"].count() for name in waiting):
        say("everybody has answered; go on: silverprint repro, which asks one more person where it is not settled")
    else:
        say("everybody has answered; go on: silverprint repro")


def _has_people(tier: str, people: Mapping[str, str]) -> bool:
    return any(who in people for who in annotator_ledger.active_of(tier))


def _is_over(progress: Progress) -> bool:
    """Whether nobody is served anything more that is wanted."""
    return progress.done + progress.stuck >= progress.tasks


def _say_asked_again(name: str) -> None:
    """Says why one more person is asked about pictures whose people had all answered."""
    asks, reasons = ledgers.asks(name), pl.col("reason").is_in(list(_AGAIN))
    if asks.filter(reasons).is_empty():
        return
    in_time = annotator_ledger.answers_in_time(ledgers.votes_so_far(name))
    progress = vote_ledger.progress(
        ledgers.asked(name), asks, in_time, ledgers.withdrawn_images(), annotator_ledger.tiers()
    )
    still = progress.filter(pl.col("answered") < pl.col("needed"))["image_id"]
    for reason, which in _AGAIN.items():
        if count := asks.filter(pl.col("image_id").is_in(still.implode()), reason=reason)["image_id"].n_unique():
            say(f"{name}: one more person is asked about each of {count} pictures {which}")


def _all_closed(params: Params) -> bool:
    return all((current := round_state.load(name)) is not None and current.is_closed for name in params.chain)


def _say(backend: AnnotationBackend, counted: list[tuple[Project, Progress]], known: dict[str, str]) -> None:
    for project, progress in counted:
        by = _by(progress, known) or "nobody"
        say(
            f"{project.round} ({project.tier}): {progress.done}/{progress.tasks} pictures done so far, by {by}; "
            f"at {backend.page_url(project.id)}"
        )


def _count(backend: AnnotationBackend, asked: list[Asked]) -> tuple[list[tuple[Project, Progress]], float]:
    """The projects' progress, and the seconds that the count took; waits for a server that is away for a moment.

    Raises:
        UnavailableError: it is away for longer.
    """
    patience = time.monotonic() + _PATIENCE_S
    while True:
        began = time.monotonic()
        try:
            counted = [(project, backend.progress(project, needed, others)) for project, needed, others in asked]
            return counted, time.monotonic() - began
        except UnavailableError:
            if time.monotonic() > patience:
                raise
            time.sleep(_REQUEST_EVERY_S)


def _rest_s(took_s: float, asked: list[Asked]) -> float:
    """Seconds to leave the server alone after a count of `asked` that took `took_s`."""
    requests = sum((1 + len(others)) * (1 + len(needed) // _LISTED) for _, needed, others in asked)
    return max(_REQUEST_EVERY_S * requests, took_s * (1 / _SHARE - 1))


def _asked(backend: AnnotationBackend, name: str) -> Iterator[Asked]:
    """The round's projects, with how many people are to answer there about each picture.

    Raises:
        UnavailableError: the round is asked on another server.
        DataError: a project is gone.
    """
    current = round_state.load(name)
    if current is None or current.projects is None:
        return
    current.require_server(backend.url, backend.server)
    votes = ledgers.votes_so_far(name)
    in_time = annotator_ledger.answers_in_time(votes)
    queue, asks, tiers = ledgers.asked(name), ledgers.asks(name), annotator_ledger.tiers()
    progress = vote_ledger.progress(queue, asks, in_time, ledgers.withdrawn_images(), tiers)
    elsewhere = vote_ledger.answers_elsewhere(in_time, backend.server, current.settled)
    # The server counts answers that somebody gave after they were retired, and those of people of another tier.
    late = votes.join(in_time, on=["annotation_id", "annotator", "image_id", "choice"], how="anti")
    here = pl.col("annotator").str.starts_with(f"{backend.server}-")
    needless = Counter(late.filter(here)["image_id"])
    strangers = Counter(votes.filter(here & (pl.col("status") == vote_ledger.WRONG_TIER))["image_id"])
    of_round = backend.find_all(current.campaign, name)
    for tier, id_ in sorted(current.projects.items()):
        if not backend.is_there(id_):
            value = f"{name}: project {id_} is gone from {backend.url}"
            raise DataError(value, "nobody can answer in it", f"run: silverprint annotate {name}")
        own = set(queue.filter(tier=tier)["image_id"])
        beside = strangers if tier != CROWD else Counter[str]()
        counted = progress.filter(tier=tier).select("image_id", "needed", "answered")
        needed = {
            image_id: count + beside[image_id] + (needless[image_id] - elsewhere.get(image_id, 0)) * (image_id in own)
            for image_id, count, answered in counted.iter_rows()
            if image_id in own or answered < count  # of a further tier, whoever answered anywhere has done it
        }
        project = Project(id_, "", current.campaign, name, tier, current.queue_sha256, None)
        others = [one for one in of_round if one.tier == tier and one.id != id_]
        yield project, needed, others


def _by(progress: Progress, known: dict[str, str]) -> str:
    return ", ".join(f"{known.get(who, who)} {count}" for who, count in progress.by.items())


def _shown(backend: AnnotationBackend, counted: list[tuple[Project, Progress]], known: dict[str, str]) -> Group:
    """A table, and below it the address of each project on a line of its own, so that it can be clicked or copied."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("round", "pictures", "votes", "by"):
        table.add_column(heading)
    for project, progress in counted:
        table.add_row(
            f"{project.round} {project.tier}",
            f"{progress.done}/{progress.tasks}",
            f"{progress.answered}/{progress.asked}",
            _by(progress, known),
        )
    places = [
        Text(f"{project.round} {project.tier} at\n{backend.page_url(project.id)}", overflow="fold")
        for project, _ in counted
    ]
    return Group(table, *places)
