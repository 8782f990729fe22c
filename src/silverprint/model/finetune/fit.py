"""Fit of a network by Lightning, which goes on from its last checkpoint where a run was killed."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytorch_lightning as lightning
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from silverprint.config import Finetune
from silverprint.errors import DataError
from silverprint.model.finetune.augmentation import Augmentation, Mixing
from silverprint.model.finetune.lesson import Batches, Lesson, Shown, seed_of
from silverprint.model.finetune.network import Network
from silverprint.model.fit import quiet_lightning
from silverprint.store import files

LAYERS: Final = 12  # parts of equal numbers of tensors that a backbone is cut into, for `layer_decay`
_READERS: Final = 8  # processes that prepare pictures for a GPU, at most


def fit(network: Network, lesson: Lesson, knobs: Finetune, *, seed: int, checkpoint: Path, every_s: float) -> None:
    """Fine-tunes `network` in place: cross-entropy of the targets, by the recipe of `knobs`.

    The same input, seed and machine give the same weights on the processor, also where a killed run is called again.
    On a GPU it works in half precision, and sums come in an order of their own.

    Args:
        checkpoint: file that keeps the state between epochs, replaced whole; it belongs to this input alone.
        every_s: least time between two of these, seconds.

    Raises:
        DataError: a picture does not decode any more, or the loss is not finite.
        DiskError: no space for the checkpoint.
    """
    batches = Batches(len(lesson.image_ids), knobs.batch, seed)
    shown = Shown(lesson, Augmentation(knobs.augment, network.size), network.size, seed)
    module = _Module(network.train(), lesson, knobs, steps=knobs.epochs * len(batches), seed=seed)
    on_gpu = torch.cuda.is_available()
    loader = DataLoader(
        shown,
        batch_size=None,  # the sampler's entries are batches
        sampler=batches,
        num_workers=min(_READERS, torch.get_num_threads()) if on_gpu else 0,
        pin_memory=on_gpu,
        generator=torch.Generator(),  # else it would draw from the one that dropout and mixing draw from
    )
    with quiet_lightning(), torch.random.fork_rng():
        trainer = lightning.Trainer(
            **hardware(),
            max_epochs=knobs.epochs,
            callbacks=[_Checkpoint(checkpoint, every_s)],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        last = checkpoint if checkpoint.exists() else None
        trainer.fit(module, loader, ckpt_path=last, weights_only=True)
    network.cpu()


def hardware() -> dict[str, Any]:
    """What Lightning's Trainer is given: one GPU, in half precision, where there is any; else the processor."""
    if not torch.cuda.is_available():
        return {"accelerator": "cpu", "devices": 1}
    wide = torch.cuda.is_bf16_supported()  # the range of single precision: losses need no scaling
    return {"accelerator": "gpu", "devices": 1, "precision": "bf16-mixed" if wide else "16-mixed"}


class _Module(lightning.LightningModule):
    class_weights: Tensor  # (C,), of mean 1 over the lesson

    def __init__(self, network: Network, lesson: Lesson, knobs: Finetune, *, steps: int, seed: int) -> None:
        super().__init__()
        self.network, self.knobs, self.steps, self.seed = network, knobs, steps, seed
        self.mixing = Mixing(knobs.augment)
        self.register_buffer("class_weights", class_weights(lesson, knobs))

    def on_train_epoch_start(self) -> None:
        torch.manual_seed(seed_of(self.seed, self.current_epoch))  # of dropout and mixing

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        pictures, targets = self.mixing(*batch)
        loss = functional.cross_entropy(self.network(pictures), targets, weight=self.class_weights)
        if not torch.isfinite(loss):
            value = f"model.finetune.learning_rate = {self.knobs.learning_rate}"
            raise DataError(value, f"the loss is not finite in epoch {self.current_epoch + 1}", "set a smaller one")
        return loss

    def configure_optimizers(self) -> dict[str, object]:  # type: ignore[override]
        knobs, groups = self.knobs, list(parameter_groups(self.network, self.knobs))
        optimizer: torch.optim.Optimizer
        if knobs.optimizer == "sgd":
            optimizer = torch.optim.SGD(groups, lr=knobs.learning_rate, momentum=knobs.momentum)
        else:
            optimizer = torch.optim.AdamW(groups, lr=knobs.learning_rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, self.steps, knobs))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


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


class _Checkpoint(lightning.Callback):
    """Keeps the state when an epoch ends, unless it did so a moment ago; and always at the end."""

    def __init__(self, path: Path, every_s: float) -> None:
        self.path, self.every_s, self.kept_at = path, every_s, time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        last = trainer.current_epoch + 1 == trainer.max_epochs
        if last or time.monotonic() - self.kept_at >= self.every_s:
            with files.replacing(self.path) as temporary:
                trainer.save_checkpoint(temporary)
            self.kept_at = time.monotonic()
