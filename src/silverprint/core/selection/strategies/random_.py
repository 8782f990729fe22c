"""random: every unlabelled row is as likely as any other. The baseline, and right for estimates."""

from typing import Final

import numpy as np

from silverprint.core.selection.strategy import Picks, Pool, Strategy


def pick(pool: Pool) -> Picks:
    """The first of the seeded order. There is no acquisition value."""
    return pool.candidates[: pool.budget], np.full(pool.budget, np.nan)


STRATEGY: Final = Strategy(pick, "drawn by chance")
