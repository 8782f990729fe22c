"""Quality of annotators, as far as this machine's files tell: by gold from the votes, by consensus from the labels."""

from typing import Any

import polars as pl

from silverprint import layout
from silverprint.campaign import gold_list, label_evidence, ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import gold_answers, vote_ledger
from silverprint.errors import DataError
from silverprint.records import ANNOTATORS
from silverprint.store import tables


def newest(params: Params) -> dict[str, dict[str, Any]]:
    """The newest ANNOTATORS on this disk, by pseudonym; none before the first labels."""
    paths = (layout.labels(name) / "annotators.parquet" for name in reversed(params.chain))
    path = next((path for path in paths if path.exists()), None)
    try:
        rows = tables.read(path, ANNOTATORS).to_dicts() if path is not None else []
    except DataError as error:  # of an earlier version
        say(f"how well people answer is not known: {error}")
        rows = []
    return {row["annotator"]: row for row in rows}


def gold_so_far(params: Params) -> dict[str, dict[str, Any]]:
    """Figures of everybody's first answers about gold pictures that were pulled, as `gold_figures` has them, by
    pseudonym. Labels need not be made for it.
    """
    asked = [name for name in params.chain if layout.queue(name).exists()]
    if not asked:
        return {}
    queues = pl.concat([ledgers.queue(name).select("image_id", "role") for name in asked])
    known = gold_list.read(params).join(queues.filter(role="gold"), on="image_id", how="semi")
    said = vote_ledger.standing_votes(label_evidence.votes_until(params, asked[-1]))
    people: dict[str, dict[str, Any]] = gold_answers.gold_figures(gold_answers.gold_answers(said, known), asked[-1])[
        "annotators"
    ]
    return people
