"""The text ledgers in Git that people's decisions are kept in: takedowns, waivers, asks, queues, votes."""

import hashlib
from pathlib import Path

import polars as pl

from silverprint import layout
from silverprint.records import ASKS, QUEUE, TAKEDOWNS, VOTES, WAIVERS
from silverprint.store import files, tables


def takedowns() -> pl.DataFrame:
    return tables.read_ledger(layout.TAKEDOWNS, TAKEDOWNS)


def withdrawn() -> frozenset[str]:
    """The image_ids that may no longer be used anywhere."""
    return frozenset(takedowns()["image_id"].drop_nulls().to_list())


def waivers() -> pl.DataFrame:
    return tables.read_ledger(layout.WAIVERS, WAIVERS)


def asks(round_name: str) -> pl.DataFrame:
    return tables.read_ledger(layout.asks(round_name), ASKS)


def queue(round_name: str) -> pl.DataFrame:
    """The round's queue, best rank first."""
    return tables.read_ledger(layout.queue(round_name), QUEUE).sort("rank")


def votes(round_name: str) -> pl.DataFrame:
    return tables.read_ledger(layout.votes(round_name), VOTES)


def write_votes(round_name: str, frame: pl.DataFrame) -> None:
    files.write_bytes(layout.votes(round_name), _votes_bytes(frame))


def votes_sha256(frame: pl.DataFrame) -> str:
    """The hash that `frame` has once it is written."""
    return hashlib.sha256(_votes_bytes(frame)).hexdigest()


def _votes_bytes(frame: pl.DataFrame) -> bytes:
    return tables.ledger_bytes(frame, VOTES, ["image_id", "annotator", "created_at", "annotation_id", "choice"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
