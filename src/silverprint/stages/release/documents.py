"""Documents beside a release's pictures: croissant.json, the datasheet and the summary of training content."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from silverprint import console
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.release_documents import croissant, datasheet, training_summary
from silverprint.adapters.release_documents.sheet import MARK, Sheet
from silverprint.core.reporting.release_facts import ReleaseFacts
from silverprint.errors import ConfigError
from silverprint.store import files

CROISSANT: Final = "croissant.json"


def write(facts: ReleaseFacts, folder: Path) -> None:
    """Writes them into `folder`, whose Parquet files are there.

    Raises:
        ConfigError: `release.answers` answers what no document asks.
    """
    answers = facts.params.release.answers
    sheets = {
        name: made.sheet(facts).answered(answers)
        for name, made in (("datasheet", datasheet), ("training-summary", training_summary))
    }
    _require_known(answers, sheets)
    for name, sheet in sheets.items():
        files.write_text(folder / f"{name}.md", sheet.to_markdown())
        files.write_text(folder / f"{name}.json", _json(sheet.to_json()))
    document = croissant.document(facts, _parquet_files(folder), COLUMNS, answers)
    files.write_text(folder / CROISSANT, _json(document))
    for name, sheet in sheets.items():
        if missing := sum(item.missing for item in sheet.items):
            console.say(f"{name}.md: {missing} answers are a person's; it marks them {MARK!r}: release.answers")


def _require_known(answers: dict[str, str], sheets: dict[str, Sheet]) -> None:
    known = [item.key for sheet in sheets.values() for item in sheet.items]
    for key in answers:
        if key not in known:
            raise ConfigError(f"release.answers.{key}", "no document asks that", f"use some of: {', '.join(known)}")


def _parquet_files(folder: Path) -> list[croissant.ParquetFile]:
    found = []
    for path in sorted((folder / "parquet").glob("*.parquet")):
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        found.append(croissant.ParquetFile(f"parquet/{path.name}", path.stat().st_size, digest))
    return found


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
