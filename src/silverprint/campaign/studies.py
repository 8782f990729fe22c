"""Studies by which people are recruited, data/studies.csv in Git, and what they cost by data/payments.csv."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers, payments
from silverprint.config import Theme
from silverprint.errors import UsageError
from silverprint.records import STUDIES, empty
from silverprint.recruiter import Study
from silverprint.store import tables

_ORDER: Final = ["planned_at", "study"]
LANGUAGE: Final = "en"  # of what participants read at a recruiter, where the theme has it


@dataclass(frozen=True)
class Cost:
    """In the hundredth part of `currency`, without what a platform takes on top.

    Attributes:
        estimated: all places, paid.
        paid: what payments say was paid, bonuses included.
        unknown: what was asked for, and nobody knows whether it was paid.
    """

    currency: str
    estimated: int
    paid: int
    unknown: int


def lines() -> pl.DataFrame:
    """Every study; none before the first."""
    return ledgers.read(layout.STUDIES) if layout.STUDIES.exists() else empty(STUDIES)


def find(name: str) -> dict[str, Any]:
    """The study's row.

    Raises:
        UsageError: there is no such study.
    """
    rows = lines().filter(pl.col("study") == name).to_dicts()
    if not rows:
        known = ", ".join(lines()["study"]) or "there is none"
        raise UsageError(f"study {name[:80]!r}", f"{layout.STUDIES} has no such study", f"its studies: {known}")
    return rows[0]


def plan(facts: dict[str, Any], *, written: bool = True) -> dict[str, Any]:
    """Writes down a study before anybody hears of it. One that was planned alike and never opened is gone on with.

    Args:
        written: False for a dry run.
    """
    for row in lines().filter(pl.col("reference").is_null() & pl.col("closed_at").is_null()).to_dicts():
        if all(row[name] == value for name, value in facts.items() if name != "until"):
            return row
    number = lines().filter(pl.col("source") == facts["source"]).height + 1
    row = {
        **facts,
        "study": f"{facts['source']}-{number}",
        "planned_at": _now(),
        "reference": None,
        "closed_at": None,
    }
    return _write(row) if written else row


def opened(row: dict[str, Any], reference: str) -> dict[str, Any]:
    """Writes down what the recruiter calls it."""
    return _write({**row, "reference": reference})


def closed(row: dict[str, Any]) -> dict[str, Any]:
    return _write({**row, "closed_at": row["closed_at"] or _now()})


def of(row: dict[str, Any], theme: Theme) -> Study:
    """A row as recruiters know it; the texts are the theme's."""
    title, instructions = (
        text.get(LANGUAGE) or next(iter(text.values())) for text in (theme.title, theme.instructions)
    )
    return Study(
        name=row["study"],
        title=title,
        description=instructions,
        places=row["places"],
        pay=row["pay"],
        currency=row["currency"],
        minutes=row["minutes"],
        reference=row["reference"],
        planned_at=row["planned_at"],
    )


def cost(row: dict[str, Any]) -> Cost:
    """What a study would cost and did."""
    standing = payments.standing(row["study"])
    paid = sum(one["amount"] for one in standing if one["step"] == "paid")
    unknown = sum(one["amount"] for one in standing if one["step"] == "asked")
    return Cost(row["currency"], row["places"] * row["pay"], paid, unknown)


def cost_sentence(row: dict[str, Any]) -> str:
    """What a study cost so far, for `silverprint status`."""
    found = cost(row)
    unknown = f", of {money(found.unknown)} nobody knows" if found.unknown else ""
    return f"{row['study']}: {money(found.paid)} of {money(found.estimated)} {found.currency} paid{unknown}"


def money(amount: int) -> str:
    """An amount as people write it."""
    return f"{amount / 100:.2f}"


def _write(row: dict[str, Any]) -> dict[str, Any]:
    kept = lines().filter(pl.col("study") != row["study"])
    tables.write_ledger(pl.concat([kept, pl.DataFrame([row], schema=STUDIES)]), layout.STUDIES, STUDIES, _ORDER)
    return row


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
