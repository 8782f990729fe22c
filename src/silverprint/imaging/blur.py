"""Blurring of boxes in a picture: what was there cannot be had back, for next to nothing of it is kept."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Final

import cv2
import numpy as np
from PIL import Image

from silverprint.imaging.decode import Pixels, decode_stored

_CELLS: Final = 4  # a box becomes the colours of so many by so many parts of it
_MARGIN: Final = 0.25  # of its width and height, on each side: hair, ears and chin
_QUALITY: Final = 92


def written(boxes: Iterable[Sequence[float]]) -> str:
    """Boxes (left, top, right, bottom; shares of width and height) as records.FACES has them."""
    return " ".join(",".join(f"{share:.4f}" for share in box) for box in boxes)


def blurred(pixels: Pixels, boxes: str) -> Pixels:
    """`pixels` with what is in `boxes`, and a margin around each, blurred."""
    out = pixels.copy()
    height, width = pixels.shape[:2]
    for box in boxes.split(" "):
        left, top, right, bottom = map(float, box.split(","))
        aside, above = _MARGIN * (right - left), _MARGIN * (bottom - top)
        rows = slice(max(0, int((top - above) * height)), int(np.ceil((bottom + above) * height)))
        columns = slice(max(0, int((left - aside) * width)), int(np.ceil((right + aside) * width)))
        part = out[rows, columns]
        if part.size:
            few = cv2.resize(part, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
            out[rows, columns] = cv2.resize(few, part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return out


def blurred_jpeg(image_id: str, data: bytes, boxes: str) -> bytes:
    """A stored picture with `boxes` blurred, as a JPEG whose comment names it, so that a purge of it finds this one.

    Raises:
        DataError: it does not decode any more.
    """
    file = BytesIO()
    shown = Image.fromarray(blurred(decode_stored(image_id, data), boxes))
    shown.save(file, "JPEG", quality=_QUALITY, comment=f"faces blurred in {image_id}.jpg".encode())
    return file.getvalue()
