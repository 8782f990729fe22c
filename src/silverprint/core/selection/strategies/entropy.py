"""entropy: the pictures about which the model's answer says least (Shannon 1948; Settles 2009, section 3.1)."""

from typing import Final

from silverprint.core import uncertainty
from silverprint.core.selection.ranking import pick_largest
from silverprint.core.selection.strategy import Picks, Pool, Strategy


def pick(pool: Pool) -> Picks:
    """The largest -Σ p log p of the ensemble's mean over log C; the value is that figure, 0..1."""
    return pick_largest(pool, pool.predictions, uncertainty.entropy)


STRATEGY: Final = Strategy(pick, "the answer says little", needs_model=True)
