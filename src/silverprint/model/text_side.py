"""Text side of an open_clip network: texts as directions in the space of the features that its image side computed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from silverprint.config import Embed
from silverprint.errors import ConfigError, UsageError
from silverprint.model.backbones import open_clip_models
from silverprint.model.backbones.weights import Weights, load_state

BLOCK: Final = "final"  # the block of features that lies in the space of texts


class TextSide:
    """Radford et al. 2021 (arXiv:2103.00020): the nearer a text and a picture, the better the one describes the other.

    Attributes:
        scale: what cosines are multiplied by before softmax, as the network learnt it.

    Args:
        knobs: of the backbone, an open_clip/NAME.
        folder: of the campaign: a relative path of weights is from there.

    Raises:
        ConfigError: the network is unknown, or its texts cannot be read without fetching something.
        UnavailableError: open_clip or the weights are not there.
        DataError: the weights are another network's.
    """

    def __init__(self, knobs: Embed, folder: Path = Path()) -> None:
        name = knobs.backbone.removeprefix("open_clip/")
        self._tokenizer: Any = open_clip_models.tokenizer(name)
        built = open_clip_models.architecture(name)
        weights = Weights.of(knobs, folder)
        if weights is None:
            raise ConfigError(f"embed.backbone = {knobs.backbone!r}", "its weights are a file", "set embed.weights")
        load_state(built.network, weights, f"{built.remedy}, as {weights.path}")
        network: Any = built.network.eval().requires_grad_(False)
        self._network = network
        self.scale: Final = float(network.logit_scale.exp())

    def directions(self, words: Sequence[str], templates: Sequence[str] = ("{}",)) -> NDArray[np.float32]:
        """(n, F) of length 1: of each word, the mean of the directions of all templates with the word in it.

        Raises:
            UsageError: a text has more tokens than the network reads.
        """
        from open_clip import build_zero_shot_classifier

        text = first_too_long(self._tokenizer, words, templates)
        if text is not None:
            most = _most_tokens(self._tokenizer)
            raise UsageError(f"{text[:60]!r} …", f"the network reads at most {most} tokens", "say it shorter")
        found = build_zero_shot_classifier(self._network, self._tokenizer, words, templates)
        directions: NDArray[np.float32] = found.T.contiguous().float().numpy()
        return directions


def first_too_long(tokenizer: Any, words: Sequence[str], templates: Sequence[str]) -> str | None:
    """The first text with more tokens than the network reads: it would be cut without a word. None if there is none."""
    texts = (template.format(word) for word in words for template in templates)
    return next((text for text in texts if len(tokenizer.encode(text)) > _most_tokens(tokenizer)), None)


def _most_tokens(tokenizer: Any) -> int:
    return int(tokenizer.context_length) - 2  # one begins the text, and one ends it
