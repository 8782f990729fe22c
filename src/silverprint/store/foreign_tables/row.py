"""Row of a table that somebody else wrote, and the faults of one."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

LONGEST: Final = 1_000_000  # characters of a row, or of one value of Parquet

Row: TypeAlias = dict[str, Any]  # known column name -> value; ignored columns are left out


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be read, as a message says it, and what helps."""

    why: str
    remedy: str = "fix the row or remove it"


TOO_LONG: Final = Fault(f"the row has more than {LONGEST:,} characters", "shorten it or remove it")


def text(value: Any) -> str | Fault | None:
    """A value as trimmed text, None where it is empty; a number is text, too, and NaN is how tables of floats say
    that a cell is empty."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = None if value != value else str(value)
    if not isinstance(value, str | None):
        return Fault(f"a value is {type(value).__name__}, no text")
    return (value or "").strip() or None
