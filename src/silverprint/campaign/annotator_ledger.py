"""Ledger of annotators, data/annotators.csv in Git: who was paused or retired or given a tier, since when, and why."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from silverprint import layout
from silverprint.campaign import ledger_schemas, ledgers
from silverprint.core.votes import retirement
from silverprint.records import ANNOTATOR_LEDGER, empty
from silverprint.store import server_home, server_users, tables


def states() -> dict[str, str]:
    """annotator -> state, of those about whom anything was decided; everybody else is active."""
    return dict(standing().select("annotator", "state").iter_rows())


def standing() -> pl.DataFrame:
    """The last line of each annotator, of ANNOTATOR_LEDGER, sorted by annotator."""
    return lines().sort("since", maintain_order=True).unique("annotator", keep="last").sort("annotator")


def tiers() -> dict[str, str]:
    """annotator -> tier, of those to whom a lead gave one; everybody else is of the crowd."""
    given = lines().drop_nulls("tier").sort("since", maintain_order=True)
    return dict(given.unique("annotator", keep="last").sort("annotator").select("annotator", "tier").iter_rows())


def active_of(tier: str) -> list[str]:
    """The annotators to whom a lead gave this tier, and who may work."""
    known = states()
    return [who for who, given in tiers().items() if given == tier and known[who] == "active"]


def active_elsewhere(annotator: str) -> list[str]:
    """The other campaigns on this machine's shared server in which that person was neither paused nor retired."""
    found = server_users.others(server_home.STUDIO) if not server_home.STUDIO.is_own else []
    return [str(user) for user in found if _state_in(user.folder, annotator) == "active"]


def _state_in(campaign: Path, annotator: str) -> str:
    path = campaign / layout.ANNOTATORS
    kept = tables.read_ledger(path, ANNOTATOR_LEDGER, frozenset({"tier"})) if path.exists() else empty(ANNOTATOR_LEDGER)
    states = kept.filter(annotator=annotator).sort("since")["state"]
    return str(states[-1]) if len(states) else "active"


def retired() -> frozenset[str]:
    return frozenset(name for name, state in states().items() if state == "retired")


def answers_in_time(votes: pl.DataFrame) -> pl.DataFrame:
    """The VOTES that answer what was asked: none that somebody gave after they were retired."""
    gone = standing().filter(state="retired")
    return retirement.answers_in_time(votes, dict(gone.select("annotator", "since").iter_rows()))


def lines() -> pl.DataFrame:
    """Every line; none where a campaign of an earlier version has no such file."""
    return ledgers.read(layout.ANNOTATORS) if layout.ANNOTATORS.exists() else empty(ANNOTATOR_LEDGER)


def give_tier(annotator: str, tier: str) -> None:
    """Writes that somebody who is not retired belongs to a tier from now on."""
    add(annotator, states().get(annotator, "active"), f"invited to the tier {tier}", tier)


def add(annotator: str, state: str, why: str, tier: str | None = None) -> None:
    """Writes one more line: nothing that was decided before is removed."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")  # two decisions in one second keep their order
    row = {"annotator": annotator, "state": state, "since": now, "why": why, "tier": tier}
    frame = pl.concat([lines(), pl.DataFrame([row], schema=ANNOTATOR_LEDGER)])
    kind = ledger_schemas.kind_of(layout.ANNOTATORS)
    tables.write_ledger(frame, layout.ANNOTATORS, kind.written(frame), list(kind.order))
