"""Perceptual hashes against the defining formula, against transformations of real photographs, and in odd shapes."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.fft import dctn
from sklearn.datasets import load_sample_image

from silverprint.core import hashing
from silverprint.core.measures import gray_levels

PHOTOS = {name: load_sample_image(name) for name in ("china.jpg", "flower.jpg")}


def _hash(picture: Image.Image, bits: int) -> np.ndarray:
    return hashing.phash(gray_levels.to_gray(np.asarray(picture.convert("RGB"))), bits)


def _recompressed(picture: Image.Image, percent: int) -> Image.Image:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=percent)
    return Image.open(buffer)


@pytest.mark.parametrize(("bits", "side", "block"), [(64, 64, 8), (256, 64, 16)])
def test_is_the_low_frequencies_against_their_median(bits, side, block):
    gray = gray_levels.to_gray(PHOTOS["china.jpg"])[: 6 * side, : 8 * side]
    reduced = gray.reshape(side, 6, side, 8).mean(axis=(1, 3))
    spectrum = dctn(reduced, norm="ortho")[:block, :block]
    expected = np.packbits((spectrum > np.median(spectrum)).ravel(), bitorder="little").view("<u8")
    assert hashing.phash(gray, bits).tolist() == expected.tolist()


@pytest.mark.parametrize("bits", [64, 256])
@pytest.mark.parametrize("photo", PHOTOS)
def test_copies_are_near_and_other_pictures_far(photo, bits):
    picture = Image.fromarray(PHOTOS[photo])
    itself = _hash(picture, bits)
    copies = [picture.resize((320, 213)), picture.resize((900, 600)), _recompressed(picture, 40)]
    assert max(hashing.hamming(itself, _hash(copy, bits)) for copy in copies) <= bits // 16
    for name, other in PHOTOS.items():
        if name != photo:
            assert hashing.hamming(itself, _hash(Image.fromarray(other), bits)) > bits // 4


@pytest.mark.parametrize("bits", [64, 256])
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    level=st.integers(0, 255),
)
def test_any_size_has_a_hash_and_blank_pictures_agree(bits, height, width, level):
    words = hashing.phash(np.full((height, width), level, dtype=np.uint8), bits)
    assert words.dtype == np.uint64
    assert words.shape == (bits // 64,)
    assert int(np.bitwise_count(words).sum()) <= 1


def test_hamming_counts_bits_over_words_and_broadcasts():
    one = np.array([[0, 1], [2**64 - 1, 0]], dtype=np.uint64)
    assert hashing.hamming(one[0], one[1]) == 65
    assert hashing.hamming(one[:, None], one[None]).tolist() == [[0, 65], [65, 0]]


def test_pixel_hash_sees_every_pixel_and_the_shape():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert hashing.pixel_sha256(pixels) == hashing.pixel_sha256(np.asfortranarray(pixels))
    assert hashing.pixel_sha256(pixels) != hashing.pixel_sha256(pixels.reshape(4, 2, 3))
    changed = pixels.copy()
    changed[1, 3, 2] ^= 1
    assert hashing.pixel_sha256(pixels) != hashing.pixel_sha256(changed)
