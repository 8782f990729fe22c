"""Sample images as they lie in the package: one PNG sheet of Fashion-MNIST tiles, and their classes."""

import csv
from functools import cache
from importlib.resources import files
from io import BytesIO, StringIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 28  # pixels of a tile
IMAGES: Final = 5_000
_FOLDER = files(__package__)


@cache
def tiles() -> NDArray[np.uint8]:
    """(5000, 28, 28) grey levels, the garment light on black as in Fashion-MNIST."""
    sheet = np.asarray(Image.open(BytesIO((_FOLDER / "fashion-5000.png").read_bytes())))
    columns = sheet.shape[1] // SIDE
    return sheet.reshape(-1, SIDE, columns, SIDE).transpose(0, 2, 1, 3).reshape(-1, SIDE, SIDE)


@cache
def labels() -> tuple[str, ...]:
    """The class of each tile: the truth, for `build` alone."""
    text = (_FOLDER / "fashion-5000.truth.csv").read_text(encoding="utf-8")
    return tuple(row["label"] for row in csv.DictReader(StringIO(text)))
