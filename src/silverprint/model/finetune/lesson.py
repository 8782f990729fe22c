"""Lesson of a network: the pictures that it is shown, in the order of each epoch, each changed by chance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from silverprint.model.embedder import prepare
from silverprint.model.finetune.augmentation import Augmentation

Key = tuple[int, int]  # epoch, place in the lesson


class Pictures(Protocol):
    def read(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(image_id, encoded picture) of each, in that order."""
        ...


@dataclass(frozen=True)
class Lesson:
    """
    Attributes:
        pictures: where they are read from.
        image_ids: (n,) of those to learn from.
        labels: (n,) class ids.
        targets: (n, C), each row sums to 1: what the network is to say of each.
        pool: (N,) of pictures without a label.
    """

    pictures: Pictures
    image_ids: Sequence[str]
    labels: NDArray[np.int64]
    targets: NDArray[np.float32]
    pool: Sequence[str] = ()

    def part(self, places: NDArray[np.int64]) -> Self:
        """Some of the labelled pictures, and all others."""
        names = [self.image_ids[place] for place in places]
        return replace(self, image_ids=names, labels=self.labels[places], targets=self.targets[places])


class Shown(Dataset[tuple[Tensor, Tensor]]):
    """Indexed with keys of a batch: its pictures, (B, 3, S, S) uint8, and targets, (B, C).

    What a picture looks like depends on seed, epoch and place alone: not on the process that reads it, nor on what
    was read before. So a run that was killed goes on as if nothing had happened.
    """

    def __init__(self, lesson: Lesson, augmentation: Augmentation, size: int, seed: int) -> None:
        self.lesson, self.augmentation, self.size, self.seed = lesson, augmentation, size, seed

    def __getitem__(self, keys: Sequence[Key]) -> tuple[Tensor, Tensor]:
        shown = read(self.lesson.pictures, [self.lesson.image_ids[place] for _, place in keys], self.size)
        changed = [self.augmentation(one, seed_of(self.seed, *key)) for one, key in zip(shown, keys, strict=True)]
        return torch.stack(changed), torch.from_numpy(self.lesson.targets[[place for _, place in keys]])


def read(pictures: Pictures, image_ids: Sequence[str], size: int) -> list[Tensor]:
    """Of each a (3, size, size) uint8 picture."""
    return [torch.from_numpy(prepare(*item, size)).permute(2, 0, 1) for item in pictures.read(image_ids)]


class Batches(Sampler[list[Key]]):
    """The keys of each batch of an epoch: a new order each time, and sizes as even as can be.

    A batch of one picture would have no variance to normalise by; the last one of others often is.
    """

    def __init__(self, count: int, batch: int, seed: int) -> None:
        self.count, self.batch, self.seed, self.epoch = count, batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning tells it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.count // self.batch)

    def __iter__(self) -> Iterator[list[Key]]:
        yield from self._of(self.epoch)  # asked for lazily: on going on, Lightning makes the iterator before it tells

    def endless(self, step: int) -> Iterator[list[Key]]:
        """From the batch `step` on, 0 being the first of epoch 0, epoch behind epoch."""
        epoch, over = divmod(step, len(self))
        for number in count(epoch):
            yield from islice(self._of(number), over, None)
            over = 0

    def _of(self, epoch: int) -> Iterator[list[Key]]:
        order = np.random.default_rng([self.seed, epoch]).permutation(self.count)
        for places in np.array_split(order, len(self)):
            yield [(epoch, int(place)) for place in places]


def seed_of(*numbers: int) -> int:
    """One seed of several numbers, 0 to 2^63 - 1."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
