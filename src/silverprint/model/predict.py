"""Predictions for many images, by Lightning over memory-mapped features; on every GPU where there are any."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import BasePredictionWriter, Callback
from rich.progress import Progress
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from silverprint.console import bar
from silverprint.model.head import Head
from silverprint.model.quiet_lightning import quiet_lightning
from silverprint.store.features import Features

_BATCH = 4096

Batch = tuple[int, Tensor]  # number of the batch, and its rows


def predict(
    head: Head,
    features: Features,
    image_ids: Sequence[str],
    hardware: dict[str, Any] | None = None,
    what: str | None = None,
) -> NDArray[np.float32]:
    """The members' probabilities, (M, N, C) float32, rows in the order of `image_ids`.

    Args:
        hardware: what Lightning's Trainer is given; None takes what is there (`available_hardware`).
        what: the name of this work, where its progress is to be shown.

    Raises:
        DataError: a picture has no features.
    """
    trainer_options = hardware or available_hardware()
    with quiet_lightning(), tempfile.TemporaryDirectory() as folder, bar() as progress:
        several = trainer_options["devices"] > 1
        callbacks: list[Callback] = [_Writer(Path(folder))] if several else []
        if what is not None and not several:
            callbacks.append(_Told(progress, what, len(image_ids)))
        trainer = lightning.Trainer(
            **trainer_options,
            callbacks=callbacks,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        found: Any = trainer.predict(_Predictor(head), loader(features, image_ids), return_predictions=not several)
        parts: list[Batch] = sorted(_written(Path(folder)) if several else found, key=lambda part: part[0])
        return torch.cat([part for _, part in parts], dim=1).numpy()


def available_hardware() -> dict[str, Any]:
    """Every GPU, in half precision, each in a process of its own that Lightning spawns; the processor without any.

    Spawned, for a process that is started anew would run the whole stage again.
    """
    count = torch.cuda.device_count()
    if count == 0:
        return {"accelerator": "cpu", "devices": 1}
    several = {"strategy": "ddp_spawn"} if count > 1 else {}
    return {"accelerator": "gpu", "devices": count, "precision": "16-mixed", **several}


def loader(features: Features, image_ids: Sequence[str]) -> DataLoader[Batch]:
    """The pool in numbered batches, in pinned memory where they go to a GPU."""
    return DataLoader(_Batches(features, image_ids), batch_size=None, pin_memory=torch.cuda.device_count() > 0)


class _Batches(Dataset[Batch]):
    def __init__(self, features: Features, image_ids: Sequence[str]) -> None:
        self.features = features
        self.image_ids = image_ids

    def __len__(self) -> int:
        return -(-len(self.image_ids) // _BATCH)

    def __getitem__(self, index: int) -> Batch:
        if index >= len(self):
            raise IndexError(index)
        rows = self.features.matrix(self.image_ids[index * _BATCH : (index + 1) * _BATCH])
        return index, torch.from_numpy(rows)


class _Predictor(lightning.LightningModule):
    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def predict_step(self, batch: Batch, _: int) -> Batch:
        number, features = batch
        probabilities: Tensor = self.head(features)
        return number, probabilities.float().cpu()


class _Told(Callback):
    """Counts the rows that are predicted, in this process."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self.progress = progress
        self.task = progress.add_task(what, total=total)

    def on_predict_batch_end(
        self, _: lightning.Trainer, __: lightning.LightningModule, ___: Any, batch: Batch, *____: int
    ) -> None:
        self.progress.advance(self.task, len(batch[1]))


class _Writer(BasePredictionWriter):
    """Each process's predictions in a file of its own: spawned ones cannot return them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(write_interval="epoch")
        self.folder = folder

    def write_on_epoch_end(
        self, trainer: lightning.Trainer, _: lightning.LightningModule, predictions: Sequence[Any], __: Sequence[Any]
    ) -> None:
        torch.save(list(predictions), self.folder / f"{trainer.global_rank}.pt")


def _written(folder: Path) -> list[Batch]:
    return [part for path in folder.glob("*.pt") for part in torch.load(path, weights_only=True)]
