"""Thumbnails of a campaign's images, by image_id."""

from collections.abc import Mapping

import polars as pl
from PIL import Image

from silverprint.adapters.plots.thumbnails import placeholder, thumbnail
from silverprint.imaging.decode import Undecodable, decode
from silverprint.store import ShardReader

BROKEN = "✕"


class Gallery:
    """Thumbnails of stored pictures; a sign stands in for one that is broken, not here, or not to be shown.

    Args:
        signs: image_id -> the sign to show instead of the picture.
    """

    def __init__(self, reader: ShardReader, signs: Mapping[str, str]) -> None:
        self._reader = reader
        self._signs = signs
        self._stored = set(reader.index().filter(pl.col("outcome") == "stored")["image_id"])

    def shows(self, image_id: str) -> bool:
        """Whether the picture may be shown and is here; it may still turn out to be broken."""
        return image_id not in self._signs and image_id in self._stored

    def thumbnail(self, image_id: str, side: int) -> Image.Image:
        if not self.shows(image_id):
            return placeholder(side, self._signs.get(image_id, BROKEN))
        [(_, data)] = self._reader.read([image_id])
        try:
            return thumbnail(decode(data, shorter_side=side).pixels, side)
        except Undecodable:
            return placeholder(side, BROKEN)
