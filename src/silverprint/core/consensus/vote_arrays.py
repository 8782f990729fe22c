"""VoteArrays: the votes that count, as numbers, for methods that compute with arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from silverprint.errors import DataError
from silverprint.records import NONE_OF_THESE

Ids = Int[NDArray[np.int64], " n"]
Shares = Float[NDArray[np.float64], "images classes"]
Probabilities = Mapping[str, ArrayLike]
Known = Mapping[str, str]


@dataclass(frozen=True)
class VoteArrays:
    """Votes sorted by image and annotator, so that no result depends on the order of rows."""

    frame: pl.DataFrame  # image_id, annotator, choice, in the same order
    images: pl.Series  # (N,) image_id, sorted
    annotators: pl.Series  # (A,), sorted
    classes: tuple[str, ...]  # (C,); with a class list, 'not one of these' is the last
    image: Ids  # (V,) 0..N-1, not decreasing
    annotator: Ids  # (V,) 0..A-1
    choice: Ids  # (V,) 0..C-1
    begins: Ids  # (N + 1,) votes of image i: begins[i]..begins[i + 1]
    predicted: Shares | None  # a model's probabilities; rows of NaN where it has none
    known: Ids  # (N,) class of images whose label is known, -1 of the others

    def tally(self) -> Shares:
        """(N, C) votes for each class."""
        cells = self.image * len(self.classes) + self.choice
        size = len(self.images) * len(self.classes)
        counted = np.bincount(cells, minlength=size).astype(np.float64)
        return counted.reshape(len(self.images), len(self.classes))

    def per_image(self) -> NDArray[np.int64]:
        """(N,) votes for each image."""
        return np.diff(self.begins)


def vote_arrays(
    counted: pl.DataFrame,
    classes: Sequence[str] | None = None,
    probabilities: Probabilities | None = None,
    known: Known | None = None,
) -> VoteArrays:
    """`counted`, from `agreement.counted_votes`, with the model's probabilities of its images, and the known labels.

    Raises:
        DataError: a row of `probabilities` is no distribution over the classes.
    """
    images = counted["image_id"].unique().sort()
    annotators = counted["annotator"].unique().sort()
    labels = pl.Series([(known or {}).get(name) for name in images], dtype=pl.String)
    said = pl.concat([counted["choice"], labels.drop_nulls()]).unique().sort().to_list()
    chosen = said if classes is None else list(classes)
    names = tuple(chosen) if classes is None else (*chosen, NONE_OF_THESE)
    ordered = counted.sort("image_id", "annotator")
    image = _codes(ordered["image_id"], images)
    predicted = None if probabilities is None else _predicted(images, chosen, len(names), probabilities)
    return VoteArrays(
        frame=ordered,
        images=images,
        annotators=annotators,
        classes=names,
        image=image,
        annotator=_codes(ordered["annotator"], annotators),
        choice=_codes(ordered["choice"], pl.Series(names, dtype=pl.String)),
        begins=np.searchsorted(image, np.arange(len(images) + 1)).astype(np.int64),
        predicted=predicted,
        known=_codes(labels, pl.Series(names, dtype=pl.String)),
    )


def _codes(values: pl.Series, known: pl.Series) -> Ids:
    table = pl.DataFrame({"known": known, "code": np.arange(len(known), dtype=np.int64)})
    found = pl.DataFrame({"known": values}).join(table, on="known", how="left", maintain_order="left")
    return found["code"].fill_null(-1).to_numpy()


def _predicted(images: pl.Series, chosen: list[str], width: int, probabilities: Probabilities) -> Shares | None:
    """Rows in the order of `images`; 'not one of these' gets 1 / (C + 1), as a model does not know it."""
    table = np.full((len(images), width), np.nan)
    for place, name in enumerate(images.to_list()):
        if name in probabilities:
            table[place, : len(chosen)] = _distribution(name, probabilities[name], len(chosen))
    if width > len(chosen):
        known = ~np.isnan(table[:, 0])
        table[known, : len(chosen)] *= len(chosen) / width
        table[known, len(chosen)] = 1 / width
    return table if not np.isnan(table).all() else None


def _distribution(name: str, given: ArrayLike, width: int) -> NDArray[np.float64]:
    row = np.asarray(given, dtype=np.float64)
    if row.shape != (width,) or not np.isfinite(row).all() or (row < 0).any() or row.sum() <= 0:
        value = f"probabilities of {name} = {np.array2string(row, threshold=4, precision=3)}"
        remedy = "give a probability for each class in the order of `classes` (without it: of the sorted choices)"
        raise DataError(value, f"not a distribution over {width} classes", remedy)
    return np.asarray(row / row.sum())
