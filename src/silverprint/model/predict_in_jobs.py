"""Predictions for many images in jobs: a batch of features and the head, for machines without a GPU.

A batch travels in half precision, as it is stored: 4,096 rows of 2,288 columns are 19 MB. A head of few columns works
on them for less time than they travel, so the pool is then predicted where its features lie (`predict`).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from silverprint.console import bar
from silverprint.core.jobs import Run
from silverprint.model.head import Head
from silverprint.store.executor import cores
from silverprint.store.features import Features

_COLUMNS: Final = 256  # columns of the head's product, from which on a row's costs more than its journey
_PRODUCTS: Final = 3e11  # multiplications of a whole pool, below which neither worker nor Lightning is there in time


def is_small(head: Head, features: Features, rows: int) -> bool:
    """Whether so many rows are predicted here, without a GPU, before anything that would help is there."""
    return rows * features.width * head.columns < _PRODUCTS and torch.cuda.device_count() == 0


def is_worth_it(head: Head, features: Features, rows: int) -> bool:
    """Whether other machines would help with so many rows."""
    enough = rows * features.width * head.columns >= _PRODUCTS
    return enough and head.columns >= _COLUMNS and torch.cuda.device_count() == 0


def predict_in_jobs(
    head: Head, features: Features, image_ids: Sequence[str], run: Run, what: str | None
) -> NDArray[np.float32]:
    """The members' probabilities, (M, N, C) float32, as `predict` has them.

    Args:
        run: does the jobs.
        what: the name of this work, where its progress is to be shown.

    Raises:
        DataError: a picture has no features.
    """
    state = {name: tensor.numpy() for name, tensor in head.state_dict().items()}
    parts = []
    with bar() as progress:
        task = None if what is None else progress.add_task(what, total=len(image_ids))
        for part in run(partial(_predicted, state=state), features.half_batches(image_ids)):
            parts.append(part)
            if task is not None:
                progress.advance(task, part.shape[1])
    return np.concatenate(parts, axis=1)


def _predicted(rows: NDArray[np.float16], state: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    torch.set_num_threads(cores.available())
    return Head({name: torch.from_numpy(array) for name, array in state.items()}).predict(rows.astype(np.float32))
