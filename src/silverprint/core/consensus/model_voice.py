"""Model's voice: probabilities of a model as a further opinion, believed as far as they agree with people.

What a model says about an image is the prior of its class: softmax(w log p + b). The exponent w and the offsets b of
the classes are those under which the votes are likeliest, so a model that people do not bear out gets w near 0, and one
that was too careful gets w above 1.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from silverprint.core.consensus.vote_arrays import Shares

_LEAST: Final = 1e-4  # probability below which a model is not believed to know
_SUREST: Final = 5.0  # w at most


@dataclass
class Voice:
    """The voice as it is believed now; `learn` moves it."""

    known: NDArray[np.bool_]  # (N,) images that it speaks about, M of them
    logs: NDArray[np.float64]  # (M, C)
    offsets: NDArray[np.float64]  # (C,)
    weight: float = 1.0

    def prior(self) -> Shares:
        """(M, C) probabilities of the classes before any vote."""
        return np.asarray(softmax(self.weight * self.logs + self.offsets, axis=1))

    def learn(self, likely: Shares, pseudo: NDArray[np.float64]) -> None:
        """One step towards the w and b under which `likely` (M, C) is likeliest.

        Args:
            pseudo: (C,) images that are believed in before any is seen.
        """
        count = len(likely)
        expected = self.prior()
        target = (likely.sum(axis=0) + pseudo) * count / (count + pseudo.sum())
        self.offsets = self.offsets + np.log(target / np.maximum(expected.sum(axis=0), 1e-12))
        expected = self.prior()
        mean = (expected * self.logs).sum(axis=1, keepdims=True)
        slope = ((likely - expected) * self.logs).sum() - (self.weight - 1)
        curve = (expected * (self.logs - mean) ** 2).sum() + 1
        self.weight = float(np.clip(self.weight + slope / curve, 0, _SUREST))


def voice(predicted: Shares) -> Voice:
    """The voice of (N, C) probabilities with rows of NaN where there are none."""
    known = ~np.isnan(predicted[:, 0])
    logs = np.log(np.maximum(predicted[known], _LEAST))
    return Voice(known, logs, np.zeros(predicted.shape[1]))
