"""FlexMatch: FixMatch whose threshold is lower for classes that are learnt less."""

import torch
from torch import Tensor

from silverprint.model.finetune.omega.contract import Omega, pseudo_labelled
from silverprint.model.finetune.omega.fixmatch import SURE

_NEVER = -1  # no confident guess of that picture so far


def thresholds(counts: Tensor, never: Tensor) -> Tensor:
    """(C,) of each class: τ M(β), M(x) = x / (2 - x), β_c = σ_c / max(max σ, pictures never guessed surely).

    Args:
        counts: (C,) σ, the pictures of the pool that were surely guessed to be of each class.
        never: () the number of the others; one of both is above 0.
    """
    learnt = counts / torch.maximum(counts.max(), never)
    return SURE * learnt / (2 - learnt)


class FlexMatch(Omega):
    """Ω = 1/B Σ 1(max q_b > T(q̂_b)) H(q̂_b, p_b), T of `thresholds`, by what was guessed in the steps before.

    Source: Zhang et al. 2021, FlexMatch, arXiv:2110.08263, section 3 (curriculum pseudo labelling, threshold warm-up,
    the convex mapping) and algorithm 1.
    """

    guessed: Tensor  # (N,) the last class of each picture that was surely guessed, or _NEVER

    def __init__(self, classes: int, pool: int) -> None:
        super().__init__(classes, pool)
        self.classes = classes
        self.register_buffer("guessed", torch.full((pool,), _NEVER))

    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        sure, label = guess.max(dim=1)
        counts = torch.bincount(self.guessed + 1, minlength=self.classes + 1).float()
        limits = thresholds(counts[1:], counts[0])
        now = sure > SURE
        self.guessed[places[now]] = label[now]
        return pseudo_labelled(logits, guess, (sure > limits[label]).float())
