"""silverprint wait: the annotators' progress, live, until every open round is answered. It changes nothing."""

import time

from rich.live import Live
from rich.table import Table

from silverprint.adapters.labelstudio import Progress, Project, Studio
from silverprint.campaign import ledgers, state
from silverprint.config import Params
from silverprint.console import err, say
from silverprint.errors import UnavailableError

_EVERY_S = 2.0
_LINE_EVERY_S = 60.0  # where there is no terminal to draw on
_PATIENCE_S = 60.0  # with a server that is being restarted


def run(params: Params) -> None:
    waiting = [name for name in params.chain if (current := state.load(name)) and current.status == "waiting"]
    if not waiting:
        say("no round waits for people; go on: dvc repro")
        return
    studio = Studio.connect()
    projects = [project for name in waiting for project in _projects(studio, params, name)]
    next_line = time.monotonic()
    with Live(console=err, auto_refresh=False, transient=True) as live:
        while True:
            counted = _count(studio, projects)
            if err.is_terminal:
                live.update(_table(studio, counted), refresh=True)
            elif time.monotonic() >= next_line:
                _say(studio, counted)
                next_line = time.monotonic() + _LINE_EVERY_S
            if all(progress.done >= progress.tasks for _, progress in counted):
                break
            time.sleep(_EVERY_S)
    _say(studio, counted)
    say("everybody has answered; go on: dvc repro")


def _say(studio: Studio, counted: list[tuple[Project, Progress]]) -> None:
    for project, progress in counted:
        by = ", ".join(f"{who} {count}" for who, count in progress.by.items()) or "nobody"
        say(
            f"{project.round} ({project.tier}): {progress.done}/{progress.tasks} pictures answered, by {by}; "
            f"at {studio.url}/projects/{project.id}"
        )


def _count(studio: Studio, projects: list[Project]) -> list[tuple[Project, Progress]]:
    """The projects' progress; waits for a server that is away for a moment.

    Raises:
        UnavailableError: it is away for longer.
    """
    patience = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return [(project, studio.progress(project)) for project in projects]
        except UnavailableError:
            if time.monotonic() > patience:
                raise
            time.sleep(_EVERY_S)


def _projects(studio: Studio, params: Params, name: str) -> list[Project]:
    tiers = sorted(ledgers.queue(name)["tier"].unique())
    found = (studio.find(params.dataset.campaign, name, tier) for tier in tiers)
    return [project for project in found if project is not None]


def _table(studio: Studio, counted: list[tuple[Project, Progress]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("round", "pictures", "votes", "by", "at"):
        table.add_column(heading)
    for project, progress in counted:
        table.add_row(
            f"{project.round} {project.tier}",
            f"{progress.done}/{progress.tasks}",
            f"{progress.answered}/{progress.asked}",
            ", ".join(f"{who} {count}" for who, count in progress.by.items()),
            f"{studio.url}/projects/{project.id}",
        )
    return table
