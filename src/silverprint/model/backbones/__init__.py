"""Frozen backbones by name: pictures in, blocks of features out. One file each; `BACKBONES` is the one list of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from torch import Tensor, nn

from silverprint.errors import ConfigError
from silverprint.model.backbones import efficientnet_lite0


@dataclass(frozen=True)
class Backbone:
    load: Callable[[], nn.Module]  # with its weights, in evaluation mode
    normalise: Callable[[Tensor], Tensor]  # (B, 3, S, S) RGB 0..255 to what the network takes
    blocks: dict[str, int]  # columns of each block of features, in the order of the network's output
    weights_sha256: str


BACKBONES: Final[dict[str, Backbone]] = {
    "efficientnet_lite0": Backbone(
        load=efficientnet_lite0.load,
        normalise=efficientnet_lite0.normalise,
        blocks=efficientnet_lite0.BLOCKS,
        weights_sha256=efficientnet_lite0.WEIGHTS_SHA256,
    ),
}


def backbone(name: str) -> Backbone:
    try:
        return BACKBONES[name]
    except KeyError:
        known = ", ".join(sorted(BACKBONES))
        raise ConfigError(f"embed.backbone = {name!r}", "no such backbone", f"use one of: {known}") from None
