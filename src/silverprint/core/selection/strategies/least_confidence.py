"""least_confidence: the pictures whose likeliest class is least likely (Lewis & Gale 1994)."""

from typing import Final

from silverprint.core import uncertainty
from silverprint.core.selection.ranking import pick_largest
from silverprint.core.selection.strategy import Picks, Pool, Strategy


def pick(pool: Pool) -> Picks:
    """The largest (1 - p1) C / (C - 1) of the ensemble's mean; the value is that figure, 0..1."""
    return pick_largest(pool, pool.predictions, uncertainty.least_confidence)


STRATEGY: Final = Strategy(pick, "the likeliest class is not likely", needs_model=True)
