"""Recovery of a closed round's lost votes.csv from Label Studio: the same bytes, or none."""

import polars as pl

from silverprint import layout
from silverprint.adapters.labelstudio import Studio
from silverprint.campaign import ledgers
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import vote_ledger
from silverprint.errors import DataError, UnavailableError
from silverprint.records import VOTES, empty
from silverprint.stages.annotate import studio_sync


def recover(params: Params, closed: State) -> None:
    """Writes votes.csv anew where the server's answers still give the votes that the round was closed with.

    Raises:
        UnavailableError: no Label Studio answers.
        DataError: it has other answers by now.
    """
    name, path = closed.round, layout.votes(closed.round)
    try:
        studio = Studio.connect()
    except UnavailableError as error:
        rule = f"the votes are final since the round was closed, the file is not here, and {error.value}: {error.rule}"
        raise UnavailableError(str(path), rule, f"run: git checkout {path}; or restore Label Studio") from None
    tiers = sorted(ledgers.queue(name)["tier"].unique())
    projects = [project for tier in tiers for project in studio_sync.projects(studio, params, closed, tier)]
    pulled = pl.concat([studio_sync.pull(studio, project, closed)[0] for project in projects])
    votes = vote_ledger.merge(empty(VOTES), pulled, studio.server, ledgers.withdrawn_images(), closed.settled)
    if ledgers.votes_sha256(votes) != closed.votes_sha256:
        rule = f"the file is not here, and {studio.url} has other answers now than the round was closed with"
        raise DataError(str(path), rule, f"run: git checkout {path}; or take it from a backup")
    ledgers.write_votes(name, votes)
    say(f"{name}: votes.csv was lost here; it is back from {studio.url}, byte for byte")
