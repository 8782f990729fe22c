"""ImageNet classes of the packaged backbone: its own last layer, on the features that are there anyway."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from silverprint.config import ImagenetClassifier, meanings
from silverprint.core.first_predictions import spread_evenly
from silverprint.errors import ConfigError
from silverprint.model.backbones import efficientnet_lite0
from silverprint.store.features import Features


def names() -> tuple[str, ...]:
    """The 1,000 classes by their numbers, as torchvision calls them; no two are the same, but for case."""
    from torchvision.models import EfficientNet_B0_Weights

    return tuple(EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"])


def require_known(where: str, words: Iterable[str]) -> None:
    """
    Raises:
        ConfigError: a word is no ImageNet class.
    """
    known = names()
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, n=3)
            remedy = (
                f"did you mean {' or '.join(near)}?" if near else "silverprint docs classifiers says how to list them"
            )
            raise ConfigError(f"{where}: {word!r}", "no class of ImageNet's 1,000", remedy)


def predict(
    classifier: ImagenetClassifier, features: Features, image_ids: pl.Series, classes: tuple[str, ...]
) -> NDArray[np.float32]:
    """(n, C) probabilities of `classes`, rows in the order of `image_ids`: sums over the ImageNet classes of each.

    Raises:
        DataError: a picture has no features.
    """
    layer, columns = efficientnet_lite0.load()._fc, features.blocks["final"]
    sums = _sums(meanings(classifier, classes), len(classes))
    found = np.empty((len(image_ids), len(classes)), dtype=np.float32)
    with torch.inference_mode():
        for places, rows in features.scan(image_ids):
            shares = layer(torch.from_numpy(np.ascontiguousarray(rows[:, columns]))).softmax(dim=1) @ sums
            found[places] = spread_evenly(shares.numpy())
    return found


def _sums(words: Mapping[str, int], classes: int) -> torch.Tensor:
    """(1000, C), 1 where the ImageNet class is one of the class."""
    known = names()
    sums = torch.zeros(len(known), classes)
    for word, number in words.items():
        sums[known.index(word), number] = 1
    return sums
