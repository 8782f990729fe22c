"""Decisions as a CSV file for whoever pays by hand or by another platform: participant, decision, amount, why."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.errors import DataError
from silverprint.recruiter import Study
from silverprint.store.files import write_text

HEADER: Final = ("participant", "decision", "amount", "currency", "why", "reference")


def path_of(study: Study) -> Path:
    return layout.RECRUITING / study.name / "decisions.csv"


def add(study: Study, participant: str, decision: str, amount: int, why: str = "", reference: str = "") -> None:
    """Adds a line, unless it is there; `reference` tells several of one participant apart."""
    rows = read(study)
    key = (participant, decision, reference)
    if all((row["participant"], row["decision"], row["reference"]) != key for row in rows):
        line = (participant, decision, f"{amount / 100:.2f}", study.currency, why, reference)
        write(path_of(study), HEADER, [*(tuple(row[name] for name in HEADER) for row in rows), line])


def read(study: Study) -> list[dict[str, str]]:
    """Every line; none where there is no file.

    Raises:
        DataError: it is no such file.
    """
    return read_rows(path_of(study), HEADER) if path_of(study).exists() else []


def read_rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a CSV file that has `columns` at least.

    Raises:
        DataError: it lacks one, a line is too short, or it is no CSV in UTF-8.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(str(path), f"is no CSV in UTF-8 ({error})", "save it as such") from None
    for line, row in enumerate(rows, 2):
        for name in columns:
            if row.get(name) is None:
                raise DataError(f"{path} line {line}", f"has no {name}", f"its columns: {', '.join(columns)}")
    return rows


def write(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A CSV file for its owner alone.

    Raises:
        DiskError: no space.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_text(path, text.getvalue(), mode=0o600)
