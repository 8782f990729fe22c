"""Git's conflict markers: what a stopped merge leaves in a file, so that no program may take it for content."""

import re
from dataclasses import dataclass
from typing import Final

# `=======` alone may be a heading's underline; these three stand in no file of ours.
_MARK: Final = re.compile(r"^(?:<{7,}|>{7,}|\|{7,})(?:[ \t\r]|$)", re.MULTILINE)
_ANY: Final = re.compile(r"(<{7,}|>{7,}|\|{7,}|={7,})(?:\s|$)")
RULE: Final = "Git left the marks of a conflict there: two branches changed the same lines"


def first_mark_line(text: str) -> int | None:
    """The line, from 1, of the first mark of a conflict in `text`; None where there is none."""
    found = _MARK.search(text)
    return None if found is None else text.count("\n", 0, found.start()) + 1


@dataclass(frozen=True)
class Sides:
    base: str  # the common base, as far as the marks show it: the lines outside them, and those after |||||||
    ours: str
    theirs: str


def sides(text: str) -> Sides:
    """What the branches had, of a text with marks."""
    found: dict[str, list[str]] = {"<": [], "|": [], "=": []}
    at = ""  # outside of the marks
    for line in text.splitlines(keepends=True):
        mark = _ANY.match(line)
        kind = mark[1][0] if mark else ""
        if kind == "<" or (at and kind):
            at = "" if kind == ">" else kind
            continue
        for side in (at,) if at else tuple(found):
            found[side].append(line)
    return Sides("".join(found["|"]), "".join(found["<"]), "".join(found["="]))


def mark_conflict(ours: str, theirs: str) -> str:
    """Both, as Git shows what it cannot join."""
    return f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"
