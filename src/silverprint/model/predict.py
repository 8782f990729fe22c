"""Predictions for many pictures, by Lightning over memory-mapped features; on the GPU when there is one."""

from collections.abc import Sequence

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from silverprint.model.fit import plain
from silverprint.model.head import Head
from silverprint.store.features import Features

_BATCH = 4096


def predict(head: Head, features: Features, image_ids: Sequence[str]) -> NDArray[np.float32]:
    """The members' probabilities, (M, N, C) float32, rows in the order of `image_ids`.

    Raises:
        DataError: a picture has no features.
    """
    with plain():
        trainer = lightning.Trainer(
            accelerator="gpu" if torch.cuda.is_available() else "cpu",
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        loader = DataLoader(_Batches(features, image_ids), batch_size=None)
        found = trainer.predict(_Predictor(head), loader)
    return torch.cat(found, dim=1).numpy()  # type: ignore[arg-type]


class _Batches(Dataset[Tensor]):
    def __init__(self, features: Features, image_ids: Sequence[str]) -> None:
        self.features = features
        self.image_ids = image_ids

    def __len__(self) -> int:
        return -(-len(self.image_ids) // _BATCH)

    def __getitem__(self, index: int) -> Tensor:
        if index >= len(self):
            raise IndexError(index)
        return torch.from_numpy(self.features.matrix(self.image_ids[index * _BATCH : (index + 1) * _BATCH]))


class _Predictor(lightning.LightningModule):
    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def predict_step(self, batch: Tensor, _: int) -> Tensor:
        probabilities: Tensor = self.head(batch)
        return probabilities.cpu()
