"""Part of a network that learns: all of it, its biases, or matrices of low rank added to its linear layers."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from silverprint.config import Finetune
from silverprint.errors import ConfigError
from silverprint.model.finetune.network import Network

_SCALE: Final = 2.0  # α / r of LoRA, whatever the rank
_WEIGHTS: Final = ("weight", "in_proj_weight")  # of a linear layer, and of nn.MultiheadAttention


@contextmanager
def trained_part(network: Network, knobs: Finetune, seed: int) -> Iterator[None]:
    """Within, only `knobs.trained` of the backbone, and the last layer, need gradients.

    At the end the network is a plain one: what LoRA learnt is added to the weights that it belongs to.

    Raises:
        ConfigError: LoRA is asked for, and the backbone has no linear layer.
    """
    used = [parameter for parameter in network.backbone.parameters() if parameter.requires_grad]
    adapted: list[tuple[nn.Module, str]] = []
    if knobs.trained == "bitfit":
        for name, parameter in network.backbone.named_parameters():
            parameter.requires_grad_(parameter.requires_grad and name.endswith("bias"))
    elif knobs.trained == "lora":
        adapted = _adapted(network.backbone, knobs.lora_rank, seed)
    try:
        yield
    finally:
        for module, name in adapted:
            parametrize.remove_parametrizations(module, name, leave_parametrized=True)
        for parameter in used:
            parameter.requires_grad_(True)


class _LowRank(nn.Module):
    """W + α/r · B A: A, (r, in), drawn by chance, B, (out, r), 0 at first.

    Source: Hu et al. 2022, LoRA, arXiv:2106.09685, equation 3.
    """

    def __init__(self, weight: Tensor, rank: int, drawn: torch.Generator) -> None:
        super().__init__()
        out, into = weight.shape
        self.down = nn.Parameter(torch.randn(rank, into, generator=drawn) / math.sqrt(into))
        self.up = nn.Parameter(torch.zeros(out, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + _SCALE * (self.up @ self.down)


def _adapted(backbone: nn.Module, rank: int, seed: int) -> list[tuple[nn.Module, str]]:
    """Adds a _LowRank to each linear weight that is used; everything else stays as it is."""
    drawn = torch.Generator().manual_seed(seed)
    found: list[tuple[nn.Module, str]] = [
        (module, name)
        for module in backbone.modules()
        if isinstance(module, nn.Linear | nn.MultiheadAttention)
        for name in _WEIGHTS
        if (weight := getattr(module, name, None)) is not None and weight.requires_grad
    ]
    if not found:
        rule = "the backbone has no linear layer that LoRA could adapt"
        raise ConfigError("model.finetune.trained = 'lora'", rule, "use bitfit, all, or a transformer as the backbone")
    backbone.requires_grad_(False)
    for module, name in found:
        parametrize.register_parametrization(module, name, _LowRank(getattr(module, name), rank, drawn))
    return found
