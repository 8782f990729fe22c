"""Augmentation of training pictures by torchvision's transforms, as `model.finetune.augment` says."""

from collections.abc import Sequence
from typing import Final, Self

import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2

from silverprint.config import Augment

_BILINEAR: Final = InterpolationMode.BILINEAR
_STRONG: Final = 10  # magnitude of RandAugment for the pool


class Augmentation:
    """Called with a (3, S, S) uint8 picture and a seed, it gives it changed: the same seed, the same change."""

    def __init__(self, steps: Sequence[v2.Transform]) -> None:
        self._change = v2.Compose(steps) if steps else None

    @classmethod
    def of(cls, knobs: Augment, size: int | tuple[int, int]) -> Self:
        """Of a labelled picture; `size`: its side, or its height and width."""
        steps: list[v2.Transform] = []
        if knobs.crop < 1:
            steps.append(v2.RandomResizedCrop(size, scale=(knobs.crop, 1.0)))
        if knobs.flip:
            steps.append(v2.RandomHorizontalFlip())
        if knobs.rotation:
            steps.append(v2.RandomRotation(knobs.rotation, interpolation=_BILINEAR))
        if knobs.colour:
            steps.append(v2.ColorJitter(knobs.colour, knobs.colour, knobs.colour))
        if knobs.randaugment:
            steps.append(v2.RandAugment(magnitude=knobs.randaugment, interpolation=_BILINEAR))
        return cls(steps)

    @classmethod
    def weak(cls, knobs: Augment, size: int) -> Self:
        """Of a picture without a label, to guess from: flipped where `knobs.flip`, and shifted by an eighth at most."""
        return cls(_weak(knobs, size))

    @classmethod
    def strong(cls, knobs: Augment, size: int) -> Self:
        """Of a picture without a label, to learn from: `weak`, RandAugment, and a square of up to half a side cut out.

        Source: Sohn et al. 2020, FixMatch, arXiv:2001.07685, section 2.3; Cubuk et al. 2020, arXiv:1909.13719;
        DeVries & Taylor 2017, Cutout, arXiv:1708.04552.
        """
        change = v2.RandAugment(magnitude=_STRONG, interpolation=_BILINEAR)
        cut = v2.RandomErasing(p=1.0, scale=(0.01, 0.25), ratio=(1.0, 1.0), value=127)
        return cls([*_weak(knobs, size), change, cut])

    def __call__(self, picture: Tensor, seed: int) -> Tensor:
        if self._change is None:
            return picture
        state = torch.default_generator.get_state()  # the transforms draw from it; nothing else shall notice
        torch.default_generator.manual_seed(seed)
        try:
            changed: Tensor = self._change(picture)
        finally:
            torch.default_generator.set_state(state)
        return changed


def _weak(knobs: Augment, size: int) -> list[v2.Transform]:
    shift = v2.RandomCrop(size, padding=size // 8, padding_mode="reflect")
    return [v2.RandomHorizontalFlip(), shift] if knobs.flip else [shift]


class Mixing:
    """Called with (B, 3, S, S) pictures and (B, C) targets, it blends or pastes pairs of them, and their targets alike.

    Sources: mixup, Zhang et al. 2018, arXiv:1710.09412; CutMix, Yun et al. 2019, arXiv:1905.04899. Where both are
    asked for, each batch has one of the two, by chance.
    """

    def __init__(self, knobs: Augment) -> None:
        kinds = ((v2.MixUp, knobs.mixup), (v2.CutMix, knobs.cutmix))
        steps = [kind(alpha=alpha) for kind, alpha in kinds if alpha]
        self._mix = v2.RandomChoice(steps) if steps else None

    def __call__(self, pictures: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        if self._mix is None or len(pictures) < 2:
            return pictures, targets
        mixed: tuple[Tensor, Tensor] = self._mix(pictures.float(), targets)
        return mixed
