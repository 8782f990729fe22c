"""Decoding to upright grey levels, only as large as figures and perceptual hashes need: the one decode of `measure`.

A JPEG's cosine transform gives the reduced picture directly (a half-scale decode skips three quarters of it), while
every byte of it is still read: what is cut off is found.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silverprint.core.measures import gray_levels
from silverprint.imaging.decode import rgb
from silverprint.imaging.jpeg import decode_jpeg
from silverprint.imaging.open_image import MAX_PIXELS, open_image
from silverprint.imaging.orientation import orientation, upright
from silverprint.imaging.sniff import sniff


@dataclass(frozen=True, slots=True)
class Gray:
    """One picture in grey.

    Attributes:
        levels: (h, w) uint8, luma (ITU-R BT.601), upright, the first frame; its longer side is the picture's own, or
            at least `gray_levels.SCORING_SIDE` pixels.
        width, height: of the whole upright picture, pixels.
        mode: Pillow's name of the colours as stored.
        frames: more than 1 is an animation (or several pages).
    """

    levels: NDArray[np.uint8]
    width: int
    height: int
    mode: str
    frames: int


def decode_gray(data: bytes, max_pixels: int = MAX_PIXELS) -> Gray:
    """The first frame of `data` in grey.

    Raises:
        Undecodable: as `decode` does, for the same files.
    """
    jpeg = decode_jpeg(data, "GRAY", max_pixels, gray_levels.SCORING_SIDE) if sniff(data) == "jpeg" else None
    if jpeg is not None:
        return _upright(jpeg.pixels[:, :, 0], (jpeg.width, jpeg.height), jpeg.turn, jpeg.mode, 1)
    with open_image(data, max_pixels) as file:
        levels = gray_levels.to_gray(rgb(file))
        turn = orientation(file.picture)
        height, width = levels.shape
        return _upright(levels, (width, height), turn, file.mode, file.frames)


def _upright(levels: NDArray[np.uint8], size: tuple[int, int], turn: int, mode: str, frames: int) -> Gray:
    width, height = size if turn < 5 else size[::-1]
    return Gray(np.ascontiguousarray(upright(levels, turn)), width, height, mode, frames)
