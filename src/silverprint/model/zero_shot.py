"""Zero-shot classifier: classes in words, compared with the features that are there by open_clip's text side."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.config import Params, ZeroShotClassifier, meanings
from silverprint.errors import ConfigError, UnavailableError
from silverprint.model.backbones import open_clip_models
from silverprint.model.text_side import BLOCK, TextSide, first_too_long
from silverprint.store.features import Features


def require_readable(where: str, classifier: ZeroShotClassifier, classes: tuple[str, ...], backbone: str) -> None:
    """
    Raises:
        UnavailableError: open_clip is not installed.
        ConfigError: it cannot read texts for the backbone without fetching something, or a text is too long for it.
    """
    tokenizer = open_clip_models.tokenizer(backbone.removeprefix("open_clip/"))
    words = list(meanings(classifier, classes))
    if text := first_too_long(tokenizer, words, classifier.templates):
        rule = f"the network reads at most {tokenizer.context_length - 2} tokens of a text"
        raise ConfigError(f"{where}: {text[:60]!r} …", rule, "use shorter words or templates")


def predict(
    classifier: ZeroShotClassifier, params: Params, features: Features, image_ids: pl.Series
) -> NDArray[np.float32]:
    """(n, C) probabilities of the dataset's classes, rows in the order of `image_ids`.

    As Radford et al. 2021 (arXiv:2103.00020), section 3.1: softmax over the words of the cosines of picture and text,
    times the network's own scale; of each word the mean of all templates' directions. Words of one class add up.

    Raises:
        UnavailableError: the features are another network's; open_clip or the weights are not there.
        DataError: a picture has no features.
    """
    knobs, classes = params.embed, params.dataset.classes  # its weights are those that made data/embed, or it refuses
    computed = features.description.get("weights_sha256")
    if computed != knobs.weights_sha256:
        rule = f"these features are those of weights with SHA-256 {str(computed)[:12]}…, params.yaml names others"
        raise UnavailableError(str(features.root), rule, "run: silverprint repro embed")
    side, words = TextSide(knobs), meanings(classifier, classes)
    texts = side.scale * side.directions(list(words), classifier.templates)
    sums = np.zeros((len(words), len(classes)), dtype=np.float32)
    sums[np.arange(len(words)), list(words.values())] = 1
    found = np.empty((len(image_ids), len(classes)), dtype=np.float32)
    for places, rows in features.scan(image_ids):
        pictures = rows[:, features.blocks[BLOCK]]
        lengths = np.linalg.norm(pictures, axis=1, keepdims=True)
        logits = (pictures / np.maximum(lengths, np.finfo(np.float32).tiny)) @ texts.T
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        found[places] = (shares / shares.sum(axis=1, keepdims=True)) @ sums
    return found
