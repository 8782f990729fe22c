"""Base of the backbones from all libraries: two blocks of features, and normalised colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

MIDDLE_GRID = 3
Outputs = Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Architecture:
    """A network of some library, with weights still to be loaded.

    Attributes:
        network: whose state dict the file of weights holds.
        wrap: the network, loaded, to one that gives (B, F) final and (B, C, h, w) middle features.
        mean, std: of the colours it was trained with, three each, 0..1.
        remedy: how to get a file of weights.
    """

    network: nn.Module
    wrap: Callable[[nn.Module], Outputs]
    mean: Sequence[float]
    std: Sequence[float]
    remedy: str

    def normalise(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) RGB 0..255 to the network's own scale."""
        mean, std = (torch.tensor(part, device=pictures.device).view(1, 3, 1, 1) for part in (self.mean, self.std))
        return (pictures.float() / 255.0 - mean) / std


class Features(nn.Module):
    """Called, it gives (B, D): the final layer, then the middle one pooled to 3 x 3."""

    def __init__(self, network: nn.Module, outputs: Outputs) -> None:
        super().__init__()
        self.network = network  # an attribute moves to the device with this module
        self._outputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.blocks(x), dim=1)

    def blocks(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, F) and (B, 9 C)."""
        final, middle = self._outputs(x)
        return final, functional.adaptive_avg_pool2d(middle, MIDDLE_GRID).flatten(1)
