"""Studies by which people are recruited, data/studies.csv in Git, and what they cost by data/payments.csv."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import ledger_schemas, ledgers, payments
from silverprint.errors import UsageError
from silverprint.records import STUDIES, empty
from silverprint.recruiter import Study
from silverprint.store import tables

_ORDER: Final = ["planned_at", "study"]
_OF_ONE: Final = (
    "study",
    "until",
    "planned_at",
    "reference",
    "closed_at",
)  # in these two differ
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


def labels(row: dict[str, Any]) -> bool:
    """Whether a study asks for labels of a round; else for pictures."""
    return row["round"] is not None


def is_participant(name: str) -> bool:
    """Whether it is a participant's key of a study that was planned, as `adapters.contribute.invites` makes it."""
    study, _, digits = name.rpartition(".")
    return study in set(lines()["study"]) and re.fullmatch("[0-9a-f]{10}", digits) is not None


def review_command(row: dict[str, Any]) -> str:
    """Where a person decides about its participants."""
    return "silverprint recruit review" if labels(row) else "silverprint contribute review"


def open_about(round_name: str) -> list[dict[str, Any]]:
    """Studies that label a round and are not closed."""
    return lines().filter((pl.col("round") == round_name) & pl.col("closed_at").is_null()).to_dicts()


def planned(facts: dict[str, Any]) -> dict[str, Any] | None:
    """The study of these facts that was written down, and of which no recruiter has a name yet."""
    rows = lines().filter(pl.col("reference").is_null() & pl.col("closed_at").is_null()).to_dicts()
    told = dict.fromkeys(STUDIES) | facts
    return next((row for row in rows if all(row[one] == told[one] for one in STUDIES if one not in _OF_ONE)), None)


def plan(facts: dict[str, Any], *, written: bool = True) -> dict[str, Any]:
    """Writes down a study before anybody hears of it. One that was planned alike and never opened is gone on with.

    Args:
        facts: STUDIES of it; what is not about it is missing.
        written: False for a dry run.
    """
    if (row := planned(facts)) is not None:
        return row
    row = dict.fromkeys(STUDIES) | facts | {"planned_at": _now()}
    about, known = row["source"] or f"label-{row['round']}", set(lines()["study"])
    row["study"] = next(name for number in count(1) if (name := f"{about}-{number}") not in known)
    return _write(row) if written else row


def opened(row: dict[str, Any], reference: str) -> dict[str, Any]:
    """Writes down what the recruiter calls it."""
    return _write({**row, "reference": reference})


def closed(row: dict[str, Any]) -> dict[str, Any]:
    return _write({**row, "closed_at": row["closed_at"] or _now()})


def in_one_language(text: Mapping[Any, str]) -> str:
    """A text as participants read it at a recruiter."""
    return text.get(LANGUAGE) or next(iter(text.values()))


def of(row: dict[str, Any], title: str, instructions: str) -> Study:
    """A row as recruiters know it, with what participants read."""
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


def cost_rows() -> list[dict[str, Any]]:
    """study, purpose, places, and amounts in words (estimated, paid, unknown) of each study, then of each currency that
    has several.
    """
    found = [(row, cost(row)) for row in lines().to_dicts()]
    rows = [
        {"study": row["study"], "purpose": _purpose(row), "places": row["places"], **_said(one)} for row, one in found
    ]
    for currency, several in Counter(one.currency for _, one in found).items():
        if several > 1:
            ours = [(row, one) for row, one in found if one.currency == currency]
            sums = (sum(getattr(one, name) for _, one in ours) for name in ("estimated", "paid", "unknown"))
            places = sum(row["places"] for row, _ in ours)
            rows.append(
                {"study": f"all in {currency}", "purpose": "", "places": places, **_said(Cost(currency, *sums))}
            )
    return rows


def _purpose(row: dict[str, Any]) -> str:
    return f"labels of {row['round']}" if labels(row) else f"pictures for {row['source']}, {row['theme']}"


def _said(found: Cost) -> dict[str, str]:
    amounts = {name: getattr(found, name) for name in ("estimated", "paid", "unknown")}
    return {name: f"{money(amount)} {found.currency}" for name, amount in amounts.items()}


def money(amount: int) -> str:
    """An amount as people write it."""
    return f"{amount / 100:.2f}"


def _write(row: dict[str, Any]) -> dict[str, Any]:
    kept = lines().filter(pl.col("study") != row["study"])
    frame = pl.concat([kept, pl.DataFrame([row], schema=STUDIES)])
    tables.write_ledger(frame, layout.STUDIES, ledger_schemas.kind_of(layout.STUDIES).written(frame), _ORDER)
    return row


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
