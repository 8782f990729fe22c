"""Features of images on disk: parts of `part-00000.npy` (float16) and `part-00000.parquet` (image_id, in row order).

A part exists when its .parquet does; the .npy, or the pointer that stands for it, is written first. `embed.json` says
what computed them.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.records import EMBEDDED
from silverprint.store import files, tables
from silverprint.store.storage import DISK_STORAGE, Storage, content

DESCRIPTION: Final = "embed.json"
BATCH: Final = 4096  # rows that are read and computed with at once
FEW: Final = 65_536  # rows: what is computed of fewer takes some seconds, and is done in the process that asks


class Features:
    """The features below `root`, memory-mapped: opening is cheap, a matrix is read when it is asked for.

    Raises:
        UnavailableError: the folder or its description is not there.
        DataError: the description or a part is not readable.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.description = describe(root)
        self._parts = [_Part(path) for path in sorted(root.glob("part-*.parquet"))]

    @cached_property
    def image_ids(self) -> pl.Series:
        """Every picture that has features, in the order of the rows on disk."""
        return pl.concat([pl.Series("image_id", dtype=pl.String), *(part.image_ids for part in self._parts)])

    @cached_property
    def blocks(self) -> dict[str, slice]:
        """The columns of each block of features, by name."""
        ends = np.cumsum(list(self.description["blocks"].values())).tolist()
        starts = [0, *ends[:-1]]
        return {name: slice(a, b) for name, a, b in zip(self.description["blocks"], starts, ends, strict=True)}

    @property
    def width(self) -> int:
        """D, the number of columns."""
        return sum(self.description["blocks"].values())

    def matrix(self, image_ids: Sequence[str]) -> NDArray[np.float32]:
        """The features of `image_ids`, (n, D) float32, in the order asked.

        Raises:
            DataError: a picture has no features.
        """
        return self.half_matrix(image_ids).astype(np.float32)

    def half_matrix(self, image_ids: Sequence[str]) -> NDArray[np.float16]:
        """`matrix` in half precision, as the features are stored.

        Raises:
            DataError: a picture has no features.
        """
        places = np.array([self._place(image_id) for image_id in image_ids], dtype=np.int64).reshape(-1, 2)
        out = np.empty((len(image_ids), self.width), dtype=np.float16)
        for number in np.unique(places[:, 0]):
            rows = np.flatnonzero(places[:, 0] == number)
            out[rows] = self._parts[number].rows[places[rows, 1]]
        return out

    def batches(self, image_ids: Sequence[str], size: int = BATCH) -> Iterator[NDArray[np.float32]]:
        """`matrix` in pieces of at most `size` rows."""
        return (rows.astype(np.float32) for rows in self.half_batches(image_ids, size))

    def half_batches(self, image_ids: Sequence[str], size: int = BATCH) -> Iterator[NDArray[np.float16]]:
        """`half_matrix` in pieces of at most `size` rows."""
        for start in range(0, len(image_ids), size):
            yield self.half_matrix(image_ids[start : start + size])

    def scan(self, image_ids: pl.Series, size: int = 4096) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """The features of `image_ids` as they lie on the disk: places in `image_ids`, (n,), and rows, (n, D) float32.

        At most `size` at a time. Each page is read once, and a part's pages are let go with it: `batches` of names in
        another order would hold all of them.

        Raises:
            DataError: a picture has no features.
        """
        return ((places, rows.astype(np.float32)) for places, rows in self.halves(image_ids, size))

    def halves(self, image_ids: pl.Series, size: int = 4096) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """`scan`, with the rows in half precision, as they are stored."""
        places, end = self.places(image_ids), 0
        for part in self._parts:
            start, end = end, end + len(part.image_ids)
            rows = np.flatnonzero(places[start:end] >= 0)
            features = part.opened()
            for first in range(0, len(rows), size):
                batch = rows[first : first + size]
                yield places[start + batch], np.asarray(features[batch])

    def spans(self, size: int) -> Iterator[tuple[int, NDArray[np.float16]]]:
        """Every row on disk, in pieces of at most `size`: the number of the first, and (n, D) mapped rows."""
        end = 0
        for part in self._parts:
            start, end = end, end + len(part.image_ids)
            for first in range(0, end - start, size):
                yield start + first, part.rows[first : first + size]

    def rows_at(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """(n, D) float32: rows by their number on the disk."""
        ends = np.cumsum([len(part.image_ids) for part in self._parts])
        at = np.searchsorted(ends, rows, side="right")
        out = np.empty((len(rows), self.width), dtype=np.float32)
        for place, (number, row) in enumerate(zip(at.tolist(), rows, strict=True)):
            part = self._parts[number]
            out[place] = part.rows[row - (int(ends[number]) - len(part.image_ids))]
        return out

    def places(self, image_ids: pl.Series) -> NDArray[np.int64]:
        """(N,) where in `image_ids`, distinct, the picture of each row on disk stands; -1 if it is not among them.

        Raises:
            DataError: a picture has no features.
        """
        wanted = pl.DataFrame({"image_id": image_ids}).with_row_index("place")
        rows = pl.DataFrame({"image_id": self.image_ids}).join(wanted, "image_id", "left", maintain_order="left")
        places = rows["place"].cast(pl.Int64).fill_null(-1).to_numpy()
        found = np.zeros(len(wanted), dtype=np.bool_)
        found[places[places >= 0]] = True
        if not found.all():
            raise self._lacking(image_ids[int(found.argmin())])
        return places

    def gathered(self, image_ids: pl.Series) -> NDArray[np.float32]:
        """`matrix` by one `scan`."""
        out = np.empty((len(image_ids), self.width), dtype=np.float32)
        for places, rows in self.scan(image_ids):
            out[places] = rows
        return out

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        return {
            image_id: (number, row)
            for number, part in enumerate(self._parts)
            for row, image_id in enumerate(part.image_ids)
        }

    def _place(self, image_id: str) -> tuple[int, int]:
        try:
            return self._places[image_id]
        except KeyError:
            raise self._lacking(image_id) from None

    def _lacking(self, image_id: str) -> DataError:
        return DataError(f"{self.root}: {image_id}", "the picture has no features", "run: silverprint repro embed")


class _Part:
    def __init__(self, table: Path) -> None:
        self._table = table

    @cached_property
    def image_ids(self) -> pl.Series:
        return tables.read(self._table, EMBEDDED)["image_id"]

    @cached_property
    def rows(self) -> NDArray[np.float16]:
        return self.opened()

    def opened(self) -> NDArray[np.float16]:
        """The rows, mapped for as long as they are used."""
        path = self._table.with_suffix(".npy")
        here = content.local_copy(path, _copies(path.parent))
        try:
            rows: NDArray[np.float16] = np.load(here, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise DataError(str(path), f"not readable ({error})", restore_remedy(path.parent)) from None
        if len(rows) != len(self.image_ids):
            rule = f"{len(rows)} rows of features, {len(self.image_ids)} pictures in {self._table.name}"
            raise DataError(str(path), rule, restore_remedy(path.parent))
        return rows


def describe(root: Path) -> dict[str, Any]:
    """What computed the features below `root`: backbone, size, weights_sha256, blocks (name -> columns)."""
    path = root / DESCRIPTION
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        description["blocks"].items()
    except FileNotFoundError:
        remedy = f"run: dvc pull {root}, or silverprint repro embed"
        raise UnavailableError(str(path), "no features there", remedy) from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise DataError(str(path), "not readable", restore_remedy(root)) from None
    return description


def write_description(root: Path, description: dict[str, Any]) -> None:
    files.write_text(root / DESCRIPTION, json.dumps(description, indent=2) + "\n")


def append(
    root: Path, image_ids: Sequence[str], batches: Sequence[NDArray[np.float16]], storage: Storage = DISK_STORAGE
) -> None:
    """One more part: the rows of `batches`, (n, D) in all, of `image_ids`. A part half-written is overwritten.

    Args:
        storage: of the rows; the list of images is always a file.
    """
    last = max((path.stem for path in root.glob("part-*.parquet")), default="part--1")
    number = int(last.removeprefix("part-")) + 1
    path = root / f"part-{number:05d}.npy"
    storage.publish(_saved(path, np.concatenate(batches)), path)
    tables.write(pl.DataFrame({"image_id": image_ids}), path.with_suffix(".parquet"), EMBEDDED)


def _saved(path: Path, rows: NDArray[np.float16]) -> Path:
    """`rows` as a whole file beside `path`."""
    whole = path.with_name(f".{path.name}.part")
    with files.replacing(whole) as temporary, temporary.open("wb") as handle:
        np.save(handle, rows)
    return whole


def _copies(root: Path) -> Path:
    """Where the campaign to which the features in `root` belong keeps copies of objects."""
    return root.parents[len(layout.EMBED.parts) - 1] / layout.OBJECTS


def rows_of(root: Path, image_ids: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """(image_id, bytes of its row as they lie on the disk) of those of the pictures that have features."""
    for path in sorted(root.glob("part-*.parquet")):
        part = _Part(path)
        for row in np.flatnonzero(part.image_ids.is_in(sorted(image_ids)).to_numpy()):
            yield str(part.image_ids[int(row)]), part.opened()[row].tobytes()


def forget(root: Path, image_ids: Collection[str]) -> list[Path]:
    """Removes the rows of pictures; returns the parts that changed. Files are replaced, never written into.

    The table goes first, and with it the part: after a kill, its other pictures are computed again.
    """
    changed = []
    for path in sorted(root.glob("part-*.parquet")):
        part = _Part(path)
        kept = ~part.image_ids.is_in(sorted(image_ids))
        if kept.all():
            continue
        rows = part.opened()[kept.to_numpy()]
        path.unlink()
        npy = path.with_suffix(".npy")
        content.replace(npy, _saved(npy, rows))
        tables.write(pl.DataFrame({"image_id": part.image_ids.filter(kept)}), path, EMBEDDED)
        changed.append(path)
    for address in content.delete_purged(root):
        (_copies(root) / "".join(address.rsplit("/", 2)[1:])).unlink(missing_ok=True)
    return changed
