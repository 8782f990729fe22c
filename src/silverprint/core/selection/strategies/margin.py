"""margin: the pictures between whose two likeliest classes the model hesitates most (Scheffer et al. 2001)."""

from silverprint.core import uncertainty
from silverprint.core.selection.pool import Picks, Pool
from silverprint.core.selection.ranking import pick_largest


def pick(pool: Pool) -> Picks:
    """The largest 1 - (p1 - p2) of the ensemble's mean; the value is that figure, 0..1.

    Raises:
        ConfigError: there are no probabilities.
    """
    return pick_largest(pool, pool.predictions("margin"), uncertainty.margin)
