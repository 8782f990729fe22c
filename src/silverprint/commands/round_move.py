"""silverprint round move: a waiting round goes on in another project, because its own is gone."""

from typing import Any

import polars as pl

from silverprint import annotation_registry
from silverprint.campaign import ledgers, round_projects, round_state
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import ConfigError, DataError


def move(params: Params, round_name: str) -> None:
    """The round goes on in a new project, on the annotation backend at hand; what is in votes.csv counts there.

    Raises:
        ConfigError: nobody is being asked.
        UnavailableError: no annotation backend answers.
        DataError: the project that it was asked in is there.
    """
    current = round_state.load(round_name)
    if current is None or current.is_closed:
        raise ConfigError(f"{round_name} asks nobody", "only a round that waits for people moves", "silverprint status")
    backend = annotation_registry.connect()
    if current.server == backend.server and round_projects.projects_of(backend, current):
        value = f"{round_name} is asked on {backend.url}"
        raise DataError(value, "its project is there, so there is nothing to move", "go on: silverprint repro")
    votes = ledgers.votes_so_far(round_name)
    theirs = votes.filter(pl.col("annotator").str.starts_with(f"{backend.server}-"))["annotation_id"]
    settled: Any = theirs.max()
    current.moved(status="waiting", server=backend.server, projects=None, settled=settled).save()
    say(f"{round_name} goes on at {backend.url}; what is in votes.csv counts; go on: silverprint annotate {round_name}")
