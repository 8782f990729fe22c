"""SoftMatch: every guess teaches, the less the further its confidence lies below the usual one."""

from typing import Final

import torch
from torch import Tensor

from silverprint.model.finetune.omega.contract import Omega, pseudo_labelled

MOMENTUM: Final = 0.999


def weights(sure: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """(B,) the truncated Gaussian: exp(-(max p - μ)² / 2σ²) below μ, 1 from there on."""
    return (-((sure - mean).clamp_max(0) ** 2) / (2 * variance)).exp()


def aligned(guess: Tensor, shares: Tensor) -> Tensor:
    """(B, C) guesses as they would be if all classes were predicted alike: normalised p · (1/C) / E[p]."""
    even = guess / shares
    return even / even.sum(dim=1, keepdim=True)


class SoftMatch(Omega):
    """Ω = 1/B Σ λ(p_b) H(p̂_b, p_b'), λ of `weights` for the aligned guesses.

    Source: Chen et al. 2023, SoftMatch, arXiv:2301.10921, section 3 (truncated Gaussian weights, uniform alignment).
    """

    mean: Tensor  # () μ, of max p
    variance: Tensor  # () σ²
    shares: Tensor  # (C,) E[p]

    def __init__(self, classes: int, pool: int) -> None:
        super().__init__(classes, pool)
        self.register_buffer("mean", torch.tensor(1 / classes))
        self.register_buffer("variance", torch.tensor(1.0))
        self.register_buffer("shares", torch.full((classes,), 1 / classes))

    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        self.shares.lerp_(guess.mean(dim=0), 1 - MOMENTUM)
        sure = aligned(guess, self.shares).amax(dim=1)
        self.mean.lerp_(sure.mean(), 1 - MOMENTUM)
        if len(sure) > 1:  # of one picture there is no variance
            self.variance.lerp_(sure.var(), 1 - MOMENTUM)
        return pseudo_labelled(logits, guess, weights(sure, self.mean, self.variance))
