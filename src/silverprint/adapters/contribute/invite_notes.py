"""Notes on invites: for whom each was made, as the lead wrote it. The only place where a contributor may have a name.

They lie on this machine alone, in a file for its owner, which Git leaves out.
"""

import json
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.errors import DataError
from silverprint.store.files import write_text

NOTES: Final = layout.CONTRIBUTE / "notes.json"


def read(path: Path = NOTES) -> dict[str, str]:
    """The note of each invite that has one, by its key.

    Raises:
        DataError: the file is damaged.
    """
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        notes = None
    if not isinstance(notes, dict):
        raise DataError(str(path), "is no file of notes", "fix it, or remove it: only names are lost")
    return notes


def add(key: str, note: str, path: Path = NOTES) -> None:
    """Keeps a note."""
    _write(read(path) | {key: note}, path)


def forget(key: str, path: Path = NOTES) -> bool:
    """Drops the note of an invite; whether there was one."""
    notes = read(path)
    if notes.pop(key, None) is None:
        return False
    _write(notes, path)
    return True


def _write(notes: dict[str, str], path: Path) -> None:
    write_text(path, json.dumps(notes, indent=1, ensure_ascii=False) + "\n", mode=0o600)
