"""Classifier on top of frozen features: linear members, perhaps after a kernel, with one temperature."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from silverprint.errors import ConfigError
from silverprint.model import weights_file
from silverprint.store import model_card

WEIGHTS = "head.pt"


class GaussianKernel(nn.Module):
    """Called with (n, D) centred features, it gives (n, R): exp(-|x - l|² / width), likeness to R landmarks."""

    lens: Tensor  # (D, k), the features' part that is compared
    landmarks: Tensor  # (R, k)
    width: Tensor  # (), above 0

    def __init__(self, *, width: int, seen: int, landmarks: int) -> None:
        super().__init__()
        self.register_buffer("lens", torch.zeros(width, seen))
        self.register_buffer("landmarks", torch.zeros(landmarks, seen))
        self.register_buffer("width", torch.ones(()))

    def forward(self, centred: Tensor) -> Tensor:
        seen = centred @ self.lens
        own, others = (rows.square().sum(dim=1) for rows in (seen, self.landmarks))
        squares = own[:, None] + others - 2 * seen @ self.landmarks.T
        return torch.exp(-squares.clamp(min=0) / self.width)


class Head(nn.Module):
    """Called with (n, D) features as they are stored, it gives (M, n, C) probabilities, one slice a member."""

    centre: Tensor  # (D,), mean of the pool
    scale: Tensor  # (D,), one scale for each block of features; 1 where it is a part of the weights
    kernel: GaussianKernel | None  # what the members see in place of the features
    weight: Tensor  # (M, D, C), or (M, R, C) after a kernel
    bias: Tensor  # (M, C)
    temperature: Tensor  # (), above 0

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """The head of these tensors, named and shaped as the attributes."""
        super().__init__()
        for name in ("centre", "scale", "weight", "bias", "temperature"):
            self.register_buffer(name, torch.zeros_like(state[name]))
        self.kernel = None
        if "kernel.lens" in state:
            width, seen = state["kernel.lens"].shape
            self.kernel = GaussianKernel(width=width, seen=seen, landmarks=len(state["kernel.landmarks"]))
        self.load_state_dict(state)

    @classmethod
    def of(cls, **arrays: NDArray[np.floating[Any]]) -> Self:
        """The head of these arrays, rounded to single precision."""
        return cls({name: torch.as_tensor(array, dtype=torch.float32) for name, array in arrays.items()})

    @property
    def columns(self) -> int:
        """Products of a row of features with a column that a prediction takes."""
        members, _, classes = self.weight.shape
        return members * classes if self.kernel is None else self.kernel.lens.shape[1]

    def forward(self, features: Tensor) -> Tensor:
        logits = self.logits(features) / self.temperature
        return logits.softmax(dim=2)

    def logits(self, features: Tensor) -> Tensor:
        """(M, n, C), before the temperature."""
        standard = (features - self.centre) / self.scale
        if self.kernel is None:
            return self._members(standard)
        with torch.autocast(features.device.type, enabled=False):  # its differences are lost in half precision
            return self._members(self.kernel(standard))

    def _members(self, seen: Tensor) -> Tensor:
        members, width, classes = self.weight.shape
        flat = seen @ self.weight.permute(1, 0, 2).reshape(width, members * classes)
        return flat.view(-1, members, classes).transpose(0, 1) + self.bias[:, None]

    @torch.inference_mode()
    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, D) float32 features to (M, n, C) float32 probabilities of the members."""
        probabilities: NDArray[np.float32] = self(torch.from_numpy(np.ascontiguousarray(features))).numpy()
        return probabilities

    def digest(self) -> str:
        """SHA-256 of the weights."""
        return weights_file.digest(self.state_dict())

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Writes head.pt and, last, card.json: the same head always gives the same bytes."""
        weights_file.write(folder / WEIGHTS, self.state_dict())
        model_card.write(folder, card)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The head in a model's folder.

        Raises:
            UnavailableError: there is none.
            DataError: it is not readable.
        """
        return weights_file.read(folder / WEIGHTS, "head", cls)


def require_same_features(card: dict[str, Any], description: dict[str, Any], folder: Path) -> None:
    """Refuses a model that was trained on other features than those at hand.

    Raises:
        ConfigError: the backbone, its weights, the size or the blocks differ.
    """
    for key, value in card["features"].items():
        if description.get(key) != value:
            met = f"{folder}: trained on features with {key} = {value!r}, at hand {description.get(key)!r}"
            raise ConfigError(met, "a model needs the features it was trained on", "put `embed` in params.yaml back")
