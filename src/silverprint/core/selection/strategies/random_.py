"""random: every unlabelled row is as likely as any other. The baseline, and right for estimates."""

import numpy as np

from silverprint.core.selection.pool import Picks, Pool


def pick(pool: Pool) -> Picks:
    """The first of the seeded order. There is no acquisition value."""
    return pool.candidates[: pool.budget], np.full(pool.budget, np.nan)
