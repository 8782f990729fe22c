"""Candidates for exact copies: the few images that are worth an exact hash."""

from itertools import product
from typing import Final

import polars as pl

# Grey levels. Pixels that a JPEG gives, kept in a PNG, come to grey by another way: rounding moves the mean and the
# deviation of a photo by less than 0.5, clipped colours in the loudest poster by 3.
TOLERANCE: Final = 4.0

_HASHES = ("phash64", "phash256_0", "phash256_1", "phash256_2", "phash256_3")
_SIZE = ("width", "height")


def possible_copies(pictures: pl.DataFrame) -> list[str]:
    """The pictures that may have a copy among the others.

    Two files that one decoder turned into the same pixels have the same figures. Between JPEG and all other formats,
    whose grey levels are had in different ways, a copy has the same size, and a mean and a deviation within TOLERANCE.

    Args:
        pictures: image_id (each once), width, height, brightness, contrast, phash64, phash256_* (null where a picture
            could not be decoded) and format.

    Returns:
        image_ids, sorted: every picture that has a copy, and some that have none.
    """
    known = pictures.filter(pl.col("width").is_not_null())
    alike = known.filter(pl.len().over(*_SIZE, *_HASHES) > 1)
    cells = known.with_columns((pl.col(name) // TOLERANCE).cast(pl.Int64) for name in ("brightness", "contrast"))
    jpegs, others = cells.filter(pl.col("format") == "jpeg"), cells.filter(pl.col("format") != "jpeg")
    found = pl.concat(frame["image_id"] for frame in (alike, _beside(jpegs, others), _beside(others, jpegs)))
    return found.unique().sort().to_list()


def _beside(these: pl.DataFrame, those: pl.DataFrame) -> pl.DataFrame:
    """The ones among `these` of the size of one of `those`, in its cell of figures or in one next to it."""
    cells = [*_SIZE, "brightness", "contrast"]
    around = [
        those.select(*_SIZE, pl.col("brightness") + brighter, pl.col("contrast") + harder)
        for brighter, harder in product((-1, 0, 1), repeat=2)
    ]
    return these.join(pl.concat(around).unique(), on=cells, how="semi")
