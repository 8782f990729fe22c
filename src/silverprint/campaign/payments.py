"""Payments to participants, data/payments.csv in Git: written before each is asked for and after; none is made twice.

A payment is asked for only where no line of it stands, or the last says that it was refused. Where a process dies or an
answer is lost, its last line is `asked`: nobody knows. What is harmless to ask again is asked again; of the rest only
the recruiter's own account, or a person, says what became of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.records import PAYMENTS, empty
from silverprint.store import tables

REWARD: Final = "reward"
_ORDER: Final = ["at", "study", "participant", "payment"]


def lines() -> pl.DataFrame:
    """Every step; none before the first."""
    return ledgers.read(layout.PAYMENTS) if layout.PAYMENTS.exists() else empty(PAYMENTS)


def standing(study: str) -> list[dict[str, Any]]:
    """Each payment of a study as it stands: paid where any line says so, else as its last line has it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in lines().filter(pl.col("study") == study).sort("at", maintain_order=True).to_dicts():
        key = (row["participant"], row["payment"])
        if key not in found or found[key]["step"] != "paid":
            found[key] = row
    return list(found.values())


def step_of(study: str, participant: str, payment: str) -> str | None:
    """How far a payment is; None where it was never asked for."""
    rows = (row for row in standing(study) if (row["participant"], row["payment"]) == (participant, payment))
    return next((str(row["step"]) for row in rows), None)


def once(
    study: str,
    participant: str,
    payment: str,
    amount: int,
    ask: Callable[[], None],
    *,
    end: str = "paid",
    again: bool = False,
    reference: str | None = None,
    why: str | None = None,
) -> bool:
    """Asks for a payment, unless it was paid or rejected; whether it asked.

    Args:
        ask: sends it; its refusals (DataError, NotAllowedError, UnavailableError) say that nothing was paid, or that
            asking again is harmless. Whatever else it raises leaves the payment as `asked`.
        end: the step once it went through: paid or rejected.
        again: whether asking again is harmless, so that it is done where nobody knows; else nothing is.
    """
    if step_of(study, participant, payment) not in (None, "refused", *(("asked",) if again else ())):
        return False
    facts = {"study": study, "participant": participant, "payment": payment, "amount": amount}
    facts |= {"reference": reference, "why": why}
    write(**facts, step="asked")
    try:
        ask()
    except (DataError, NotAllowedError, UnavailableError):
        write(**facts, step="refused")
        raise
    write(**facts, step=end)
    return True


def write(**row: Any) -> None:
    """Adds a step, on the disk before this returns.

    Raises:
        DiskError: no space; then nothing was added.
    """
    row["at"] = datetime.now(UTC).isoformat(timespec="microseconds")
    frame = pl.concat([lines(), pl.DataFrame([row], schema=PAYMENTS)])
    tables.write_ledger(frame, layout.PAYMENTS, PAYMENTS, _ORDER)
