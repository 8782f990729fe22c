"""The columns of a file that somebody else wrote: only known ones, each once."""

from collections.abc import Sequence
from difflib import get_close_matches

from silverprint.errors import DataError


def known_columns(known: Sequence[str]) -> str:
    """The end of a remedy."""
    return f"known: {', '.join(known)}"


def require_known(where: str, columns: Sequence[str], known: Sequence[str]) -> None:
    """
    Raises:
        DataError: one of `columns` is not in `known`, or stands there twice; `where` names the file.
    """
    for column in columns:
        value = f"{where} column {column[:100]!r}"
        if column not in known:
            meant = get_close_matches(column.strip().lower(), known, 1, 0.7)
            hint = f", did you mean {meant[0]!r}?" if meant else ""
            raise DataError(value, f"no such column{hint}", f"rename it or take it out; {known_columns(known)}")
        if columns.count(column) > 1:
            raise DataError(value, "the column is there twice", "keep one of them")
