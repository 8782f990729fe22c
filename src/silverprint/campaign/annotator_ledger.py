"""Ledger of annotators, data/annotators.csv in Git: who was paused or retired, since when, and why."""

from datetime import UTC, datetime

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core.votes import retirement
from silverprint.records import ANNOTATOR_LEDGER, conform, empty
from silverprint.store import tables

_ORDER = ["since", "annotator"]


def states() -> dict[str, str]:
    """annotator -> state, of those about whom anything was decided; everybody else is active."""
    return dict(standing().select("annotator", "state").iter_rows())


def standing() -> pl.DataFrame:
    """The last line of each annotator, of ANNOTATOR_LEDGER, sorted by annotator."""
    return lines().sort("since", maintain_order=True).unique("annotator", keep="last").sort("annotator")


def retired() -> frozenset[str]:
    return frozenset(name for name, state in states().items() if state == "retired")


def answers_in_time(votes: pl.DataFrame) -> pl.DataFrame:
    """The VOTES that answer what was asked: none that somebody gave after they were retired."""
    gone = standing().filter(state="retired")
    return retirement.answers_in_time(votes, dict(gone.select("annotator", "since").iter_rows()))


def lines() -> pl.DataFrame:
    """Every line; none where a campaign of an earlier version has no such file."""
    return ledgers.read(layout.ANNOTATORS) if layout.ANNOTATORS.exists() else empty(ANNOTATOR_LEDGER)


def add(annotator: str, state: str, why: str) -> None:
    """Writes one more line: nothing that was decided before is removed."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")  # two decisions in one second keep their order
    row = {"annotator": annotator, "state": state, "since": now, "why": why}
    frame = pl.concat([lines(), conform(pl.DataFrame([row]), ANNOTATOR_LEDGER)])
    tables.write_ledger(frame, layout.ANNOTATORS, ANNOTATOR_LEDGER, _ORDER)
