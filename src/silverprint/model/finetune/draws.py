"""Draws of the augmentation, to look at before anything learns: what a network would be shown of some pictures."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from silverprint.config import Finetune
from silverprint.model.finetune.augmentation import Augmentation, Mixing
from silverprint.model.finetune.lesson import Pictures, read, seed_of
from silverprint.model.finetune.omega import OMEGAS

_LABELLED: Final = "With a label"


class Draws(NamedTuple):
    title: str
    shown: NDArray[np.uint8]  # (draws, n, S, S, 3) RGB


def originals(pictures: Pictures, image_ids: Sequence[str], size: int) -> NDArray[np.uint8]:
    """(n, size, size, 3) RGB, as a network takes them."""
    return _rgb(torch.stack(read(pictures, image_ids, size)))


def draws(shown: NDArray[np.uint8], knobs: Finetune, count: int, seed: int) -> list[Draws]:
    """`count` draws of each of `shown`, (n, S, S, 3): as labelled pictures, and as the pool's where it teaches.

    Of labelled ones those of one draw are a batch, so that what is mixed is mixed among them.
    """
    pictures, size = torch.from_numpy(shown).permute(0, 3, 1, 2), shown.shape[1]
    found = [
        Draws(_LABELLED, _drawn(pictures, Augmentation.of(knobs.augment, size), count, seed, Mixing(knobs.augment)))
    ]
    omega = knobs.unlabelled.omega
    if omega != "none":
        weak = Augmentation.weak(knobs.augment, size)
        found.append(Draws("Without a label, weakly changed", _drawn(pictures, weak, count, seed_of(seed, 1))))
    if omega != "none" and OMEGAS[omega].compares:
        strong = Augmentation.strong(knobs.augment, size)
        found.append(Draws("Without a label, strongly changed", _drawn(pictures, strong, count, seed_of(seed, 2))))
    return found


def _drawn(
    pictures: Tensor, change: Augmentation, count: int, seed: int, mixing: Mixing | None = None
) -> NDArray[np.uint8]:
    found = []
    for draw in range(count):
        changed = torch.stack([change(one, seed_of(seed, draw, place)) for place, one in enumerate(pictures)])
        if mixing is not None:
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed_of(seed, draw))
                changed, _ = mixing(changed, torch.eye(len(changed)))
        found.append(_rgb(changed))
    return np.stack(found)


def _rgb(pictures: Tensor) -> NDArray[np.uint8]:
    rows: NDArray[np.uint8] = pictures.clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return rows
