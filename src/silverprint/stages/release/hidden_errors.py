"""Hidden errors of a release: how often an audit picture that one answer settles takes a wrong label for right."""

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.core.votes import judging_overlap, vote_ledger
from silverprint.records import ANNOTATORS
from silverprint.store import tables


def share(params: Params, audited: pl.DataFrame, votes: pl.DataFrame) -> float:
    """Of wrong labels the share, 0..1, that is taken for right at most; 0 where no audited picture was asked about so.

    Args:
        audited: rows of LABELS.
        votes: VOTES beside the labels of the last round.
    """
    queues = [ledgers.queue(name) for name in params.chain if layout.queue(name).exists()]
    settled = {name for queue in queues for name in judging_overlap.settled_by_one(queue)}
    if not settled:
        return 0.0
    people = tables.read(layout.labels(params.last) / "annotators.parquet", ANNOTATORS)
    answers = vote_ledger.standing_votes(votes)
    return judging_overlap.hidden_share(audited["image_id"], settled, answers, people)
