"""Pool in a network's lesson: beside each batch of labelled pictures one of pictures that nobody labelled."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from silverprint.config import Finetune
from silverprint.model.finetune.augmentation import Augmentation
from silverprint.model.finetune.lesson import Batches, Key, Lesson, Shown, read, seed_of

_POOL = 1  # in seeds: chance of its own


class Unlabelled(NamedTuple):
    """B pictures of the pool, each as it is learnt from, and as its class is guessed from."""

    pictures: Tensor  # (B, 3, S, S) uint8
    weak: Tensor  # (B, 3, S, S) uint8; none, (0, 3, S, S), where nothing is guessed
    places: Tensor  # (B,) in the pool


class BothShown(Dataset[tuple[Tensor, Tensor, Unlabelled]]):
    """`Shown`, and beside it pictures of the pool, which depend on seed, epoch and place alone as well.

    Args:
        compares: whether each is shown strongly and weakly changed; else weakly alone.
    """

    def __init__(self, shown: Shown, knobs: Finetune, *, compares: bool) -> None:
        self.shown, self.compares = shown, compares
        self.weak = Augmentation.weak(knobs.augment, shown.size)
        self.strong = Augmentation.strong(knobs.augment, shown.size)

    def __getitem__(self, keys: tuple[Sequence[Key], Sequence[Key]]) -> tuple[Tensor, Tensor, Unlabelled]:
        pictures, targets = self.shown[keys[0]]
        return pictures, targets, self._unlabelled(keys[1])

    def _unlabelled(self, keys: Sequence[Key]) -> Unlabelled:
        lesson, size = self.shown.lesson, self.shown.size
        originals = read(lesson.pictures, [lesson.pool[place] for _, place in keys], size)
        weak, strong = (
            torch.stack([change(one, self._seed(key, view)) for one, key in zip(originals, keys, strict=True)])
            for view, change in enumerate((self.weak, self.strong))
        )
        places = torch.tensor([place for _, place in keys])
        return Unlabelled(strong, weak, places) if self.compares else Unlabelled(weak, weak[:0], places)

    def _seed(self, key: Key, view: int) -> int:
        return seed_of(self.shown.seed, *key, _POOL, view)


class BothBatches(Sampler[tuple[list[Key], list[Key]]]):
    """The keys of both batches of each step. An epoch goes through whichever of labels and pool has more batches.

    Args:
        ratio: pictures of the pool for each labelled one, at most.
    """

    def __init__(self, lesson: Lesson, batch: int, ratio: int, seed: int) -> None:
        self.labelled = Batches(len(lesson.image_ids), batch, seed)
        self.pool = Batches(len(lesson.pool), batch * ratio, seed_of(seed, _POOL))
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning tells it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return max(len(self.labelled), len(self.pool))

    def __iter__(self) -> Iterator[tuple[list[Key], list[Key]]]:
        start = self.epoch * len(self)  # asked for lazily, as `Batches` does
        pairs = zip(self.labelled.endless(start), self.pool.endless(start), strict=False)
        yield from islice(pairs, len(self))
