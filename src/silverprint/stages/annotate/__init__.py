"""annotate@r: push the final queue to people, pull the votes once, then close, or say who is waited for (exit 75).

It never sleeps and never loses a vote: the ledger on disk is written before anything else moves, and a kill between any
two steps leaves a state from which the next run goes on.
"""

import polars as pl

from silverprint import layout
from silverprint.annotation_backend import AnnotationBackend, Project
from silverprint.campaign import (
    account_names,
    annotator_ledger,
    class_changes,
    ledgers,
    round_projects,
    round_state,
    served_copies,
    withdrawn_tasks,
)
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError, UnavailableError
from silverprint.stages.annotate import corrections, early_close, further_asks, recover_votes, server_sync, waiting


def run(params: Params, round_name: str) -> None:
    """Asks, or goes on asking, or leaves a closed round as it is.

    Raises:
        WaitingForPeople: not everybody has answered.
        DataError: a final file was changed, or the round is open elsewhere with another queue or other votes.
        UnavailableError: the annotation backend or a file is not there.
    """
    before = round_state.load(round_name)
    _require_ledgers(round_name, before)
    if before is not None and before.is_closed:
        if not layout.votes(round_name).exists():
            recover_votes.recover(params, before)
        say(f"{round_name} is closed: its votes stay as they are")
        return
    if before is None or before.status != "closed":
        missing_outputs.require_pulled(layout.votes(round_name), command="git checkout")
    _ask_and_pull(params, round_name, before)


def _require_ledgers(name: str, current: State | None) -> None:
    """The queue people were asked, and the votes a closed round ended with, must be the ones in Git."""
    if not layout.queue(name).exists():
        rule = "nobody can be asked without a queue"
        raise UnavailableError(str(layout.queue(name)), rule, f"run: silverprint repro queue@{name}")
    if current is not None:
        round_state.require_hash(layout.queue(name), current.queue_sha256, "the queue is final since its first push")
        current.require_votes()


def _open(params: Params, name: str, server: str) -> State:
    """From here on the queue is final: a server was reached that people can see it on."""
    return State(
        round=name,
        prev=params.rounds[name].prev,
        status="open",
        campaign=params.dataset.campaign,
        server=server,
        queue_sha256=ledgers.sha256(layout.queue(name)),
        classes=params.dataset.classes,
        class_changes=tuple(change.at for change in class_changes.changes()),
    ).save()


def _ask_and_pull(params: Params, name: str, before: State | None) -> None:
    backend = server_sync.connect(name, before)
    if before is None:
        _say_late(params, name, backend)
    current = before or _open(params, name, backend.server)
    found: dict[str, list[Project]] = {}
    current = _find_projects(backend, params, current, found)
    with backend.lease(found[next(iter(found))][0]):
        # Whoever held the lease before may have taken younger projects away.
        there = {
            tier: [first, *(one for one in younger if backend.is_there(one.id))]
            for tier, (first, *younger) in found.items()
        }
        _hold(backend, params, current, there)


def _find_projects(
    backend: AnnotationBackend, params: Params, current: State, found: dict[str, list[Project]]
) -> State:
    """Adds to `found` the projects of each tier that the round asks by now, and notes the first of each."""
    for tier in server_sync.tiers(current):
        if tier not in found:
            found[tier] = server_sync.projects(backend, params, current, tier)
    return current.moved(projects={tier: projects[0].id for tier, projects in found.items()}).save()


def _say_late(params: Params, name: str, backend: AnnotationBackend) -> None:
    """Says how many answers came to the round before `name` after it was closed."""
    last = round_state.load(params.rounds[name].prev)
    if last is None or not last.is_closed or last.server != backend.server:
        return
    if late := len(round_projects.late_answers(backend, last)):
        remedy = f'silverprint round late {last.round} --why "..."'
        say(f"{last.round}: {late} answers came after it was closed and do not count; to pull them: {remedy}")


def _hold(backend: AnnotationBackend, params: Params, current: State, found: dict[str, list[Project]]) -> None:
    """Pulls, puts the server in order, pushes; closes, or says who is waited for. No other machine does meanwhile."""
    name = current.round
    projects = {tier: ours[0] for tier, ours in found.items()}
    if _sealed_with_these(current, projects):
        _close(backend, current, projects)
        return
    if current.status == "closed":
        # Re-opened: said first, so that the votes may grow from here on.
        current = current.moved(status="waiting").save()

    withdrawn = ledgers.withdrawn_images()
    kept, everywhere = ledgers.votes_so_far(name), [project for ours in found.values() for project in ours]
    votes, answers = _pull(backend, current, everywhere)
    corrections.report_votes(backend, current, kept, votes, answers)
    _note_names(backend, votes)
    if current.ends_early:
        early_close.require_answers(name, votes)
        withdrawn_tasks.withdraw(backend, everywhere, withdrawn)
        deleted = early_close.stop_asking(backend, everywhere)
        votes, _ = _pull(backend, current, everywhere)  # what came until then
        early_close.say_end(name, ledgers.queue(name), votes, deleted)
        _close(backend, current, projects)
        return
    further_asks.ask(params, current, votes, withdrawn)
    current = _find_projects(backend, params, current, found)
    projects = {tier: ours[0] for tier, ours in found.items()}
    queue, asks, tiers = ledgers.asked(name), ledgers.asks(name), annotator_ledger.tiers()
    progress = vote_ledger.progress(queue, asks, annotator_ledger.answers_in_time(votes), withdrawn, tiers)
    answers = corrections.withdraw_void_votes(backend, current, votes, progress, answers)
    for tier, (project, *younger) in found.items():
        tasks = withdrawn_tasks.withdraw(backend, [project, *younger], withdrawn).tasks
        server_sync.restore_settings(backend, params, project, current)
        unique, on_task = corrections.remove_duplicates(backend, project, younger, tasks, answers)
        there, mine = unique.tasks, ledgers.asked_of(queue, asks, tier)
        more = server_sync.push(backend, params, current, project, mine, progress, there, on_task)
        expected = len(tasks[project.id]) - unique.removed + more
        corrections.recheck_duplicates(backend, project, expected, on_task)
    current = current.moved(status="waiting").save()
    if not vote_ledger.is_done(progress):
        raise waiting.for_people(backend, current, projects, progress)
    further_asks.say_end(params, current, progress)
    _close(backend, current, projects)


def _note_names(backend: AnnotationBackend, votes: pl.DataFrame) -> None:
    """Keeps for this machine's screen the names of those who answered and whom it has not heard of: they have an
    account for another campaign on the same server.
    """
    new = {*votes["annotator"]} - account_names.by_pseudonym().keys()
    if any(who.startswith(f"{backend.server}-") for who in new):
        account_names.remember({who: email for who, email in backend.people().items() if who in new})


def _pull(
    backend: AnnotationBackend, current: State, projects: list[Project]
) -> tuple[pl.DataFrame, corrections.Answers]:
    """The round's votes with what the server has now, which are in votes.csv then; and its answers by project."""
    pulls = {project.id: server_sync.pull(backend, project, current) for project in projects}
    pulled = pl.concat([votes for votes, _ in pulls.values()])
    kept, withdrawn = ledgers.votes_so_far(current.round), ledgers.withdrawn_images()
    votes = vote_ledger.merge(kept, pulled, backend.server, withdrawn, current.settled)
    ledgers.write_votes(current.round, votes)
    return votes, {id_: given for id_, (_, given) in pulls.items()}


def _sealed_with_these(current: State, projects: dict[str, Project]) -> bool:
    """Whether a close was cut short after the seal: the votes on disk are then the final ones."""
    path = layout.votes(current.round)
    if current.asks_sha256 is not None or not path.exists():
        return False
    return {project.votes_sha256 for project in projects.values()} == {ledgers.sha256(path)}


def _close(backend: AnnotationBackend, current: State, projects: dict[str, Project]) -> None:
    votes_sha256 = ledgers.sha256(layout.votes(current.round))
    for project in projects.values():
        if project.votes_sha256 not in (None, votes_sha256) and current.asks_sha256 is None:
            value = f"{current.round} was closed elsewhere with votes {str(project.votes_sha256)[:8]}"
            raise DataError(value, f"here they are {votes_sha256[:8]}", "run: git pull")
        backend.seal(project, votes_sha256)
    asks_sha256 = ledgers.sha256(layout.asks(current.round))
    current.moved(status="closed", votes_sha256=votes_sha256, asks_sha256=asks_sha256).save()
    served_copies.empty(current.campaign, current.round)
    say(f"{current.round} is closed: {ledgers.votes(current.round).height} votes")
