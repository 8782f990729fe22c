"""Scores of a pool: what a model, or a classifier that was there before, predicts of each picture, in files.

`scores.parquet` is SCORES; `probabilities.npy` is (M, N, C) float16 in its rows, as `core.half_precision` has them.
Where the model can tell what is none of the classes, `none.parquet` (NONE_SCORES) says so.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core import half_precision
from silverprint.errors import DataError, restore_remedy
from silverprint.records import SCORES
from silverprint.store import tables

TABLE: Final = "scores.parquet"
PROBABILITIES: Final = "probabilities.npy"
NONE: Final = "none.parquet"


def of(image_ids: Any, stored: NDArray[np.float16], classes: tuple[str, ...], model_id: str) -> pl.DataFrame:
    """SCORES of (M, N, C) probabilities, with the rounding with which they will be read."""
    mean = half_precision.from_half(stored).mean(axis=0)
    rows = {
        "image_id": image_ids,
        "predicted": [classes[place] for place in mean.argmax(axis=1)],
        "confidence": mean.max(axis=1).astype(np.float64),
    }
    return pl.DataFrame(rows).with_columns(pl.lit(model_id).alias("model_id"))


def write(folder: Path, scores: pl.DataFrame, stored: NDArray[np.float16]) -> None:
    np.save(folder / PROBABILITIES, stored)
    tables.write(scores, folder / TABLE, SCORES)


def read_probabilities(
    folder: Path, rows: int, members: int | None = None, classes: int | None = None
) -> NDArray[np.floating]:
    """(M, N, C) as they are stored, mapped from the disk.

    Args:
        rows: N, those of scores.parquet.
        members, classes: M and C, where they are known.

    Raises:
        DataError: it is not readable, or not of that shape.
    """
    path = folder / PROBABILITIES
    try:
        stored: NDArray[np.floating] = np.load(path, mmap_mode="r")
        wanted = (members, rows, classes)
        if stored.ndim != 3 or any(n not in (None, found) for n, found in zip(wanted, stored.shape, strict=True)):
            raise ValueError(f"shape {stored.shape} where scores.parquet has {rows} rows")
    except (OSError, ValueError) as error:
        raise DataError(str(path), f"not readable ({error})", restore_remedy(folder)) from None
    return stored
