"""Champion among rounds' models: the one that a later model replaces only by a gain that is more than chance."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from silverprint.core.evaluation import comparison
from silverprint.core.evaluation.comparison import Gain


class Challenge(NamedTuple):
    """
    Attributes:
        round: whose model challenged.
        champion: the round whose model was the champion until then.
        pictures: evaluation pictures that both judged.
        gain: of the challenger; None where they share no picture.
    """

    round: str
    champion: str
    pictures: int
    gain: Gain | None

    @property
    def won(self) -> bool:
        return self.gain is not None and self.gain.accuracy.low > 0


def challenges(evaluations: Mapping[str, pl.DataFrame]) -> list[Challenge]:
    """The challenges that each model after the first put to the champion of its time.

    Args:
        evaluations: round -> EVALUATION, in the order of the rounds, each with at least one row. All are judged by the
            labels of the last.
    """
    found: list[Challenge] = []
    names = list(evaluations)
    for name in names[1:]:
        holder = champion(names[0], found)
        both = {holder: evaluations[holder], name: evaluations[name]}
        pictures = comparison.shared(both, evaluations[names[-1]])
        gain = comparison.gain(pictures, holder, name) if pictures.pictures else None
        found.append(Challenge(name, holder, pictures.pictures, gain))
    return found


def champion(first: str, found: list[Challenge]) -> str:
    """The round whose model holds the title after `found`; `first` is that of the first model."""
    return next((one.round for one in reversed(found) if one.won), first)
