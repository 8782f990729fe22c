"""Small square thumbnails, and placeholders for images that cannot or must not be shown."""

import base64
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from silverprint.adapters.plots import palette
from silverprint.adapters.plots.text import font

_MAX_ENLARGED = 4  # factor; a tracker of 1 pixel stays a speck


def thumbnail(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    """The whole of an (H, W, 3) RGB picture on a square of `side` pixels; its proportions stay."""
    height, width = pixels.shape[:2]
    scale = min(side / max(height, width), _MAX_ENLARGED)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    square = Image.new("RGB", (side, side), palette.SHADE)
    square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square


def placeholder(side: int, sign: str) -> Image.Image:
    """A grey square with a sign in it."""
    square = Image.new("RGB", (side, side), palette.SHADE)
    draw = ImageDraw.Draw(square)
    draw.rectangle((0, 0, side - 1, side - 1), outline=palette.LINE)
    draw.text((side / 2, side / 2), sign, fill=palette.MUTED, font=font(side * 0.36), anchor="mm")
    return square


def data_uri(image: Image.Image) -> str:
    """The picture as a JPEG inside an address, so that a page needs no other file."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=82, subsampling=2)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
