"""Transparency: images composed on a white ground."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_VANISHED: Final = (
    4.0  # standard deviation of grey levels below which nothing is seen; as clean.min_contrast by default
)
_WHITE: Final = 255


def blend_on_white(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) RGB of `colours`, the same, under (H, W) `alpha` (0 is transparent), on white, as on a page.

    On black where the picture would vanish on white and does less so there: white drawings are seen.
    """
    if alpha.min(initial=_WHITE) == _WHITE:
        return colours
    white = _over(colours, alpha, _WHITE)
    if _contrast(white) >= _VANISHED:
        return white
    black = _over(colours, alpha, 0)
    return black if _contrast(black) > _contrast(white) else white


def _over(colours: NDArray[np.uint8], alpha: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """Rounded to the nearest level."""
    share = alpha[:, :, None].astype(np.uint16)
    mixed = colours * share + np.uint16(ground) * (_WHITE - share)  # the sum is at most 255 * 255
    return ((mixed + 127) // _WHITE).astype(np.uint8)


def _contrast(pixels: NDArray[np.uint8]) -> float:
    """Standard deviation of luma, 0 to 127.5."""
    deviation = cv2.meanStdDev(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))[1]
    return float(np.asarray(deviation).item())
