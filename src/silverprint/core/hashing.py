"""Hashes of pictures: perceptual ones that survive resizing and re-compression, and an exact one of the pixels."""

import hashlib
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64]
Words = NDArray[np.uint64]

# hash bits -> (side of the reduced picture, side of its low-frequency block)
_SIDES = {64: (32, 8), 256: (64, 16)}

# Coefficients closer than this are equal: rounding noise must not decide a bit, least of all in a blank picture.
_DECIMALS = 3


def phash(gray: Gray, bits: Literal[64, 256] = 64) -> Words:
    """The perceptual hash: low frequencies of the cosine transform against their median.

    C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.3; 256 bits take a
    16x16 block of a 64x64 reduction in place of 8x8 of 32x32.

    Args:
        gray: (H, W) grey levels, 0..255, any size from 1x1.

    Returns:
        (1,) or (4,) words. Copies differ in few bits, unrelated pictures in about half of them.
    """
    side, block = _SIDES[bits]
    height, width = gray.shape
    rows, columns = _reduced_dct(height, side, block), _reduced_dct(width, side, block)
    spectrum = np.round(rows @ gray.astype(np.float64) @ columns.T, _DECIMALS)
    above = (spectrum > np.median(spectrum)).ravel()
    return np.packbits(above, bitorder="little").view(np.dtype("<u8")).astype(np.uint64)


def hamming(left: Words, right: Words) -> NDArray[np.int64]:
    """Differing bits of (..., W) words, broadcast over the leading axes: (...)."""
    return np.asarray(np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int64))


def pixel_sha256(pixels: NDArray[np.uint8]) -> str:
    """Of (H, W, 3) pixels and their size: equal exactly where two pictures look the same in every pixel."""
    digest = hashlib.sha256(f"{pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


@lru_cache(maxsize=512)
def _reduced_dct(length: int, side: int, block: int) -> NDArray[np.float64]:
    """(block, length): averages `length` pixels over `side` boxes, then takes the first `block` cosine coefficients."""
    return np.asarray(_dct(side)[:block] @ _boxes(length, side))


def _dct(side: int) -> NDArray[np.float64]:
    frequency, position = np.arange(side)[:, None], np.arange(side)[None, :]
    matrix = np.sqrt(2 / side) * np.cos(np.pi * frequency * (2 * position + 1) / (2 * side))
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix)


def _boxes(length: int, side: int) -> NDArray[np.float64]:
    """(side, length): each pixel's share in `side` equal boxes laid over `length` pixels; rows sum to 1."""
    edges = np.linspace(0, length, side + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(length)[None, :]
    overlap = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None)
    return np.asarray(overlap / (high - low))
