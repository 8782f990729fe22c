"""Hashes of an image turned, mirrored or inverted, computed from its own hash without decoding.

A perceptual hash is a block of signs of a cosine transform (against a median that is close to 0). Mirroring a picture
changes the sign of each odd frequency along that axis, a quarter turn exchanges the axes, too, and inverting it changes
all signs but the mean's.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

WAYS: Final = ("quarter", "half", "mirrored", "inverted")  # a turn by 270 degrees is one by 90, seen from the other

_BLOCK: Final = 16  # frequencies of either axis
_CHUNK = 65_536
_ODD = np.arange(_BLOCK) % 2 == 1
_REST = np.ones((_BLOCK, _BLOCK), dtype=np.bool_)
_REST[0, 0] = False
_SIGNS: Final = {  # (down, along): which bits change
    "quarter": np.broadcast_to(_ODD[:, None], (_BLOCK, _BLOCK)),
    "half": _ODD[:, None] ^ _ODD[None, :],
    "mirrored": np.broadcast_to(_ODD[None, :], (_BLOCK, _BLOCK)),
    "inverted": _REST,
}


def turn_hashes(words: Words, way: str) -> Words:
    """(N, 4) 256-bit hashes of the pictures of (N, 4) `words` in one of WAYS, but for a few bits near the median."""
    found = np.empty_like(words)
    for start in range(0, len(words), _CHUNK):
        part = np.ascontiguousarray(words[start : start + _CHUNK].astype("<u8"))
        bits = np.unpackbits(part.view(np.uint8), axis=1, bitorder="little").reshape(-1, _BLOCK, _BLOCK)
        if way == "quarter":
            bits = bits.transpose(0, 2, 1)
        changed = (bits ^ _SIGNS[way]).reshape(len(part), -1)
        found[start : start + _CHUNK] = np.packbits(changed, axis=1, bitorder="little").view("<u8")
    return found


def turn_thumbnails(thumbnails: NDArray[np.uint8], way: str) -> NDArray[np.uint8]:
    """(N, S, S) grey levels in one of WAYS."""
    if way == "quarter":
        return np.rot90(thumbnails, 1, axes=(1, 2))
    if way == "half":
        return np.rot90(thumbnails, 2, axes=(1, 2))
    return thumbnails[:, :, ::-1] if way == "mirrored" else 255 - thumbnails
