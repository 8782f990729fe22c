"""Classes of the sample images, and which of them people confuse."""

from collections.abc import Mapping
from typing import Final

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
