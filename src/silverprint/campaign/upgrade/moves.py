"""Moves of knobs: those that a version renamed or took out. Each is a line of MOVES, and stays there for good.

A knob that is only new needs no line: a campaign gets it with the comment of the packaged params.yaml, and with the
default of the model where it has one, so that a campaign goes on as before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Move:
    """
    Attributes:
        old: the knob's earlier name, as "clean.min_size"; `*` stands for any name, as in "rounds.*.size".
        new: its name now, with as many `*`; None where it is gone.
        why: what a team should know about it: what does its work now, what became of its value.
        since: the version that moved it.
        value: of the earlier value the one that means the same now, where it is another one. The knob is then written
            as the packaged params.yaml has it, since a comment on the earlier one would speak of the earlier value.
            Not for names that a team chooses.
    """

    old: str
    new: str | None
    why: str
    since: str
    value: Callable[[Any], Any] | None = None


_LEARNT: Final = "a round's model is learnt to its end, and its weight decay by what predicts held-out labels best"


def _formats(single_files: Any) -> list[str]:
    return ["parquet", "imagefolder"] if single_files else ["parquet"]


MOVES: Final[tuple[Move, ...]] = (
    Move("model.epochs", None, _LEARNT, "0.3.0"),
    Move("model.learning_rate", None, _LEARNT, "0.3.0"),
    Move("model.weight_decay", None, _LEARNT, "0.3.0"),
    Move("release.silver_confidence", None, "automatic labels keep release.promise, tested at random", "0.3.0"),
    Move("release.imagefolder", "release.formats", "a release has every format that it names", "0.3.0", _formats),
)
