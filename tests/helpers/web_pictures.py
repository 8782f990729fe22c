"""Small pictures, each different, made by real encoders."""

from io import BytesIO

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    chance = np.random.default_rng(seed)
    small = chance.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def encoded(seed: int, form: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels(seed)).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


def exif(orientation: int | None = None) -> Image.Exif:
    """A camera's name, a place, and perhaps which way up."""
    tags = Image.Exif()
    tags[0x010F] = "ACME Camera"
    tags.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    if orientation is not None:
        tags[0x0112] = orientation
    return tags
