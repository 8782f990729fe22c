"""Model of a round, whatever its kind: it gives probabilities of pictures by their names.

Lightning and torchvision take seconds to load, so they are where something learns or predicts the pool, not before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from silverprint import layout
from silverprint.config import Embed, Params
from silverprint.core.jobs import Run
from silverprint.errors import UnavailableError
from silverprint.model.finetune.network import Network
from silverprint.model.head import Head, require_same_features
from silverprint.model.predict_pool import predict_pool
from silverprint.records import MANIFEST
from silverprint.store import ShardReader, tables
from silverprint.store.features import Features

if TYPE_CHECKING:
    from silverprint.model.finetune.learn import Learnt
    from silverprint.model.finetune.lesson import Pictures

FINETUNE = "finetune"  # the `trainer` on the card of a network; a head's card has none


class RoundModel(Protocol):
    def predict(self, image_ids: Sequence[str]) -> NDArray[np.float32]:
        """(M, n, C) probabilities of the members, in the order asked.

        Raises:
            DataError: a picture has no features, or does not decode any more.
        """
        ...

    def predict_pool(self, image_ids: Sequence[str], what: str, machines: Run | None = None) -> NDArray[np.float32]:
        """As `predict`, on every GPU that there is; `what` names the work where its progress is shown.

        Args:
            machines: does jobs on other machines, where there are some.
        """
        ...

    def digest(self) -> str:
        """SHA-256 of the weights."""
        ...

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Writes the weights and, last, card.json."""
        ...


@dataclass(frozen=True)
class OnFeatures:
    """A head, and the features that it is asked about."""

    head: Head
    features: Features

    def predict(self, image_ids: Sequence[str]) -> NDArray[np.float32]:
        return self.head.predict(self.features.matrix(image_ids))

    def predict_pool(self, image_ids: Sequence[str], what: str, machines: Run | None = None) -> NDArray[np.float32]:
        return predict_pool(self.head, self.features, image_ids, what, machines)

    def digest(self) -> str:
        return self.head.digest()

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        self.head.save(folder, card)


@dataclass(frozen=True)
class OnPictures:
    """A network, and the shards of the pictures that it is asked about."""

    network: Network
    pictures: "Pictures"

    def predict(self, image_ids: Sequence[str]) -> NDArray[np.float32]:
        return self.network.probabilities(self.network.logits(self.pictures.read(image_ids)))

    def predict_pool(self, image_ids: Sequence[str], what: str, machines: Run | None = None) -> NDArray[np.float32]:
        return self.predict(image_ids)

    def digest(self) -> str:
        return self.network.digest()

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        self.network.save(folder, card)


def opened(folder: Path, card: dict[str, Any], params: Params) -> RoundModel:
    """The model in `folder`, and what it predicts from.

    Raises:
        UnavailableError: the model, the features or the shards are not there.
        DataError: it is not readable.
        ConfigError: it was trained on other features than those at hand.
    """
    features = Features(layout.EMBED)
    require_same_features(card, features.description, folder)
    learnt = loaded(folder, card, params.embed)
    return OnFeatures(learnt, features) if isinstance(learnt, Head) else OnPictures(learnt, shards())


def loaded(folder: Path, card: dict[str, Any], embed: Embed) -> Head | Network:
    """What was learnt, by the kind that the card names.

    Raises:
        UnavailableError: it is not there.
        DataError: it is not readable.
    """
    if card.get("trainer") == FINETUNE:
        return Network.load(folder, embed, len(card["classes"]))
    return Head.load(folder)


def finetuned(
    params: Params,
    image_ids: Sequence[str],
    labels: NDArray[np.int64],
    targets: NDArray[np.float32],
    *,
    pool: Sequence[str],
    seed: int,
    scratch: Path,
) -> tuple[OnPictures, "Learnt"]:
    """A network that learnt from `labels`, (n,) class ids, `targets`, (n, C), and `pool`; `learn` says the rest.

    Raises:
        UnavailableError: a source's shards, or the backbone's weights, are not there.
        DataError: there are too few labels, a picture does not decode, or the loss is not finite.
    """
    from silverprint.model.finetune.learn import learn
    from silverprint.model.finetune.lesson import Lesson

    pictures = shards()
    lesson = Lesson(pictures, image_ids, labels, targets, pool)
    learnt = learn(lesson, params.embed, params.model, seed=seed, scratch=scratch)
    return OnPictures(learnt.network, pictures), learnt


def shards() -> ShardReader:
    """A reader of the pool's pictures.

    Raises:
        UnavailableError: a source's shards are not there.
    """
    sources = tables.read(layout.MANIFEST, MANIFEST)["source"].unique().sort().to_list()
    for source in sources:
        if not layout.raw(source).exists():
            rule = "a fine-tuned network sees pictures, and this source's shards are not on this disk"
            raise UnavailableError(str(layout.raw(source)), rule, f"run: dvc pull {layout.raw(source)}")
    return ShardReader([layout.raw(source) for source in sources])
