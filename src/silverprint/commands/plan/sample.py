"""Sample pictures that unit costs are tried on: some of the pool, or made-up ones where there is no pool."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from statistics import fmean
from typing import Final

import numpy as np
import polars as pl
from PIL import Image

from silverprint import layout
from silverprint.config import Params
from silverprint.errors import DataError, UnavailableError
from silverprint.records import RAW
from silverprint.store import ShardReader, tables

Picture = tuple[str, bytes]

_SAMPLE: Final = 300  # pictures of the pool
_HELD: Final = 100_000_000  # bytes of pictures in memory
_MADE: Final = 24  # pictures that are made up where there is no pool
_MADE_SIZE, _MADE_GRAIN = (640, 480), 4.0  # pixels; grey levels of noise: JPEGs of 56 KB


def take(params: Params) -> tuple[list[Picture], float, str]:
    """Some pictures, the mean size in bytes of all, and what they are."""
    folders = [layout.raw(source) for source in params.sources if any(layout.raw(source).glob("index-*.parquet"))]
    if folders:
        rows = pl.concat([tables.read_parts(folder, RAW) for folder in folders]).filter(pl.col("outcome") == "stored")
        chosen = rows["image_id"].unique().sort().head(_SAMPLE)  # at random: an image_id is a hash
        try:
            taken = list(_some(ShardReader(list(folders)).read(chosen.to_list())))
        except (UnavailableError, DataError):  # the index is here and its shards are not
            taken = []
        if taken:
            return taken, fmean(rows["size"].to_list()), f"{len(taken)} pictures of the pool"
    made = made_up()
    return made, fmean([len(data) for _, data in made]), f"{len(made)} made-up JPEGs of 640x480"


def _some(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """As many as fit into memory without being noticed."""
    held = 0
    for one in pictures:
        yield one
        held += len(one[1])
        if held > _HELD:
            return


def made_up() -> list[Picture]:
    return [(str(number), _made(number)) for number in range(_MADE)]


def _made(number: int) -> bytes:
    """A JPEG of smooth colours and grain."""
    chance = np.random.default_rng(number)
    coarse = Image.fromarray(chance.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(_MADE_SIZE)
    grain = (
        chance.normal(0, _MADE_GRAIN, (_MADE_SIZE[1] // 2, _MADE_SIZE[0] // 2, 1)).repeat(2, axis=0).repeat(2, axis=1)
    )
    buffer = BytesIO()
    Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
