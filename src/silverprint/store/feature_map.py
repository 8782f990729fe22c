"""Map of a pool's features, and search for similar images in them; the map is kept in var/ without any name."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.features.similarity_space import SAMPLE, SimilaritySpace
from silverprint.core.features.widening import widened
from silverprint.store import local_cache
from silverprint.store.features import Features

_RULE: Final = "1"  # raised when a map comes to other places
_BATCH: Final = 64  # rows that are widened to single precision at once: they stay in the processor's cache
_PLACED: Final = 1_024  # rows that are placed on the map at once
_SPAN: Final = 65_536  # rows that a thread searches at once


class FeatureMap:
    """Images that have features, by their place in a table.

    Args:
        root: the features' folder.
        image_ids: of the table, distinct; some may have no features.
        kept: file in which the places on the map are kept, in the order of the rows on disk. Whatever changes the
            features makes them anew.
        threads: threads of one search.

    Raises:
        UnavailableError: there are no features.
        DataError: they are not readable.
        DiskError: no space for the map.
    """

    def __init__(self, root: Path, image_ids: pl.Series, kept: Path, threads: int = 1) -> None:
        self._features = Features(root)
        self._threads = threads
        on_disk = pl.DataFrame({"image_id": self._features.image_ids})
        table = pl.DataFrame({"image_id": image_ids}).with_row_index("place")
        found = on_disk.with_row_index("row").join(table, on="image_id", maintain_order="left")
        self._row = np.full(len(image_ids), -1, dtype=np.int64)  # on disk, of each place in the table
        self._row[found["place"].to_numpy()] = found["row"].to_numpy()
        self._space, self._places = self._read(root, kept)

    def coordinates(self) -> NDArray[np.float32]:
        """(N, 2) places on the map, 0 to 1 from edge to edge; NaN for an image without features.

        The outermost thousandth at each edge lies on it: a few odd pictures do not push all others together.
        """
        out = np.full((len(self._row), 2), np.nan, dtype=np.float32)
        there = self._row >= 0
        if there.any():
            points = self._places[self._row[there], :2]
            low, high = np.quantile(points, [0.001, 0.999], axis=0)
            out[there] = np.clip((points - low) / np.where(high > low, high - low, 1.0), 0, 1)
        return out

    def similar(self, place: int) -> NDArray[np.float32]:
        """(N,) cosine of every image's features with those of the image at `place`, -1 to 1, computed for all of them:
        no index, nothing approximated but for single precision. NaN for an image without features, and everywhere
        where the one at `place` has none.
        """
        out = np.full(len(self._row), np.nan, dtype=np.float32)
        if self._row[place] < 0:
            return out
        [row] = self._features.rows_at([int(self._row[place])])
        weight, offset = self._space.direction(row)
        own = self._places[self._row[place], 2]
        products = self._of_batches(lambda batch: widened(batch) @ weight) - offset
        lengths = self._places[:, 2] * own
        cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        there = self._row >= 0
        out[there] = cosines[self._row[there]]
        return out

    def towards(self, direction: NDArray[np.float32], block: str) -> NDArray[np.float32]:
        """(N,) cosine of a block of every image's features, as it is, with a direction in that block's space, -1 to 1:
        all of them, nothing approximated but for single precision. NaN for an image without features.

        Args:
            direction: (F,) of length 1.
        """
        columns = self._features.blocks[block]

        def cosines(batch: NDArray[np.float16]) -> NDArray[np.float32]:
            rows = widened(np.ascontiguousarray(batch[:, columns]))
            lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))
            found: NDArray[np.float32] = (rows @ direction) / np.maximum(lengths, np.finfo(np.float32).tiny)
            return found

        out = np.full(len(self._row), np.nan, dtype=np.float32)
        there = self._row >= 0
        out[there] = self._of_batches(cosines)[self._row[there]]
        return out

    def _of_batches(self, figure: Callable[[NDArray[np.float16]], NDArray[np.float32]]) -> NDArray[np.float32]:
        """`figure` of each row on disk, which it gives for a batch of them."""
        out = np.empty(len(self._features.image_ids), dtype=np.float32)

        def multiply(span: tuple[int, NDArray[np.float16]]) -> None:
            start, rows = span
            for first in range(0, len(rows), _BATCH):
                batch = rows[first : first + _BATCH]
                out[start + first : start + first + len(batch)] = figure(batch)

        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(multiply, self._features.spans(_SPAN)))
        return out

    def _read(self, root: Path, kept: Path) -> tuple[SimilaritySpace, NDArray[np.float32]]:
        names = self._features.image_ids
        sample = np.linspace(0, len(names) - 1, min(len(names), SAMPLE), dtype=np.int64)
        width = self._features.width
        key = f"{_RULE} {width} {_stamp(root)}"
        floats, content = 4 * width + 3 * len(names), local_cache.read(kept, key)
        if content is not None and len(content) == 4 * floats:
            whole = np.frombuffer(content, dtype=np.float32)
            centre, scale, axes = whole[:width], whole[width : 2 * width], whole[2 * width : 4 * width]
            return SimilaritySpace(centre, scale, axes.reshape(width, 2)), whole[4 * width :].reshape(-1, 3)
        space = SimilaritySpace.of(self._features.rows_at(sample.tolist()), self._features.blocks)
        places = np.empty((len(names), 3), dtype=np.float32)
        for start, rows in self._features.spans(_PLACED):
            places[start : start + len(rows)] = space.places(rows.astype(np.float32))
        parts = (space.centre, space.scale, space.axes, places)
        local_cache.write(kept, key, b"".join(part.astype(np.float32).tobytes() for part in parts))
        return space, places


def _stamp(root: Path) -> str:
    """What changes with the features: the size and the time of every part."""
    facts = [f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in sorted(root.glob("part-*"))]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
