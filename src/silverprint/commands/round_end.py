"""silverprint round remove | close | late: a round that nobody answered is taken back, another ends before its time."""

import shutil
from pathlib import Path

from silverprint import annotation_registry, layout, yamltext
from silverprint.adapters import git
from silverprint.campaign import ledgers, round_plan, round_projects, round_state, served_copies
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.dvcfiles import lock
from silverprint.errors import ConfigError, DataError, UsageError
from silverprint.store import files


def remove(params: Params, name: str, why: str | None = None) -> None:
    """Takes a round back: a planned one is planned no longer, and the last opened one is planned again, its queue gone
    and its tasks deleted on the server. An answer is never thrown away.

    Raises:
        UsageError: there is no such round, or an opened one is taken back for no reason.
        ConfigError: another round follows it.
        DataError: somebody has answered.
        UnavailableError: the server that people are asked on does not answer.
    """
    if name in params.planned:
        files.write_text(layout.PARAMS, round_plan.forget(yamltext.read(layout.PARAMS), name))
        say(f"{name} is planned no longer")
        return
    _require_opened(params, name)
    if name != params.last:
        value, rule = f"{name} is followed by {params.last}", "only the round that was opened last can be taken back"
        raise ConfigError(value, rule, f"begin with: silverprint round remove {params.last}")
    reason = _require_reason(why, "taken back", 'give it: --why "wrong question"')
    if count := ledgers.votes_so_far(name).height:
        raise _answered(name, count)
    current = round_state.load(name)
    if current is not None:
        _take_off_server(current)
        served_copies.empty(current.campaign, name)
    lock.forget_round(name)
    shutil.rmtree(layout.round_dir(name), ignore_errors=True)
    files.write_text(layout.PARAMS, round_plan.plan_again(yamltext.read(layout.PARAMS), name))
    ledgers.decide(name, "removed", reason, git.who(Path.cwd()))
    say(f"{name} is planned again, and nobody is asked in it; to drop the plan, too: silverprint round remove {name}")


def close(params: Params, name: str, why: str, early: bool = False) -> None:
    """Has the next `annotate` close the round with the answers that it then finds; nobody is asked any more.

    Raises:
        UsageError: not --early, or for no reason.
        ConfigError: nobody is asked in the round.
    """
    _require_opened(params, name)
    if not early:
        rule = "a round is closed by silverprint repro once everybody has answered"
        raise UsageError(f"round close {name}", rule, 'to end it with what was answered: --early --why "..."')
    reason = _require_reason(why, "closed early", 'give it: --why "the budget is spent"')
    current = round_state.load(name)
    if current is None or current.is_closed:
        rule = "it is closed already" if current else "nobody was asked yet"
        raise ConfigError(f"{name} asks nobody", rule, "see: silverprint status")
    current.moved(early_asks_sha256=ledgers.sha256(layout.asks(name))).save()
    ledgers.decide(name, "closed-early", reason, git.who(Path.cwd()))
    votes, queue = ledgers.votes_so_far(name), ledgers.queue(name)
    answered = vote_ledger.answered_images(votes).len()
    so_far = f"{answered} of {queue.height} pictures were answered at the last pull"
    say(f"{name} ends early: {so_far}; go on: silverprint repro")


def pull_late(params: Params, name: str, why: str) -> None:
    """Has the next `annotate` pull the answers that came after the round was closed.

    Raises:
        ConfigError: the round is not closed.
        UnavailableError: the server that it was asked on does not answer.
    """
    _require_opened(params, name)
    current = round_state.load(name)
    if current is None or not current.is_closed:
        raise ConfigError(f"{name} is not closed", "what is answered is pulled anyway", "go on: silverprint repro")
    reason = _require_reason(why, "pulled once more", 'give it: --why "cyn was late"')
    backend = annotation_registry.connect(f"the server that {name} was asked on ({current.server})")
    current.require_server(backend.url, backend.server)
    late = round_projects.late_answers(backend, current)
    if not late:
        say(f"{name}: no answer came after it was closed")
        return
    current.moved(status="waiting").save()
    ledgers.decide(name, "pulled-late", reason, git.who(Path.cwd()))
    say(f"{name}: {len(late)} answers came after it was closed; to pull them, so that they count: silverprint repro")


def _require_opened(params: Params, name: str) -> None:
    if name not in params.rounds:
        known = ", ".join(params.round_names)
        rule = "no lead has opened it" if name in params.planned else "params.yaml has no such round"
        raise UsageError(f"round {name!r}", rule, f"one of: {known}" if known else "none is planned or opened")


def _require_reason(why: str | None, done: str, remedy: str) -> str:
    if not (why or "").strip():
        raise UsageError(f"--why {why or ''!r}", f"a round is {done} for a reason", remedy)
    return str(why)


def _answered(name: str, count: int) -> DataError:
    remedy = f'end it with what was answered: silverprint round close {name} --early --why "..."'
    return DataError(f"{name} has {count} answers", "what people answered is never thrown away", remedy)


def _take_off_server(current: State) -> None:
    """Deletes the round's projects; one task that somebody answers meanwhile keeps them all.

    Raises:
        DataError: somebody has answered. The next `annotate` asks about what was deleted before that was seen.
    """
    backend = annotation_registry.connect(f"the server that {current.round} is asked on ({current.server})")
    current.require_server(backend.url, backend.server)
    projects = round_projects.projects_of(backend, current)
    if not projects:
        return
    with backend.lease(projects[0]):
        for project in projects:
            if count := len(backend.annotations(project)):
                raise _answered(current.round, count)
        for project in projects:
            task_ids = {task.task_id for task in backend.tasks(project)}
            if kept := task_ids - backend.delete_unanswered(project, task_ids):
                raise _answered(current.round, len(kept))
    for project in projects:
        backend.delete_project(project)
