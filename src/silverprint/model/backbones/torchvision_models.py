"""torchvision's networks that are offered here, by their names there."""

import math
from typing import Final

from torch import Tensor, nn

from silverprint.errors import ConfigError
from silverprint.model.backbones.library import Architecture, Outputs

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# The node of the middle stage and that of the pooled last layer, in the graph that torch.fx traces.
_NODES: Final = {
    "convnext_tiny": ("features.5", "classifier.1"),
    "efficientnet_b0": ("features.5", "flatten"),
    "mobilenet_v3_large": ("features.12", "flatten"),
    "regnet_y_400mf": ("trunk_output.block3", "flatten"),
    "resnet18": ("layer3", "flatten"),
    "resnet50": ("layer3", "flatten"),
    "vit_b_16": ("encoder.layers.encoder_layer_8", "getitem_5"),  # the class token, behind the last norm
}


def architecture(name: str) -> Architecture:
    """The network `name`, not loaded.

    Raises:
        ConfigError: none of those known here.
    """
    from torchvision import models

    if name not in _NODES:
        known = ", ".join(f"torchvision/{one}" for one in _NODES)
        raise ConfigError(f"embed.backbone = 'torchvision/{name}'", "no such backbone", f"use one of: {known}")
    middle, final = _NODES[name]

    def wrap(network: nn.Module) -> Outputs:
        from torchvision.models.feature_extraction import create_feature_extractor

        extractor = create_feature_extractor(network, {middle: "middle", final: "final"})

        def outputs(x: Tensor) -> tuple[Tensor, Tensor]:
            found = extractor(x)
            return found["final"], _as_map(found["middle"])

        return outputs

    url = models.get_model_weights(name).DEFAULT.url
    return Architecture(models.get_model(name, weights=None), wrap, _MEAN, _STD, f"fetch {url}")


def _as_map(middle: Tensor) -> Tensor:
    """(B, C, h, w), also of a transformer's (B, 1 + h w, C), whose first token is the class's and whose h is its w."""
    if middle.ndim == 4:
        return middle
    batch, tokens, channels = middle.shape
    side = math.isqrt(tokens - 1)
    return middle[:, 1:].transpose(1, 2).reshape(batch, channels, side, side)
