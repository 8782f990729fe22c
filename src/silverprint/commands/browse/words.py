"""Search by words: pictures in the order in which a text describes them, where an open_clip backbone reads texts."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from silverprint import layout
from silverprint.config import Embed, Params
from silverprint.store import features
from silverprint.store.feature_map import FeatureMap

if TYPE_CHECKING:
    from silverprint.model.text_side import TextSide

HOW: Final = "Find by words: the cosine of the text with the last block of the features of every picture."
_TEXTS: Final = 64  # whose directions are remembered: each further page of a view asks for its own again


def lacking(params: Params) -> str | None:
    """Why there is no search by words, in a sentence; None where there is."""
    knobs = params.embed
    if not knobs.backbone.startswith("open_clip/"):
        return f"Pictures cannot be found by words: {knobs.backbone} reads none; open_clip/NAME as embed.backbone does."
    if not (layout.EMBED / features.DESCRIPTION).exists():
        return "Pictures cannot be found by words: they have no features yet; silverprint repro embed."
    if features.describe(layout.EMBED)["weights_sha256"] != knobs.weights_sha256:
        return "Pictures cannot be found by words: their features are another network's; silverprint repro embed."
    if importlib.util.find_spec("open_clip") is None:
        return "Pictures cannot be found by words: open_clip is not installed; silverprint docs backbones says how."
    if knobs.weights is None or not Path(knobs.weights).exists():
        return f"Pictures cannot be found by words: the weights {knobs.weights} are not there."
    return None


class Words:
    """Called with a text, it gives (N,) cosines of the text and each picture of the map, -1 to 1; NaN for a picture
    without features. The network is loaded when the first text comes.

    Raises:
        SilverprintError: the network cannot be read, or the text is too long for it.
    """

    def __init__(self, knobs: Embed, pictures: FeatureMap) -> None:
        self._knobs, self._pictures = knobs, pictures
        self._side: TextSide | None = None
        self._lock = Lock()
        self._direction = lru_cache(_TEXTS)(self._direction_of)

    def __call__(self, text: str) -> NDArray[np.float32]:
        from silverprint.model.text_side import BLOCK

        with self._lock:
            direction = self._direction(text)
        return self._pictures.towards(direction, BLOCK)

    def _direction_of(self, text: str) -> NDArray[np.float32]:
        from silverprint.model.text_side import TextSide

        if self._side is None:
            self._side = TextSide(self._knobs)
        direction: NDArray[np.float32] = self._side.directions([text])[0]
        return direction
