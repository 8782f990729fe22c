"""margin: the pictures between whose two likeliest classes the model hesitates most (Scheffer et al. 2001)."""

import numpy as np

from silverprint.core import uncertainty
from silverprint.core.selection.pool import Picks, Pool
from silverprint.errors import ConfigError


def pick(pool: Pool) -> Picks:
    """The largest 1 - (p1 - p2) of the ensemble's mean; the value is that figure, 0..1.

    Raises:
        ConfigError: there are no probabilities.
    """
    if pool.probabilities is None:
        rule = "needs the probabilities of a model, and there is none yet"
        raise ConfigError("strategy = 'margin'", rule, "use one for a cold start: maxherding or random")
    values = uncertainty.margin(pool.probabilities[..., pool.candidates, :])
    best = np.argsort(-values, kind="stable")[: pool.budget]
    return pool.candidates[best], values[best]
