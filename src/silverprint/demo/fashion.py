"""Fashion-MNIST sample in the package: a PNG sheet of tiles, and their classes, some of which people confuse."""

import csv
from collections.abc import Mapping
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

CLASSES: Final = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")

# class -> what it is taken for, with weights; the nearest first
LOOK_ALIKES: Final[Mapping[str, Mapping[str, float]]] = {
    "t-shirt": {"shirt": 6, "dress": 2, "pullover": 2},
    "trouser": {"dress": 7, "pullover": 1},
    "pullover": {"coat": 5, "shirt": 5, "t-shirt": 1},
    "dress": {"shirt": 3, "coat": 3, "t-shirt": 3, "trouser": 1},
    "coat": {"pullover": 5, "shirt": 4, "dress": 2},
    "sandal": {"sneaker": 6, "ankle boot": 3, "bag": 1},
    "shirt": {"t-shirt": 5, "pullover": 4, "coat": 3, "dress": 1},
    "sneaker": {"ankle boot": 5, "sandal": 5},
    "bag": {"shirt": 1, "pullover": 1, "sandal": 1},
    "ankle boot": {"sneaker": 7, "sandal": 3},
}

# How hard a class is beside the others; the mean is 1.
HARDNESS: Final[Mapping[str, float]] = {
    "t-shirt": 1.2, "trouser": 0.4, "pullover": 1.4, "dress": 1.0, "coat": 1.4,
    "sandal": 0.7, "shirt": 2.1, "sneaker": 0.7, "bag": 0.4, "ankle boot": 0.7,
}  # fmt: skip


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
