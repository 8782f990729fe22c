"""Completed versions of a source, so that the same version is not fetched again."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from silverprint.store.files import write_text


class CompletedSource:
    """What the last run over a source that came to its end has read; `.whole` in its folder.

    It holds for as long as the rules are the same, and the rows that were there then.

    Args:
        root: the source's folder.
        rules: whatever else decides what becomes of the same bytes.
        rows: in its index.
    """

    def __init__(self, root: Path, rules: Iterable[str], rows: int) -> None:
        self._path, self._rows = root / ".whole", rows
        self._rules = hashlib.sha256(json.dumps(list(rules)).encode()).hexdigest()
        self._version: str | None = None

    def is_known(self, version: str | None) -> bool:
        """Whether the last run to the end has read this version of the source."""
        return version is not None and self._known() == self._line(version, self._rows)

    def read(self, version: str | None) -> None:
        """Notes that this run has read it to its end."""
        self._version = version

    def save(self, added: int) -> None:
        """Writes that down, once the rows that the run added are on the disk.

        Raises:
            DiskError: no space.
        """
        if self._version is not None:
            write_text(self._path, json.dumps(self._line(self._version, self._rows + added)) + "\n")

    def _line(self, version: str, rows: int) -> dict[str, Any]:
        return {"version": version, "rules": self._rules, "rows": rows}

    def _known(self) -> Any:
        try:
            return json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
