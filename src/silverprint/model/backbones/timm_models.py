"""timm's networks, by their names there. The package is an extra."""

from typing import Any

from torch import Tensor, nn

from silverprint.errors import ConfigError, UnavailableError
from silverprint.model.backbones.library import Architecture, Outputs

_INSTALL = "pip install timm==1.0.31"


def architecture(name: str) -> Architecture:
    """The network `name`, not loaded.

    Raises:
        UnavailableError: timm is not installed.
        ConfigError: it has no such network, or one without layers to look into.
    """
    try:
        import timm
    except ImportError:
        raise UnavailableError("timm", "the backbone's package is not installed", f"run: {_INSTALL}") from None
    value = f"embed.backbone = 'timm/{name}'"
    if not timm.is_model(name):
        raise ConfigError(value, "timm has no such network", "see timm.list_models()")
    try:
        network: Any = timm.create_model(name, pretrained=False)
    except RuntimeError as error:  # the part of the name behind the dot
        raise ConfigError(value, f"timm has no such network ({error})", "see timm.list_pretrained()") from None
    if not hasattr(network, "forward_intermediates"):
        raise ConfigError(value, "timm gives only its last layer", "use another network")
    colours = network.pretrained_cfg
    remedy = f"torch.save(timm.create_model({name!r}, pretrained=True).state_dict(), PATH)"
    return Architecture(network, _wrap, colours["mean"], colours["std"], remedy)


def _wrap(network: nn.Module) -> Outputs:
    stage = 2 * len(network.feature_info) // 3  # type: ignore[arg-type]  # the third of four, layer3 of a resnet

    def outputs(x: Tensor) -> tuple[Tensor, Tensor]:
        last, (middle,) = network.forward_intermediates(x, indices=[stage])  # type: ignore[operator]
        return network.forward_head(last, pre_logits=True), middle  # type: ignore[operator]

    return outputs
