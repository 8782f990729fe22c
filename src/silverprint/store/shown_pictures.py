"""Stored pictures as people may see them: whatever shows or hands out pixels of a campaign reads them here."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.config import Params
from silverprint.imaging.blur import blurred_jpeg
from silverprint.records import BLUR, BLURRED
from silverprint.store import tables
from silverprint.store.shards.mmap_reader import Images
from silverprint.store.shards.reader import ShardReader


class ShownPictures:
    """Reads as a ShardReader does; of a picture in `boxes` it gives a JPEG in which these are blurred."""

    def __init__(self, reader: ShardReader, boxes: Mapping[str, str]) -> None:
        self._reader: Final = reader
        self.boxes: Final = boxes

    def index(self) -> pl.DataFrame:
        """As the reader's."""
        return self._reader.index()

    def read(self, image_ids: Sequence[str]) -> Images:
        """(image_id, bytes) of each picture asked for, in that order.

        Raises:
            As ShardReader.read.
            DataError: one that is to be blurred does not decode any more.
        """
        stored = self._reader.read(image_ids)
        return ((image_id, self._shown(image_id, data)) for image_id, data in stored)

    def _shown(self, image_id: str, data: bytes) -> bytes:
        boxes = self.boxes.get(image_id)
        return data if boxes is None else blurred_jpeg(image_id, data, boxes)


def shown(params: Params, reader: ShardReader | None = None) -> ShownPictures:
    """The campaign's pictures as people may see them.

    Args:
        reader: of its shards; default: one of all its sources.

    Raises:
        UnavailableError: a source's shards are not on this disk; or a policy blurs, and what it blurs is not.
    """
    reader = reader or ShardReader([layout.raw(source) for source in params.sources])
    return ShownPictures(reader, blurred_boxes(params))


def blurred_boxes(params: Params) -> dict[str, str]:
    """image_id -> boxes of the pictures that nobody is shown but with these blurred, as of the last `clean`.

    Raises:
        UnavailableError: as `shown`.
    """
    is_blurring = BLUR in (params.persons.policy, *params.persons.policies.values())
    if not is_blurring and not layout.BLURRED.exists():
        return {}
    return dict(tables.read(layout.BLURRED, BLURRED).iter_rows())
