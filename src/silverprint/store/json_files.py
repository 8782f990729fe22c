"""JSON files, small ones that stages leave for one another."""

import json
from pathlib import Path
from typing import Any

from silverprint import git_conflicts
from silverprint.errors import DataError, UnavailableError


def read(path: Path, *keys: str, remedy: str) -> dict[str, Any]:
    """The JSON object at `path`, which must have `keys`.

    Raises:
        UnavailableError: the file is not there.
        DataError: it is not a JSON object or lacks a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if line := git_conflicts.first_mark_line(text):
            raise DataError(f"{path} line {line}", git_conflicts.RULE, remedy)
        document = json.loads(text)
    except FileNotFoundError:
        raise UnavailableError(str(path), "the file is not there", remedy) from None
    except (ValueError, RecursionError):
        raise DataError(str(path), "not readable as JSON", remedy) from None
    missing = [key for key in keys if not isinstance(document, dict) or key not in document]
    if missing or not isinstance(document, dict):
        raise DataError(str(path), f"lacks {', '.join(missing) or 'an object'}", remedy)
    return document
