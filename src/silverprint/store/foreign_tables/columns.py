"""Columns that a foreign table may have, and which of them a given name means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from silverprint.core.unicode_names import to_nfc
from silverprint.errors import DataError

# As pandas writes the numbers of its rows; an empty name also stands over what a delimiter at the end cuts off.
_INDEX: Final = re.compile(r"|index|unnamed: ?[0-9]+(_level_[0-9]+)?|__index_level_[0-9]+__")
_MOST_UNUSED: Final = 20  # names that are kept of columns passed over


class MissingColumnError(DataError):
    """The column that is needed is not there."""


@dataclass
class Shape:
    """What is understood of a table.

    Attributes:
        what: it is, as a message names it: list, manifest.
        columns: that are known.
        needed: the one of them that must be there.
        aliases: other names of theirs, folded.
        passed_over: columns that are known to mean nothing to us, folded; None: every one that is not known.
        suffix: a column whose name ends so is the needed one, where no other is.
        unused: what was passed over, filled while a table is read. Indices of rows are not worth a word.
    """

    what: str
    columns: tuple[str, ...]
    needed: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    passed_over: frozenset[str] | None = frozenset()
    unused: dict[str, None] = field(default_factory=dict)
    suffix: str | None = None

    def named(self, where: str, given: Sequence[str], needs: bool = True) -> list[str | None]:
        """For each of the table's columns the known one that it is, or None: it is passed over.

        A name is known in any case, with blanks around it or not. Of a known name and another for the same column
        the known one counts.

        Args:
            where: the table, or its line, as a message names it.
            given: its columns.
            needs: whether the needed one must be among them.

        Raises:
            MissingColumnError: it is not.
            DataError: a column is neither known nor passed over, or is there twice.
        """
        found = [self._known(name) for name in given]
        for name, column in zip(given, found, strict=True):
            if column is None and not self._is_passed_over(name):
                raise self._unknown(where, name)
            if column is not None and found.count(column) > 1:
                rule = "the column is there twice"
                raise DataError(f"{where} column {name[:100]!r}", rule, "keep one of them, or rename the other")
        taken = {*found}
        result: list[str | None] = []
        if self.needed not in found and self.suffix is not None:
            ends = [at for at, name in enumerate(given) if found[at] is None and _folded(name).endswith(self.suffix)]
            if len(ends) == 1:
                found[ends[0]] = self.needed
        for name, column in zip(given, found, strict=True):
            other = None if column is not None else self.aliases.get(_folded(name))
            chosen = other if other not in taken else None
            taken.add(chosen)
            result.append(column or chosen)
            if result[-1] is None and not _is_index(name) and len(self.unused) < _MOST_UNUSED:
                self.unused[name[:100]] = None
        if needs and self.needed not in result:
            rule = f"the {self.what} has no column {self.needed!r}{'' if given else ', it is empty'}"
            raise MissingColumnError(where, rule, f"add it; {self._all()}")
        return result

    def knows(self, name: str) -> bool:
        """Whether a column of this name says something."""
        return self._known(name) is not None or _folded(name) in self.aliases

    def _known(self, name: str) -> str | None:
        return name if name in self.columns else next((one for one in self.columns if one == _folded(name)), None)

    def _is_passed_over(self, name: str) -> bool:
        folded = _folded(name)
        return self.passed_over is None or folded in self.passed_over or folded in self.aliases or _is_index(name)

    def _unknown(self, where: str, name: str) -> DataError:
        meant = get_close_matches(_folded(name), self.columns, 1, 0.7)
        hint = f", did you mean {meant[0]!r}?" if meant else ""
        value = f"{where} column {name[:100]!r}"
        return DataError(value, f"no such column{hint}", f"rename it or remove it; {self._all()}")

    def _all(self) -> str:
        return f"known: {', '.join(self.columns)}"


def _folded(name: str) -> str:
    return to_nfc(name.strip()).casefold()


def _is_index(name: str) -> bool:
    return _INDEX.fullmatch(_folded(name)) is not None
