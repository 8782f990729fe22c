"""Moves of knobs: those that a version renamed or took out. Each is a line of MOVES, and stays there for good.

A knob that is only new needs no line: a campaign gets it with the comment of the packaged params.yaml, and with the
default of the model where it has one, so that a campaign goes on as before.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Move:
    """
    Attributes:
        old: the knob's earlier name, as "clean.min_size"; `*` stands for any name, as in "rounds.*.size".
        new: its name now, with as many `*`; None where it is gone.
        why: what a team should know about it: what does its work now, what became of its value.
        since: the version that moved it.
    """

    old: str
    new: str | None
    why: str
    since: str


MOVES: Final[tuple[Move, ...]] = ()
