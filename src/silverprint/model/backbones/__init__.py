"""Frozen backbones by name: images in, blocks of features out. `BACKBONES` and `LIBRARIES` are the one list of them.

A packaged backbone has a name; one of a library is library/name and comes with a file of weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from silverprint.errors import ConfigError
from silverprint.model.backbones import efficientnet_lite0, open_clip_models, timm_models, torchvision_models
from silverprint.model.backbones.library import Architecture, Features
from silverprint.model.backbones.weights import Weights, load_state

__all__ = ["BACKBONES", "LIBRARIES", "Backbone", "Weights", "backbone"]


@dataclass(frozen=True)
class Backbone:
    load: Callable[[], nn.Module]  # frozen, with its weights, in evaluation mode
    bare: Callable[[], nn.Module]  # as it is trained, without its weights
    fill: Callable[[nn.Module], None]  # gives a bare one its weights
    normalise: Callable[[Tensor], Tensor]  # (B, 3, S, S) RGB 0..255 to what the network takes
    blocks: dict[str, int]  # columns of each block of features, in the order of the network's output
    weights_sha256: str


BACKBONES: Final[dict[str, Backbone]] = {
    "efficientnet_lite0": Backbone(
        load=efficientnet_lite0.load,
        bare=efficientnet_lite0.EfficientNetLite0,
        fill=efficientnet_lite0.fill,
        normalise=efficientnet_lite0.normalise,
        blocks=efficientnet_lite0.BLOCKS,
        weights_sha256=efficientnet_lite0.WEIGHTS_SHA256,
    ),
}
LIBRARIES: Final[dict[str, Callable[[str], Architecture]]] = {
    "torchvision": torchvision_models.architecture,
    "timm": timm_models.architecture,
    "open_clip": open_clip_models.architecture,
}


def backbone(name: str, size: int = 224, weights: Weights | None = None) -> Backbone:
    """The backbone `name`; a library's is built, but its weights are not read yet.

    Args:
        size: S, the side of its input, pixels.
        weights: of a library's network.

    Raises:
        ConfigError: no such backbone, no weights named, or it does not take that size.
        UnavailableError: the library is not installed.
    """
    if name in BACKBONES:
        return BACKBONES[name]
    library, _, architecture = name.partition("/")
    if library not in LIBRARIES:
        known = ", ".join([*sorted(BACKBONES), *(f"{one}/NAME" for one in LIBRARIES)])
        raise ConfigError(f"embed.backbone = {name!r}", "no such backbone", f"use one of: {known}")
    if weights is None:
        raise ConfigError(f"embed.backbone = {name!r}", "its weights are a file", "set embed.weights")
    return _of_library(name, LIBRARIES[library](architecture), size, weights)


def _of_library(name: str, built: Architecture, size: int, weights: Weights) -> Backbone:
    network = built.network.eval().requires_grad_(False)
    features = Features(network, built.wrap(network)).eval()

    def fill(_: nn.Module) -> None:
        load_state(network, weights, f"{built.remedy}, as {weights.path}")

    def load() -> nn.Module:
        fill(features)
        return features

    def bare() -> nn.Module:
        return features.requires_grad_(True)

    return Backbone(load, bare, fill, built.normalise, _widths(name, features, size), weights.sha256)


def _widths(name: str, features: Features, size: int) -> dict[str, int]:
    """The columns of each block, by trying."""
    try:
        with torch.inference_mode():
            final, middle = features.blocks(torch.zeros(1, 3, size, size))
    except (RuntimeError, AssertionError, ValueError) as error:
        value = f"embed.size = {size}"
        rule = f"{name} does not take it ({str(error)[:80]})"
        raise ConfigError(value, rule, "use the size it was trained with, often 224") from None
    return {"final": final.shape[1], "middle": middle.shape[1]}
