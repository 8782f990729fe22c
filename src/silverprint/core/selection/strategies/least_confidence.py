"""least_confidence: the pictures whose likeliest class is least likely (Lewis & Gale 1994)."""

from silverprint.core import uncertainty
from silverprint.core.selection.pool import Picks, Pool
from silverprint.core.selection.ranking import pick_largest


def pick(pool: Pool) -> Picks:
    """The largest (1 - p1) C / (C - 1) of the ensemble's mean; the value is that figure, 0..1.

    Raises:
        ConfigError: there are no probabilities.
    """
    return pick_largest(pool, pool.predictions("least_confidence"), uncertainty.least_confidence)
