"""Features as the head sees them: scaled alike in every direction, or as likeness to some pictures of the pool."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from silverprint.core.semisupervised.shapes import Rows

LANDMARKS: Final = 400
WIDTH: Final = 0.5  # of the kernel, as a share of the median squared distance
CHUNK: Final = 8_192

_LEAST: Final = 1e-4  # share of the largest eigenvalue below which a direction of the landmarks is noise


class View(Protocol):
    """How features are seen."""

    def __call__(self, rows: Rows) -> Rows: ...

    @property
    def outer(self) -> "Plain":
        """The centring and scaling that come last."""


@dataclass(frozen=True)
class Plain:
    """Centred and divided by one number: the mean squared length of the pool's rows is 1."""

    centre: NDArray[np.float64]  # (D,)
    scale: float

    @classmethod
    def of(cls, sample: Rows) -> "Plain":
        wide = sample.astype(np.float64)
        centre = wide.mean(axis=0)
        length = float(np.sqrt(np.square(wide - centre).sum(axis=1).mean()))
        # What is constant but for rounding is constant.
        return cls(centre, length if length > 1e-6 * (1e-30 + float(np.abs(centre).max())) else 1.0)

    def __call__(self, rows: Rows) -> Rows:
        return np.asarray((rows - self.centre) / self.scale, dtype=np.float32)

    @property
    def shift(self) -> NDArray[np.float64]:
        """(D,) what is taken from rows that are scaled already."""
        return self.centre / self.scale

    @property
    def outer(self) -> "Plain":
        return self


@dataclass(frozen=True)
class Kernel:
    """Gaussian likeness to LANDMARKS pictures of the pool: k(x, l) = exp(-|x - l|² / w), in the space that k spans.

    Then a linear head is a kernel machine (Williams & Seeger 2001, Using the Nyström Method to Speed Up Kernel
    Machines, section 2). w is WIDTH times the median squared distance of two landmarks.
    """

    plain: Plain
    landmarks: Rows  # (R, D)
    width: float
    basis: NDArray[np.float32]  # (R, K)
    outer: Plain

    @classmethod
    def of(cls, plain: Plain, sample: Rows, seed: int) -> "Kernel":
        drawn = np.random.default_rng(seed).permutation(len(sample))[:LANDMARKS]
        landmarks = plain(sample[np.sort(drawn)])
        squares = squared_distances(landmarks, landmarks)
        between = squares[np.triu_indices(len(landmarks), 1)]
        width = WIDTH * float(np.median(between)) if len(between) else 1.0
        values, vectors = np.linalg.eigh(np.exp(-squares.astype(np.float64) / (width or 1.0)))
        kept = values > _LEAST * values.max()
        basis = (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)
        raw = cls(plain, landmarks, width or 1.0, basis, Plain(np.zeros(basis.shape[1]), 1.0))
        return cls(plain, landmarks, raw.width, basis, Plain.of(raw(sample)))

    def __call__(self, rows: Rows) -> Rows:
        alike = np.exp(-squared_distances(self.plain(rows), self.landmarks) / self.width)
        return self.outer(alike @ self.basis)


def squared_distances(rows: Rows, others: Rows) -> NDArray[np.float32]:
    """(n, m), at least 0."""
    squares = np.square(rows).sum(axis=1)[:, None] + np.square(others).sum(axis=1) - 2 * (rows @ others.T)
    return np.asarray(np.maximum(squares, 0))


def with_constant(rows: Rows) -> Rows:
    """With a last column of ones, whose weight is the bias."""
    return np.column_stack([rows, np.ones(len(rows), dtype=rows.dtype)])


def in_chunks(rows: Rows, work: Callable[[Rows], NDArray[np.float32]]) -> NDArray[np.float32]:
    """What `work` makes of the rows, a few thousand at a time."""
    starts = range(0, max(1, len(rows)), CHUNK)
    return np.concatenate([work(rows[start : start + CHUNK]) for start in starts])
