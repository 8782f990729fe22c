"""A backbone so small that it learns in a moment, in place of the packaged one."""

from functools import lru_cache

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from silverprint.model import backbones, embedder
from silverprint.model.backbones import Backbone

REPLACED = "efficientnet_lite0"


class Tiny(nn.Module):
    """Two convolutions with all that makes training depend on chance and on its state: dropout and normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.dropout = nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.Dropout(0.1)
        self.second, self.unused = nn.Conv2d(8, 8, 3, 2), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.second(self.dropout(functional.relu(self.norm(self.first(x))))))
        return torch.cat([x.mean(dim=(2, 3)), functional.adaptive_avg_pool2d(x, 3).flatten(1)], dim=1)


def _fill(network: nn.Module) -> None:
    drawn = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=drawn))


def _load() -> nn.Module:
    network = Tiny()
    _fill(network)
    return network.eval().requires_grad_(False)


TINY = Backbone(
    load=_load,
    bare=Tiny,
    fill=_fill,
    normalise=lambda pictures: pictures.float() / 127.5 - 1,
    blocks={"final": 8, "middle": 72},
    weights_sha256="0" * 64,
)


def replace_backbone(monkeypatch: pytest.MonkeyPatch, by: Backbone = TINY) -> None:
    """`by` goes by the packaged backbone's name, and no network that was loaded under that name before is used."""
    monkeypatch.setitem(backbones.BACKBONES, REPLACED, by)
    monkeypatch.setattr(embedder, "_embedder", lru_cache(1)(embedder._embedder.__wrapped__))
