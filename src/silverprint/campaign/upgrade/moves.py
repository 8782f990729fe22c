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


_LEARNT: Final = "a round's model is learnt to its end, and its weight decay by what predicts held-out labels best"

MOVES: Final[tuple[Move, ...]] = (
    Move("model.epochs", None, _LEARNT, "0.2.0"),
    Move("model.learning_rate", None, _LEARNT, "0.2.0"),
    Move("model.weight_decay", None, _LEARNT, "0.2.0"),
    Move("release.silver_confidence", None, "automatic labels keep release.promise, tested at random", "0.2.0"),
    Move("release.imagefolder", None, "release.formats names the formats; without single files: [parquet]", "0.2.0"),
)
