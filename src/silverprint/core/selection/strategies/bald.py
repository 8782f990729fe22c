"""bald: the pictures on which the members are sure, each of another class.

Bayesian Active Learning by Disagreement (Houlsby et al. 2011, arXiv:1112.5745, equation 2): the mutual information of
the answer and the model, H(mean of the members) - mean of H(member). For ensembles: Beluch et al. 2018.
"""

from typing import Final

from silverprint.core import uncertainty
from silverprint.core.selection.ranking import pick_largest
from silverprint.core.selection.strategy import Picks, Pool, Strategy


def pick(pool: Pool) -> Picks:
    """The largest mutual information over log C; the value is that figure, 0..1.

    One member never disagrees with itself: the value of (N, C) probabilities is 0 and the seeded order decides.
    """
    return pick_largest(pool, pool.predictions, uncertainty.mutual_information)


STRATEGY: Final = Strategy(pick, "the members of the model disagree", needs_model=True, needs_members=2)
