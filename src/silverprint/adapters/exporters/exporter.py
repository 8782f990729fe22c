"""Exporter: what every format of a release is written by, and the dataset that it is given."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from silverprint.adapters.exporters.columns import file_name


@dataclass(frozen=True)
class Dataset:
    """
    Attributes:
        name: the dataset's.
        rows: the columns of COLUMNS, and `split`, `format`, `width`, `height` (pixels, may be null); one row a picture
            or an augmented copy of one.
        classes: every one at the place of its number.
        read: (image_id, bytes) of the pictures asked for, in that order.
        raw_csv: text in a CSV stays as it is, even where a spreadsheet would take it for a formula.
    """

    name: str
    rows: pl.DataFrame
    classes: tuple[str, ...]
    read: Callable[[Sequence[str]], Iterable[tuple[str, bytes]]]
    raw_csv: bool = False
    _files: dict[str, Path] = field(default_factory=dict, init=False)  # the first file of each picture that has one

    @property
    def numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.classes)}

    def splits(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Each split that has pictures, in the order of the rows."""
        for (split,), rows in self.rows.group_by("split", maintain_order=True):
            yield str(split), rows

    def place(self, paths: Mapping[str, Path]) -> None:
        """Each picture as the file that `paths` names for its image_id.

        Its bytes are written once: a second file of it, in another format, is a hard link where the disk has them.
        """
        for folder in {path.parent for path in paths.values()}:
            folder.mkdir(parents=True, exist_ok=True)
        new = [image_id for image_id in paths if image_id not in self._files]
        for image_id, data in self.read(new) if new else ():
            paths[image_id].write_bytes(data)
        for image_id in paths.keys() - set(new):
            _link(self._files[image_id], paths[image_id])
        self._files.update((image_id, paths[image_id]) for image_id in new)


class Exporter(Protocol):
    def __call__(self, dataset: Dataset, folder: Path) -> None:
        """Writes `dataset` into `folder`, which is there and empty; the same dataset always gives the same bytes.

        Raises:
            OSError: the disk is full, or cannot be written.
        """


def names(rows: pl.DataFrame) -> dict[str, str]:
    """image_id -> name of the picture's file, in the order of the rows."""
    return {image_id: file_name(image_id, kind) for image_id, kind in rows.select("image_id", "format").iter_rows()}


def records(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    return rows.iter_rows(named=True)


def _link(first: Path, path: Path) -> None:
    try:
        os.link(first, path)
    except OSError:  # another disk, a file system without links, too many of them: a full disk shows at the copy, too
        shutil.copyfile(first, path)
