"""Orientation of an image: EXIF tag 0x0112, and that alone, as browsers have it."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TAG = 0x0112


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation of an opened picture, 1 (upright) to 8; 1 where the tag is absent or makes no sense.

    Not by Pillow's own getexif, which believes XMP and text as well. 1 for a TIFF, too: Pillow turns it as it loads it.
    """
    try:
        if picture.format == "PNG" and "exif" not in picture.info:
            picture.load()  # the tag may come after the pixels
        exif = Image.Exif()
        exif.load(picture.info.get("exif", b""))
        value = exif.get(_TAG, 1)
    except Exception:  # Pillow raises nearly every built-in exception on broken EXIF, which says nothing of the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """`pixels` (H, W, ...) turned as EXIF tag 0x0112 says (Exif 2.32, 4.6.4.A); a view."""
    if turn in {5, 6, 7, 8}:
        pixels = pixels.swapaxes(0, 1)
    if turn in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if turn in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return pixels
