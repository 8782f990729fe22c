"""Weights of a network: a file trusted by its digest and loaded without running anything that is in it."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Self

import torch
from torch import nn

from silverprint.config import Embed
from silverprint.errors import DataError, UnavailableError


@dataclass(frozen=True)
class Weights:
    """A state dict as `torch.save` writes it, and the SHA-256 of the file."""

    path: Path
    sha256: str

    @classmethod
    def of(cls, knobs: Embed, folder: Path = Path()) -> Self | None:
        """Those that params.yaml names, a path from the campaign's `folder`; None of a packaged backbone."""
        if knobs.weights is None or knobs.weights_sha256 is None:
            return None
        return cls(folder / knobs.weights, knobs.weights_sha256)


def load_state(network: nn.Module, weights: Weights, remedy: str) -> None:
    """Loads every tensor of `network`, no more and no less.

    Args:
        remedy: how to get the file.

    Raises:
        UnavailableError: the file is missing or is not the one known.
        DataError: it holds something else than this network's tensors.
    """
    try:
        data = weights.path.read_bytes()
    except OSError:
        raise UnavailableError(str(weights.path), "the backbone's weights are not there", remedy) from None
    if hashlib.sha256(data).hexdigest() != weights.sha256:
        rule = f"not the weights known (SHA-256 {weights.sha256[:12]}…)"
        raise UnavailableError(str(weights.path), rule, remedy)
    try:
        network.load_state_dict(torch.load(BytesIO(data), weights_only=True, map_location="cpu"), strict=True)
    except Exception as error:  # torch.load fails in more ways than it names
        rule = f"not the tensors of this backbone ({str(error)[:120]})"
        raise DataError(str(weights.path), rule, remedy) from None
