"""Class drift: random images of two rounds whose labels are not spread alike over the classes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_DRAWS: Final = 9_999


@dataclass(frozen=True)
class Drift:
    """Two draws compared: how probable a difference as large is by chance, and the label whose share differs most."""

    chance: float
    label: str
    now: float  # its share of the labels, 0..1
    before: float

    def __str__(self) -> str:
        by = f"chance {self.chance:.4f}"
        return f"{self.label} is {self.now:.1%} of the random pictures, {self.before:.1%} in the round before ({by})"


def drift(now: pl.Series, before: pl.Series, seed: int) -> Drift | None:
    """Whether two draws of labels may be of one distribution; None where one of them has no label.

    An exact test at any level, up to the number of draws: the images are dealt to the two draws anew, and chi-squared
    of the two rows of counts is compared. Images with a null label are left out.
    """
    counts = _counts(now, before)
    sizes = counts.to_numpy()[:, 1:].astype(np.int64)  # (labels, 2)
    here, there = sizes.sum(axis=0) if len(sizes) else (0, 0)
    if not here or not there:
        return None
    dealt = np.random.default_rng(seed).multivariate_hypergeometric(sizes.sum(axis=1), here, size=_DRAWS)
    observed, drawn = (_chi_squared(row, sizes.sum(axis=1), here) for row in (sizes[None, :, 0], dealt))
    chance = (1 + int((drawn >= observed[0] * (1 - 1e-12)).sum())) / (_DRAWS + 1)
    shares = sizes / sizes.sum(axis=0)
    most = int(np.abs(shares[:, 0] - shares[:, 1]).argmax())
    return Drift(chance, str(counts["label"][most]), float(shares[most, 0]), float(shares[most, 1]))


def _counts(now: pl.Series, before: pl.Series) -> pl.DataFrame:
    """label, now, before: how often each label is in the two draws, sorted by label."""
    draws = {"now": now, "before": before}
    rows = pl.concat([said.alias("label").to_frame().with_columns(draw=pl.lit(name)) for name, said in draws.items()])
    counted = [(pl.col("draw") == name).sum().alias(name) for name in draws]
    return rows.drop_nulls().group_by("label").agg(counted).sort("label")


def _chi_squared(now: NDArray[np.int64], both: NDArray[np.int64], here: int) -> NDArray[np.float64]:
    """(D,) chi-squared of D tables (D, labels) of which `both` are the sums and `here` the size of the first draw."""
    expected = both * (here / both.sum())
    rest = both * (1 - here / both.sum())
    deviation = (now - expected) ** 2
    return np.asarray((deviation / expected + deviation / np.maximum(rest, 1e-300)).sum(axis=1))
