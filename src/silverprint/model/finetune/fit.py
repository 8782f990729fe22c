"""Fit of a network by Lightning, which goes on from its last checkpoint where a run was killed."""

import math
import time
from pathlib import Path
from typing import Any, Final

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from silverprint.config import Finetune
from silverprint.errors import DataError
from silverprint.model.finetune.augmentation import Augmentation, Mixing
from silverprint.model.finetune.lesson import Batches, Lesson, Shown, seed_of
from silverprint.model.finetune.network import Network
from silverprint.model.finetune.omega import OMEGAS, Omega
from silverprint.model.finetune.optimisation import class_weights, moving_average, optimiser
from silverprint.model.finetune.pool import BothBatches, BothShown, Unlabelled
from silverprint.model.finetune.trained_part import trained_part
from silverprint.model.quiet_lightning import quiet_lightning
from silverprint.store import files

_READERS: Final = 8  # processes that prepare pictures for a GPU, at most


def fit(network: Network, lesson: Lesson, knobs: Finetune, *, seed: int, checkpoint: Path, every_s: float) -> None:
    """Fine-tunes `network` in place: cross-entropy of the targets + λ Ω of the pool, by the recipe of `knobs`.

    The same input, seed and machine give the same weights on the processor, also where a killed run is called again.
    On a GPU it works in half precision, and sums come in an order of their own.

    Args:
        checkpoint: file that keeps the state between epochs, replaced whole; it belongs to this input alone.
        every_s: least time between two of these, seconds.

    Raises:
        ConfigError: `knobs.trained` is lora, and the backbone has no linear layer.
        DataError: a picture does not decode any more, or the loss is not finite.
        DiskError: no space for the checkpoint.
    """
    shown, batches, omega = _taught_by(lesson, knobs, network.size, seed)
    on_gpu = torch.cuda.is_available()
    loader = DataLoader(
        shown,
        batch_size=None,  # the sampler's entries are batches
        sampler=batches,
        num_workers=min(_READERS, torch.get_num_threads()) if on_gpu else 0,
        pin_memory=on_gpu,
        generator=torch.Generator(),  # else it would draw from the one that dropout and mixing draw from
    )
    with quiet_lightning(), torch.random.fork_rng(), trained_part(network, knobs, seed):
        steps = knobs.epochs * math.ceil(len(batches) / knobs.accumulate)
        module = _Module(network.train(), lesson, knobs, omega, steps=steps, seed=seed)
        trainer = lightning.Trainer(
            **hardware(knobs.precision),
            max_epochs=knobs.epochs,
            accumulate_grad_batches=knobs.accumulate,
            callbacks=[_Checkpoint(checkpoint, every_s)],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        last = checkpoint if checkpoint.exists() else None
        trainer.fit(module, loader, ckpt_path=last, weights_only=True)
        network.cpu()
        if module.average is not None:
            network.load_state_dict(module.average.cpu().module.state_dict())


def hardware(precision: str = "auto") -> dict[str, Any]:
    """What Lightning's Trainer is given: one GPU, in half precision by itself, where there is one; or the processor."""
    on_gpu = torch.cuda.is_available()
    found: dict[str, Any] = {"accelerator": "gpu" if on_gpu else "cpu", "devices": 1}
    if precision != "auto":
        found["precision"] = precision
    elif on_gpu:
        wide = torch.cuda.is_bf16_supported()  # the range of single precision: losses need no scaling
        found["precision"] = "bf16-mixed" if wide else "16-mixed"
    return found


def _taught_by(
    lesson: Lesson, knobs: Finetune, size: int, seed: int
) -> tuple[Shown | BothShown, Batches | BothBatches, Omega | None]:
    """What is shown, in which order, and what the pool teaches: nothing where there is none, or no Ω is asked for."""
    shown = Shown(lesson, Augmentation.of(knobs.augment, size), size, seed)
    asked = knobs.unlabelled
    if asked.omega == "none" or not lesson.pool:
        return shown, Batches(len(lesson.image_ids), knobs.batch, seed), None
    omega = OMEGAS[asked.omega](lesson.targets.shape[1], len(lesson.pool))
    return (
        BothShown(shown, knobs, compares=omega.compares),
        BothBatches(lesson, knobs.batch, asked.ratio, seed),
        omega,
    )


class _Module(lightning.LightningModule):
    class_weights: Tensor  # (C,), of mean 1 over the lesson

    def __init__(
        self, network: Network, lesson: Lesson, knobs: Finetune, omega: Omega | None, *, steps: int, seed: int
    ) -> None:
        super().__init__()
        self.network, self.knobs, self.omega, self.steps, self.seed = network, knobs, omega, steps, seed
        self.average = AveragedModel(network, avg_fn=moving_average(knobs.ema)) if knobs.ema else None
        self.mixing = Mixing(knobs.augment)
        self.register_buffer("class_weights", class_weights(lesson, knobs))

    def on_train_epoch_start(self) -> None:
        torch.manual_seed(seed_of(self.seed, self.current_epoch))  # of dropout and mixing

    def training_step(self, batch: tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Unlabelled], _: int) -> Tensor:
        pictures, targets = self.mixing(*batch[:2])
        if self.omega is None or len(batch) == 2:
            loss = self._of_labels(self.network(pictures), targets)
        else:
            loss = self._of_both(self.omega, pictures, targets, batch[2])
        if not torch.isfinite(loss):
            value = f"model.finetune.learning_rate = {self.knobs.learning_rate}"
            raise DataError(value, f"the loss is not finite in epoch {self.current_epoch + 1}", "set a smaller one")
        return loss

    def _of_labels(self, logits: Tensor, targets: Tensor) -> Tensor:
        return functional.cross_entropy(logits, targets, weight=self.class_weights)

    def _of_both(self, omega: Omega, pictures: Tensor, targets: Tensor, pool: Unlabelled) -> Tensor:
        """Labelled pictures and those of the pool go through the network as one batch, guesses as another."""
        with torch.no_grad():
            guess = self.network(pool.weak).float().softmax(dim=1) if len(pool.weak) else pool.weak
        logits = self.network(torch.cat([pictures, pool.pictures])).float()
        taught, rest = logits[: len(pictures)], logits[len(pictures) :]
        learnt: Tensor = omega(rest, guess, pool.places)
        return self._of_labels(taught, targets) + self.knobs.unlabelled.weight * learnt

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        super().optimizer_step(*args, **kwargs)
        if self.average is not None:
            self.average.update_parameters(self.network)

    def configure_optimizers(self) -> dict[str, object]:  # type: ignore[override]
        return optimiser(self.network, self.knobs, self.steps)


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
