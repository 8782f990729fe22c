"""margin: the pictures between whose two likeliest classes the model hesitates most (Scheffer et al. 2001)."""

from typing import Final

from silverprint.core import uncertainty
from silverprint.core.selection.ranking import pick_largest
from silverprint.core.selection.strategy import Picks, Pool, Strategy


def pick(pool: Pool) -> Picks:
    """The largest 1 - (p1 - p2) of the ensemble's mean; the value is that figure, 0..1."""
    return pick_largest(pool, pool.predictions, uncertainty.margin)


STRATEGY: Final = Strategy(pick, "a narrow gap between the two likeliest classes", needs_model=True)
