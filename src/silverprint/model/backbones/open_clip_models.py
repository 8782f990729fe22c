"""Networks of open_clip, by their names there: image sides as backbones. The package is an extra."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from silverprint.errors import ConfigError, UnavailableError
from silverprint.model.backbones.library import Architecture, Outputs

_INSTALL = "pip install open_clip_torch==3.3.0"


def architecture(name: str) -> Architecture:
    """The network `name`, not loaded.

    Raises:
        UnavailableError: open_clip is not installed.
        ConfigError: it has no such network, or needs the hub to build it.
    """
    open_clip, _ = _known(name)
    network = open_clip.create_model(name, pretrained=None, load_weights=False)
    remedy = f"torch.save(open_clip.create_model({name!r}, pretrained=TAG).state_dict(), PATH)"
    return Architecture(network, _wrap, network.visual.image_mean, network.visual.image_std, remedy)


def tokenizer(name: str) -> Any:
    """What turns texts into tokens of the network `name`.

    Raises:
        As `architecture`; also ConfigError where it is read from files that open_clip would fetch.
    """
    open_clip, config = _known(name)
    if "hf_tokenizer_name" in config or "siglip" in name.lower():
        rule = "open_clip fetches what turns its texts into tokens, and a stage fetches nothing"
        raise ConfigError(f"embed.backbone = 'open_clip/{name}'", rule, "use another network, as ViT-B-32")
    return open_clip.get_tokenizer(name)


def _known(name: str) -> tuple[Any, dict[str, Any]]:
    """The library, and what it says of the text side of the network `name`."""
    try:
        import open_clip
    except ImportError:
        raise UnavailableError("open_clip", "the backbone's package is not installed", f"run: {_INSTALL}") from None
    value = f"embed.backbone = 'open_clip/{name}'"
    if name not in open_clip.list_models():
        raise ConfigError(value, "open_clip has no such network", "see open_clip.list_models()")
    config: dict[str, Any] = open_clip.get_model_config(name)["text_cfg"]
    if "hf_model_name" in config:
        rule = "open_clip builds its text side from files that it fetches, and a stage fetches nothing"
        raise ConfigError(value, rule, "use another network")
    return open_clip, config


def _wrap(network: nn.Module) -> Outputs:
    look: Callable[..., Any] = network.visual.forward_intermediates  # type: ignore[union-attr,assignment]
    side: Any = network.visual.image_size  # type: ignore[union-attr]  # a number, or height and width
    blank = torch.zeros(1, 3, *(side if isinstance(side, tuple) else (side, side)))
    with torch.inference_mode():
        layers = len(look(blank, intermediates_only=True)["image_intermediates"])

    def outputs(x: Tensor) -> tuple[Tensor, Tensor]:
        found = look(x, indices=[2 * layers // 3, layers - 1])  # layer3 of a resnet; the last, or it stops there
        return found["image_features"], found["image_intermediates"][0]

    return outputs
