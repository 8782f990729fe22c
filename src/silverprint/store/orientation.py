"""Which way up a picture is: EXIF tag 0x0112, as Pillow finds it (in EXIF or in XMP)."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TAG = 0x0112


def orientation(picture: Image.Image) -> int:
    """The EXIF orientation of an opened picture, 1 (upright) to 8; 1 where the tag is absent or makes no sense."""
    try:
        value = picture.getexif().get(_TAG, 1)
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
