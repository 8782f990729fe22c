"""Further asks of a round with sequential overlap: one more person for each picture whose label is not sure.

They are lines of asks.csv, written before the server hears of them: a kill in between leaves what the next annotate
pushes. A round that was closed once asks only what a lead re-opens it for.
"""

import polars as pl

from silverprint import layout
from silverprint.campaign import annotator_ledger, label_evidence, ledgers
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import sequential_overlap, vote_ledger
from silverprint.records import ASKS
from silverprint.store import tables


def ask(params: Params, current: State, votes: pl.DataFrame, withdrawn: frozenset[str]) -> None:
    """Writes the asks that the votes so far give rise to, and says about how many pictures.

    Args:
        votes: VOTES of the round as votes.csv has them.
    """
    name = current.round
    queue = ledgers.asked(name)
    if not _goes_on(current, queue):
        return
    asks, in_time = ledgers.asks(name), annotator_ledger.answers_in_time(votes)
    progress = vote_ledger.progress(queue, asks, in_time, withdrawn)
    if not sequential_overlap.may_go_on(queue, progress):
        return
    more = sequential_overlap.next_asks(queue, progress, in_time, label_evidence.labels_so_far(params, name))
    if more.is_empty():
        return
    tables.write_ledger(pl.concat([asks, more]), layout.asks(name), ASKS, ["asked_at", "image_id"])
    say(f"{name}: {more['image_id'].n_unique()} labels are not sure yet: one more person is asked about each")


def say_end(params: Params, current: State, progress: pl.DataFrame) -> None:
    """Says what sequential overlap came to, where the round has it and closes for the first time.

    Args:
        progress: from `vote_ledger.progress`.
    """
    queue = ledgers.queue(current.round)
    if not _goes_on(current, queue):
        return
    found = sequential_overlap.standing(queue, progress, label_evidence.labels_so_far(params, current.round))
    say(
        f"{current.round}: sequential overlap took {found.answers} answers about {found.pictures} pictures, "
        f"{found.saved} fewer than at most; {found.unsure} labels are not sure with as many people as may be asked"
    )


def _goes_on(current: State, queue: pl.DataFrame) -> bool:
    """Whether the round has sequential overlap, and closes for the first time."""
    return current.asks_sha256 is None and not queue["max_overlap"].is_null().all()
