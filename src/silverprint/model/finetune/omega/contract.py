"""Contract of every Ω, and the loss of pseudo-labels that most of them share."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional


class Omega(nn.Module, ABC):
    """
    Args:
        classes: C.
        pool: N, pictures that nobody labelled.

    Attributes:
        compares: whether it sees each picture twice, changed strongly and weakly; else weakly alone.
    """

    compares: ClassVar[bool] = True

    def __init__(self, classes: int, pool: int) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        """() the loss of B pictures of the pool.

        Args:
            logits: (B, C) of the pictures as they are learnt from.
            guess: (B, C) probabilities of the weakly changed ones, through which nothing is learnt.
            places: (B,) of the pictures in the pool.
        """


def pseudo_labelled(logits: Tensor, guess: Tensor, weights: Tensor) -> Tensor:
    """1/B Σ w_b H(q̂_b, p_b): cross-entropy with the likeliest class of `guess`; `weights` are (B,), 0 to 1."""
    losses = functional.cross_entropy(logits, guess.argmax(dim=1), reduction="none")
    return (weights * losses).mean()
