"""Classifier that a round trained, to predict with: from features, or from any pictures. Its import loads no torch."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL.Image import Image

from silverprint.config import Embed
from silverprint.errors import DataError, UsageError
from silverprint.imaging.decode import Pixels, Undecodable, decode, of_picture

if TYPE_CHECKING:
    from silverprint.model.embedder import Embedder
    from silverprint.model.finetune.network import Network
    from silverprint.model.head import Head

Picture: TypeAlias = Image | bytes | str | PathLike[str]  # opened, or a file's bytes, or its path

_ROWS: Final = 4096  # features that are predicted at a time


class Model:
    """What a round's model says of features or pictures. `Campaign.model` and `Campaign.champion` make it.

    Attributes:
        round: the round that trained it.
        model_id: its name for life.
        classes: names of its C classes, as they are called today; the columns of what it predicts.
        card: what it was trained on and how (data/rounds/<round>/model/card.json).
    """

    def __init__(
        self,
        round_name: str,
        classes: tuple[str, ...],
        learnt: "Head | Network",
        card: dict[str, Any],
        embed: Embed,
        folder: Path,
    ) -> None:
        self.round: Final = round_name
        self.model_id: Final[str] = card["model_id"]
        self.classes: Final = classes
        self.card: Final = card
        self._learnt, self._embed, self._folder = learnt, embed, folder

    def __repr__(self) -> str:
        return f"<Model {self.model_id!r}: {', '.join(self.classes)}>"

    def predict(self, features: ArrayLike) -> NDArray[np.float32]:
        """The probabilities of the classes, (n, C) float32, rows sum to 1: the mean of the ensemble.

        Args:
            features: (n, D), as `Campaign.features` gives them.

        Raises:
            UsageError: they have another shape, or the model is a fine-tuned network, which sees pictures alone.
        """
        from silverprint.model.head import Head

        if not isinstance(self._learnt, Head):
            rule = "a fine-tuned network sees pictures, not features"
            raise UsageError(
                self.model_id, rule, "model.predict_pictures(picture for _, picture in campaign.pictures(ids))"
            )
        rows, width = np.asarray(features, dtype=np.float32), len(self._learnt.centre)
        if rows.ndim != 2 or rows.shape[1] != width:
            raise UsageError(f"features of shape {rows.shape}", f"must be (n, {width})", "see Campaign.features")
        parts = [self._learnt.predict(rows[at : at + _ROWS]).mean(axis=0) for at in range(0, len(rows), _ROWS)]
        return np.concatenate([np.zeros((0, len(self.classes)), dtype=np.float32), *parts])

    def predict_pictures(self, pictures: Iterable[Picture]) -> NDArray[np.float32]:
        """`predict` of any pictures, (n, C) float32: files' bytes, paths, or opened by Pillow.

        They are decoded and embedded as the campaign's own are; of its own, `features` has that done already.
        `embed.batch` of them are in memory at a time.

        Raises:
            DataError: a picture does not decode.
            UsageError: a path leads to no file.
            ConfigError: `embed` in params.yaml is not what the model was trained with.
            UnavailableError: the backbone's weights or its library are not here.
        """
        parts = [self._seen(batch) for batch in self._batches(pictures)]
        return np.concatenate([np.zeros((0, len(self.classes)), dtype=np.float32), *parts])

    def _seen(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        from silverprint.model.head import Head

        if isinstance(self._learnt, Head):
            return self.predict(self._embedder(batch))
        logits = self._learnt.eval().seen(batch)
        (only,) = self._learnt.probabilities(logits)
        found: NDArray[np.float32] = only
        return found

    def _batches(self, pictures: Iterable[Picture]) -> Iterator[NDArray[np.uint8]]:
        """(B, S, S, 3) of each batch."""
        from silverprint.model.embedder import resize

        size, rest = self._embed.size, enumerate(pictures)
        while batch := list(islice(rest, self._embed.batch)):
            yield np.stack([resize(_pixels(picture, number, size), size) for number, picture in batch])

    @cached_property
    def _embedder(self) -> "Embedder":
        from silverprint.model import embedder
        from silverprint.model.backbones import Weights
        from silverprint.model.head import require_same_features

        weights = Weights.of(self._embed, self._folder)
        described = embedder.describe(self._embed, weights)
        require_same_features(self.card, described, Path(f"the model of {self.round}"))
        return embedder.Embedder(self._embed.backbone, self._embed.size, weights)


def _pixels(picture: Picture, number: int, size: int) -> Pixels:
    name = f"picture {number}" if isinstance(picture, Image | bytes) else str(picture)
    try:
        if isinstance(picture, Image):
            return of_picture(picture)
        data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
        return decode(data, shorter_side=size).pixels
    except Undecodable as error:
        raise DataError(name, f"it does not decode ({error.reason})", "leave it out") from None
    except OSError as error:
        rule = f"not a readable file ({error.strerror})"
        raise UsageError(name, rule, "for an image_id: model.predict(campaign.features(image_ids))") from None
