"""Merge of a text of the tool that a team edited: their edits stay, and what the tool changed since comes in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, TypeAlias

# Three texts, ours, base, theirs -> their merge, with marks in the style of diff3 where it does not go.
Merge: TypeAlias = Callable[[str, str, str], str]

_ITEM: Final = re.compile(r"\s*- |\s*$")
_CONFLICT: Final = re.compile(r"(?ms)^<{7}[^\n]*\n(.*?)^\|{7}[^\n]*\n(.*?)^={7}\n(.*?)^>{7}[^\n]*\n")


@dataclass(frozen=True)
class Refused:
    """An edit that cannot be merged.

    Attributes:
        file: in which it is.
        line: where, counted from 1.
        ours: the lines as they stand there; empty where lines of the tool were taken out.
        theirs: the lines that the new version has for them.
    """

    file: str
    line: int
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    def __str__(self) -> str:
        here, there = ("\n".join(lines) or "(nothing)" for lines in (self.ours, self.theirs))
        return f"{self.file} line {self.line} says\n{here}\nand the new version, at the same place,\n{there}"


@dataclass(frozen=True)
class Merged:
    """
    Attributes:
        text: of both; ours where something is refused.
        edited: whether something in it is the team's.
    """

    text: str
    edited: bool
    refused: tuple[Refused, ...] = ()


def merge(ours: str, known: Sequence[str], new: str, git: Merge, file: str, first_line: int = 1) -> Merged:
    """`new`, with the edits that `ours` has over the nearest of the `known` texts, which earlier versions wrote.

    Args:
        first_line: on which `ours` begins in its file, for what is refused.
    """
    if ours.rstrip() in (text.rstrip() for text in [new, *known]):
        return Merged(new, edited=False)
    base = max(reversed(known), key=lambda text: _likeness(ours, text), default="")
    text = _CONFLICT.sub(_both_add, git(ours, base, new))
    hunks = list(_CONFLICT.finditer(text))
    if not hunks:
        return Merged(text, edited=True)
    return Merged(ours, edited=True, refused=tuple(_refused(hunk, text, ours, file, first_line) for hunk in hunks))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.splitlines(), other.splitlines(), autojunk=False).ratio()


def _both_add(hunk: re.Match[str]) -> str:
    """Where both sides only add items to one list, they are added, the tool's first; else the conflict as it is."""
    ours, base, theirs = hunk.groups()
    if base or not all(_ITEM.match(line) for line in (ours + theirs).splitlines()):
        return hunk[0]
    there = theirs.splitlines()
    return theirs + "".join(line for line in ours.splitlines(keepends=True) if line.rstrip() not in there)


def _refused(hunk: re.Match[str], merged: str, ours: str, file: str, first_line: int) -> Refused:
    lines = hunk[1].splitlines()
    before = _CONFLICT.sub(r"\1", merged[: hunk.start()]).splitlines()
    near = _place(ours.splitlines(), lines, len(before))
    return Refused(file, first_line + near, tuple(lines), tuple(hunk[3].splitlines()))


def _place(text: Sequence[str], lines: Sequence[str], guess: int) -> int:
    """Where `lines` stand in `text`: of several places the one nearest to `guess`; what was merged above moves it."""
    places = [at for at in range(len(text)) if lines and list(text[at : at + len(lines)]) == list(lines)]
    return min(places, key=lambda at: abs(at - guess), default=min(guess, max(len(text) - 1, 0)))
