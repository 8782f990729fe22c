"""FreeMatch: thresholds that follow the network's own confidence, and all classes in their shares."""

from typing import Final

import torch
from torch import Tensor

from silverprint.model.finetune.omega.contract import Omega, pseudo_labelled

MOMENTUM: Final = 0.999
FAIRNESS: Final = 0.05  # w_f of the paper, w_u is 1


def thresholds(confidence: Tensor, shares: Tensor) -> Tensor:
    """(C,) τ_c = p̃_c / max p̃ · τ of the confidence τ, (), and the shares p̃, (C,)."""
    return shares / shares.max() * confidence


def unfairness(logits: Tensor, taught: Tensor, shares: Tensor, histogram: Tensor) -> Tensor:
    """-H(SumNorm(p̃ / h̃), SumNorm(p̄ / h̄)), p̄ and h̄ the mean prediction and the classes of what is taught.

    Of a class that no taught picture is of, as of one that h̃ has not, the quotient is 0.

    Args:
        logits: (B, C) of the strongly changed pictures.
        taught: (B,) which of them teach.
        shares, histogram: (C,) p̃ and h̃ of the steps so far.
    """
    if not taught.any():
        return logits.new_zeros(())
    predicted = logits[taught].softmax(dim=1)
    counted = torch.bincount(predicted.argmax(dim=1), minlength=logits.shape[1]).float()
    wanted, found = _quotient(shares, histogram), _quotient(predicted.mean(dim=0), counted / counted.sum())
    return (wanted * found.clamp_min(1e-12).log()).sum()


def _quotient(shares: Tensor, histogram: Tensor) -> Tensor:
    quotient = torch.where(histogram > 0, shares / histogram.clamp_min(1e-12), torch.zeros_like(shares))
    return quotient / quotient.sum()


class FreeMatch(Omega):
    """Ω = 1/B Σ 1(max q_b ≥ τ(q̂_b)) H(q̂_b, p_b) + w_f · unfairness.

    Source: Wang et al. 2023, FreeMatch, arXiv:2205.07246, section 4 (self-adaptive thresholding and
    self-adaptive fairness).
    """

    confidence: Tensor  # () τ, the moving mean of max q
    shares: Tensor  # (C,) p̃, of q
    histogram: Tensor  # (C,) h̃, of the classes of q

    def __init__(self, classes: int, pool: int) -> None:
        super().__init__(classes, pool)
        self.register_buffer("confidence", torch.tensor(1 / classes))
        self.register_buffer("shares", torch.full((classes,), 1 / classes))
        self.register_buffer("histogram", torch.full((classes,), 1 / classes))

    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        sure, label = guess.max(dim=1)
        counts = torch.bincount(label, minlength=len(self.shares)).float()
        self.confidence.lerp_(sure.mean(), 1 - MOMENTUM)
        self.shares.lerp_(guess.mean(dim=0), 1 - MOMENTUM)
        self.histogram.lerp_(counts / counts.sum(), 1 - MOMENTUM)
        taught = sure >= thresholds(self.confidence, self.shares)[label]
        fair = unfairness(logits, taught, self.shares, self.histogram)
        return pseudo_labelled(logits, guess, taught.float()) + FAIRNESS * fair
