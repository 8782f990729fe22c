"""Optimiser of a network: learning rates by layer and step, weight decay, weights of classes, their average."""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from silverprint.config import Finetune
from silverprint.model.finetune.lesson import Lesson
from silverprint.model.finetune.network import Network

LAYERS: Final = 12  # parts of equal numbers of tensors that a backbone is cut into, for `layer_decay`


def optimiser(network: Network, knobs: Finetune, steps: int) -> dict[str, object]:
    """What Lightning takes: the optimiser of what is trained, and its schedule over `steps`."""
    groups = list(parameter_groups(network, knobs))
    chosen: torch.optim.Optimizer
    if knobs.optimizer == "sgd":
        chosen = torch.optim.SGD(groups, lr=knobs.learning_rate, momentum=knobs.momentum)
    else:
        chosen = torch.optim.AdamW(groups, lr=knobs.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(chosen, lambda step: factor(step, steps, knobs))
    return {"optimizer": chosen, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def factor(step: int, steps: int, knobs: Finetune) -> float:
    """Of the learning rate at `step` of `steps`: a linear warm-up, then half a cosine down to 0, or 1.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5 without restarts; Goyal et al. 2017,
    arXiv:1706.02677, section 2.2.
    """
    warm = round(knobs.warmup * steps)
    if step < warm:
        return (step + 1) / (warm + 1)
    if knobs.schedule == "constant":
        return 1.0
    return (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1))) / 2


def parameter_groups(network: Network, knobs: Finetune) -> Iterator[dict[str, Any]]:
    """What is trained, by its learning rate and weight decay.

    The last layer has `learning_rate`; of LAYERS parts of the backbone the l-th from above has
    learning_rate · layer_decay^l. Source: Clark et al. 2020, arXiv:2003.10555, appendix A.
    """
    below = [parameter for parameter in network.backbone.parameters() if parameter.requires_grad]
    depths = [(parameter, LAYERS - place * LAYERS // len(below)) for place, parameter in enumerate(below)]
    found: dict[tuple[int, bool], list[nn.Parameter]] = {}
    for parameter, depth in [*depths, *((parameter, 0) for parameter in network.last.parameters())]:
        found.setdefault((depth, parameter.ndim > 1), []).append(parameter)
    for (depth, decays), parameters in found.items():
        rate = knobs.learning_rate * knobs.layer_decay**depth
        yield {"params": parameters, "lr": rate, "weight_decay": knobs.weight_decay if decays else 0.0}


def class_weights(lesson: Lesson, knobs: Finetune) -> Tensor:
    """(C,): 1, or balanced, n / (classes that there are · pictures of the class)."""
    counts = np.bincount(lesson.labels, minlength=lesson.targets.shape[1])
    if knobs.class_weights == "none":
        return torch.ones(len(counts))
    present = counts > 0
    weights = np.where(present, len(lesson.labels) / (present.sum() * np.maximum(counts, 1)), 1.0)
    return torch.as_tensor(weights, dtype=torch.float32)


def moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """The average of the weights in step n: decay min(`decay`, (1 + n) / (10 + n)), so that it soon forgets the first.

    Source: Polyak & Juditsky 1992; the decay of early steps is that of TensorFlow's ExponentialMovingAverage.
    """

    def moved(average: Tensor, now: Tensor, step: Tensor | int) -> Tensor:
        count = int(step)
        return average.lerp(now, 1 - min(decay, (1 + count) / (10 + count)))

    return moved
