"""Recovery of a closed round's lost votes.csv from the annotation backend: the same bytes, or none."""

import polars as pl

from silverprint import annotation_registry, layout
from silverprint.campaign import ledgers
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.errors import DataError, UnavailableError
from silverprint.records import VOTES, empty
from silverprint.stages.annotate import server_sync


def recover(params: Params, closed: State) -> None:
    """Writes votes.csv anew where the server's answers still give the votes that the round was closed with.

    Raises:
        UnavailableError: no annotation backend answers.
        DataError: it has other answers by now.
    """
    name, path = closed.round, layout.votes(closed.round)
    try:
        backend = annotation_registry.connect()
    except UnavailableError as error:
        rule = f"the votes are final since the round was closed, the file is not here, and {error.value}: {error.rule}"
        raise UnavailableError(str(path), rule, f"run: git checkout {path}; or restore that server") from None
    tiers = server_sync.tiers(closed)
    projects = [project for tier in tiers for project in server_sync.projects(backend, params, closed, tier)]
    pulled = pl.concat([server_sync.pull(backend, project, closed)[0] for project in projects])
    votes = vote_ledger.merge(empty(VOTES), pulled, backend.server, ledgers.withdrawn_images(), closed.settled)
    if ledgers.votes_sha256(votes) != closed.votes_sha256:
        rule = f"the file is not here, and {backend.url} has other answers now than the round was closed with"
        raise DataError(str(path), rule, f"run: git checkout {path}; or take it from a backup")
    ledgers.write_votes(name, votes)
    say(f"{name}: votes.csv was lost here; it is back from {backend.url}, byte for byte")
