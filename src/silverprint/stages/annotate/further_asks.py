"""Further asks of a round: one more person for each picture whose label is not sure, be it of the same tier (sequential
overlap) or of the one that settles what the crowd disagrees on (adjudication).

They are lines of asks.csv, written before the server hears of them: a kill in between leaves what the next annotate
pushes. A round that was closed once asks only what a lead re-opens it for.
"""

from typing import Final

import polars as pl

from silverprint.campaign import annotator_ledger, class_changes, label_evidence, ledgers
from silverprint.campaign.round_state import State
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import adjudication, imported_labels, judging_overlap, sequential_overlap, vote_ledger
from silverprint.records import LABELS, empty

_SAID: Final = {
    sequential_overlap.REASON: "labels are not sure yet",
    judging_overlap.REASON: "evaluation and audit pictures are not settled yet",
}


def ask(params: Params, current: State, votes: pl.DataFrame, withdrawn: frozenset[str]) -> None:
    """Writes the asks that the votes so far give rise to, and says about how many pictures.

    Args:
        votes: VOTES of the round as votes.csv has them.
    """
    name = current.round
    queue = ledgers.asked(name)
    if current.asks_sha256 is not None or (not _is_sequential(queue) and queue["adjudicator"].is_null().all()):
        return
    asks, tiers, in_time = ledgers.asks(name), annotator_ledger.tiers(), annotator_ledger.answers_in_time(votes)
    progress = vote_ledger.progress(queue, asks, in_time, withdrawn, tiers)
    by_label = sequential_overlap.may_go_on(queue.drop_nulls("until"), progress) or adjudication.may_ask(
        queue, progress
    )
    if not by_label and not sequential_overlap.may_go_on(queue, progress):
        return
    labels = label_evidence.labels_so_far(params, name) if by_label else empty(LABELS)
    brought = imported_labels.latest_statements(class_changes.present_imports(params)).filter(status="valid")
    settled = judging_overlap.settled(queue, in_time, brought)
    more = sequential_overlap.next_asks(queue, progress, in_time, labels, settled)
    disputed = adjudication.asks(queue, progress, in_time, labels, more, tiers)
    if more.is_empty() and disputed.is_empty():
        return
    ledgers.write_asks(name, pl.concat([asks, more, disputed]))
    for reason, what in _SAID.items():
        if count := more.filter(reason=reason)["image_id"].n_unique():
            say(f"{name}: {count} {what}: one more person is asked about each")
    if not disputed.is_empty():
        tier = disputed["tier"][0]
        say(f"{name}: the crowd disagrees about {disputed.height} pictures: one person of {tier} is asked about each")


def say_end(params: Params, current: State, progress: pl.DataFrame) -> None:
    """Says what sequential overlap came to, where the round has it and closes for the first time.

    Args:
        progress: from `vote_ledger.progress`.
    """
    queue = ledgers.queue(current.round)
    if current.asks_sha256 is not None or queue["until"].is_null().all():
        return
    found = sequential_overlap.standing(queue, progress, label_evidence.labels_so_far(params, current.round))
    say(
        f"{current.round}: sequential overlap took {found.answers} answers about {found.pictures} pictures, "
        f"{found.saved} fewer than at most; {found.unsure} labels are not sure with as many people as may be asked"
    )


def _is_sequential(queue: pl.DataFrame) -> bool:
    return not queue["max_overlap"].is_null().all()
