"""FixMatch: what the network is sure of in a weakly changed picture, it learns from the strongly changed one."""

from typing import Final

from torch import Tensor

from silverprint.model.finetune.omega.contract import Omega, pseudo_labelled

SURE: Final = 0.95  # τ of the paper, of FixMatch and of FlexMatch


class FixMatch(Omega):
    """Ω = 1/B Σ 1(max q_b ≥ τ) H(q̂_b, p_b).

    Source: Sohn et al. 2020, FixMatch, arXiv:2001.07685, equation 4 (equation 3 is the cross-entropy of the labels).
    """

    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        return pseudo_labelled(logits, guess, (guess.amax(dim=1) >= SURE).float())
