"""Hashes of images: perceptual ones that survive resizing and re-compression, and an exact one of the pixels."""

import hashlib
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64]
Words = NDArray[np.uint64]

SIDE: Final = 128  # pixels of a picture's longer side: more does not change its hash, and takes longer

_SIDE = 64  # side of the reduced picture, pixels
_BLOCKS = {64: 8, 256: 16}  # hash bits -> side of the block of low frequencies

# Coefficients are rounded to this: noise must not decide a bit, least of all in a blank picture.
_STEP = 0.1


def phash(gray: Gray, bits: Literal[64, 256] = 64) -> Words:
    """The perceptual hash: low frequencies of the cosine transform against their median.

    C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.3; the 8x8 lowest
    frequencies of a picture reduced to 64x64 (not 32x32) for 64 bits, the 16x16 lowest for 256.

    Args:
        gray: (H, W) grey levels, 0..255, any size from 1x1.

    Returns:
        (1,) or (4,) words. Copies differ in few bits, unrelated pictures in about half of them.
    """
    return phashes(gray, bits)[0]


def phashes(gray: Gray, *sizes: Literal[64, 256]) -> list[Words]:
    """`phash` in several sizes, for little more than the price of the largest."""
    height, width = gray.shape
    block = max(_BLOCKS[bits] for bits in sizes)
    rows, columns = _reduced_dct(height, block), _reduced_dct(width, block)
    spectrum = np.rint(rows @ gray.astype(np.float32) @ columns.T)
    return [_above_median(spectrum[: _BLOCKS[bits], : _BLOCKS[bits]].ravel()) for bits in sizes]


def _above_median(coefficients: NDArray[np.float32]) -> Words:
    middle = len(coefficients) // 2
    halves = np.partition(coefficients, (middle - 1, middle))  # several times faster than np.median
    above = coefficients > (halves[middle - 1] + halves[middle]) / 2
    return np.packbits(above, bitorder="little").view(np.dtype("<u8")).astype(np.uint64)


def hamming(left: Words, right: Words) -> NDArray[np.int64]:
    """Differing bits of (..., W) words, broadcast over the leading axes: (...)."""
    return np.asarray(np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int64))


def pixel_sha256(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 of (H, W, 3) pixels and their size: equal exactly where two images are the same in every pixel."""
    digest = hashlib.sha256(f"{pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


@lru_cache(maxsize=512)
def _reduced_dct(length: int, block: int) -> NDArray[np.float32]:
    """(block, length): averages `length` pixels over _SIDE boxes, then takes the first `block` cosine coefficients.

    Applied to both sides of a picture it gives the coefficients in units of _STEP.
    """
    frequency, position = np.arange(block)[:, None], np.arange(_SIDE)[None, :]
    matrix = np.sqrt(2 / _SIDE) * np.cos(np.pi * frequency * (2 * position + 1) / (2 * _SIDE))
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix @ _boxes(length, _SIDE) / np.sqrt(_STEP), dtype=np.float32)


def _boxes(length: int, side: int) -> NDArray[np.float64]:
    """(side, length): each pixel's share in `side` equal boxes laid over `length` pixels; rows sum to 1."""
    edges = np.linspace(0, length, side + 1)
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(length)[None, :]
    overlap = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None)
    return np.asarray(overlap / (high - low))
