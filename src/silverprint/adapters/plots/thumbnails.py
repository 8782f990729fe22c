"""Small square thumbnails of a campaign's images, and placeholders for those that cannot or must not be shown."""

import base64
from collections.abc import Mapping
from io import BytesIO

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from silverprint.adapters.plots import drawing
from silverprint.adapters.plots.drawing import font
from silverprint.imaging.decode import Undecodable, decode
from silverprint.store.shown_pictures import ShownPictures

BROKEN = "✕"

_MAX_ENLARGED = 4  # factor; a tracker of 1 pixel stays a speck


def thumbnail(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    """The whole of an (H, W, 3) RGB picture on a square of `side` pixels; its proportions stay."""
    height, width = pixels.shape[:2]
    scale = min(side / max(height, width), _MAX_ENLARGED)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    square = Image.new("RGB", (side, side), drawing.SHADE)
    square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square


def placeholder(side: int, sign: str) -> Image.Image:
    """A grey square with a sign in it."""
    square = Image.new("RGB", (side, side), drawing.SHADE)
    draw = ImageDraw.Draw(square)
    draw.rectangle((0, 0, side - 1, side - 1), outline=drawing.LINE)
    draw.text((side / 2, side / 2), sign, fill=drawing.MUTED, font=font(side * 0.36), anchor="mm")
    return square


def data_uri(image: Image.Image) -> str:
    """The picture as a JPEG inside an address, so that a page needs no other file."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=82, subsampling=2)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


class Gallery:
    """Thumbnails of stored pictures; a sign stands in for one that is broken, not here, or not to be shown.

    Args:
        signs: image_id -> the sign to show instead of the picture.

    Attributes:
        shown: image_ids of the pictures that were shown so far.
    """

    def __init__(self, reader: ShownPictures, signs: Mapping[str, str]) -> None:
        self._reader = reader
        self._signs = signs
        self.shown: set[str] = set()
        self._stored = set(reader.index().filter(pl.col("outcome") == "stored")["image_id"])

    def shows(self, image_id: str) -> bool:
        """Whether the picture may be shown and is here; it may still turn out to be broken."""
        return image_id not in self._signs and image_id in self._stored

    def thumbnail(self, image_id: str, side: int) -> Image.Image:
        if not self.shows(image_id):
            return placeholder(side, self._signs.get(image_id, BROKEN))
        [(_, data)] = self._reader.read([image_id])
        try:
            small = thumbnail(decode(data, shorter_side=side).pixels, side)
        except Undecodable:
            return placeholder(side, BROKEN)
        self.shown.add(image_id)
        return small
