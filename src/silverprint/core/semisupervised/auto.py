"""Choice of Ω and of how the features are seen, by the labels at hand.

The evidence for a candidate is how likely it makes labels that were held out (their summed log loss, at its own
temperature). A few labels say little; so every candidate starts with a handicap in nats, the belief before the labels.
With twenty labels that belief decides, with hundreds the labels do.
"""

from typing import Final

import numpy as np

from silverprint.core.semisupervised import consistency, entropy, graph
from silverprint.core.semisupervised.head import Learner, Problem, calibrated, held_out_logits, supervised

HANDICAPS: Final[dict[str, float]] = {"graph": 0.0, "entropy": 1.0, "consistency": 0.5, "none": 2.0}

_LEARNERS: Final[dict[str, Learner]] = {
    "none": supervised,
    "entropy": entropy.learn,
    "consistency": consistency.learn,
    "graph": graph.learn,
}


def choose(problem: Problem) -> tuple[str, float]:
    """The name of the Ω with the most evidence, and its temperature."""
    judged = {}
    for name, learn in _LEARNERS.items():
        warmth, losses = calibrated(held_out_logits(problem, learn), problem.labels)
        judged[name] = (float(np.sum(losses)) + HANDICAPS[name], warmth)
    best = min(judged, key=lambda name: judged[name][0])
    return best, judged[best][1]
