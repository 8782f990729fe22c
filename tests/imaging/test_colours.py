"""Colours are shown, measured and embedded as a browser shows them: in sRGB, whatever profile the file came with."""

import random
import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image

from silverprint.core.measures import gray_levels
from silverprint.imaging.colour import icc_transform
from silverprint.imaging.decode import decode
from silverprint.imaging.decode_gray import decode_gray
from silverprint.imaging.metadata import strip
from silverprint.imaging.metadata.strip_png import chunk
from tests.helpers import icc_profiles as icc
from tests.helpers.clock import within
from tests.helpers.web_pictures import encoded, exif

PHOTO = Image.fromarray(load_sample_image("china.jpg")).resize((320, 212))
SWAPPED = icc.of(icc.SWAPPED)
INKS = icc.table(b"CMYK", 4, lambda inks: np.clip((1 - inks[:, :3] ** 2) * (1 - inks[:, 3:]), 0, 1))


def saved(form: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = BytesIO()
    PHOTO.convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


def difference(data: bytes, expected: np.ndarray) -> float:
    """Mean difference from `expected`, of colours and of grey, whichever is larger."""
    in_grey = decode_gray(data).levels
    whole = gray_levels.shrink(gray_levels.to_gray(expected), max(in_grey.shape))
    return max(
        float(np.abs(decode(data).pixels.astype(int) - expected).mean()),
        float(np.abs(in_grey.astype(int) - whole).mean()),
    )


def exchanged(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, :, [1, 0, 2]]


LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95}, "WEBP": {"quality": 95}}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["JPEG", "AVIF", "PNG", "TIFF", "WEBP"])
def test_a_profile_that_exchanges_red_and_green_is_followed(form: str) -> None:
    options = LOSSY.get(form, {})
    profile = icc.table(b"RGB ", 3, lambda rgb: rgb[:, [1, 0, 2]], 17)
    plain, told = saved(form, **options), saved(form, icc_profile=profile, **options)
    assert difference(told, exchanged(decode(plain).pixels)) < 2.5
    assert difference(strip(told), exchanged(decode(plain).pixels)) < 2.5  # the profile stays in the file


def test_a_profile_is_followed_where_the_picture_is_reduced_transparent_or_of_a_palette() -> None:
    plain = exchanged(decode(saved("JPEG", quality=95)).pixels)
    profile = icc.table(b"RGB ", 3, lambda rgb: rgb[:, [1, 0, 2]], 17)
    small = decode(saved("JPEG", quality=95, icc_profile=profile), shorter_side=50).pixels
    assert small.shape[0] < 212
    assert np.abs(small.mean(axis=(0, 1)) - plain.mean(axis=(0, 1))).max() < 2
    for mode in ("RGBA", "P"):
        found = decode(saved("PNG", mode, icc_profile=profile)).pixels
        assert np.abs(found.astype(int) - exchanged(decode(saved("PNG", mode)).pixels)).mean() < 2


def test_greys_and_inks_are_of_their_profiles() -> None:
    linear = icc.of(gamma=1.0, is_gray=True)
    levels = np.asarray(PHOTO.convert("L")) / 255
    shown = np.where(levels <= 0.0031308, 12.92 * levels, 1.055 * levels ** (1 / 2.4) - 0.055) * 255
    for form, options in (("PNG", {}), ("JPEG", {"quality": 98}), ("TIFF", {})):
        found = decode(saved(form, "L", icc_profile=linear, **options)).pixels
        assert np.abs(found - shown[:, :, None]).mean() < 2
    inks = np.asarray(PHOTO.convert("CMYK")) / 255
    shown = np.clip((1 - inks[:, :, :3] ** 2) * (1 - inks[:, :, 3:]), 0, 1) * 255
    for form, options in (("TIFF", {}), ("JPEG", {"quality": 98})):
        assert np.abs(decode(saved(form, "CMYK", icc_profile=INKS, **options)).pixels - shown).mean() < 4


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("profile", ["of other colours", "sRGB", "broken", "too large"])
def test_a_profile_that_says_nothing_changes_nothing(mode: str, profile: str) -> None:
    other = {"RGB": icc.of(is_gray=True), "L": SWAPPED, "CMYK": SWAPPED}[mode]
    told = {
        "of other colours": other,
        "sRGB": icc.standard(),
        "broken": SWAPPED[:200],
        "too large": SWAPPED + bytes(icc_transform.MOST_BYTES),
    }[profile]
    for form in ("JPEG", "TIFF"):
        assert np.array_equal(decode(saved(form, mode, icc_profile=told)).pixels, decode(saved(form, mode)).pixels)


def test_srgb_by_another_name_is_known() -> None:
    assert not icc_transform.changes_colours(icc.standard(), "RGB")
    assert icc_transform.changes_colours(SWAPPED, "RGB")
    assert icc_transform.changes_colours(icc.of(icc.SRGB, 1.8), "RGB")


def test_an_icc_profile_in_pieces_must_be_whole() -> None:
    profile = icc.table(b"RGB ", 3, lambda rgb: rgb[:, [1, 0, 2]], 33)  # of more than one segment
    data = saved("JPEG", icc_profile=profile)
    first = data.index(b"ICC_PROFILE\0\1\2")
    size = int.from_bytes(data[first - 2 : first])
    lacking = data[: first - 4] + data[first - 2 + size :]
    assert np.array_equal(decode(lacking).pixels, decode(saved("JPEG")).pixels)
    assert not np.array_equal(decode(data).pixels, decode(saved("JPEG")).pixels)


@pytest.mark.slow
@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_hostile_profile_costs_little_and_raises_nothing(seed: int) -> None:
    chance = random.Random(seed)
    mode, profile = chance.choice([("RGB", SWAPPED), ("CMYK", INKS), ("L", icc.of(is_gray=True))])
    work = bytearray(profile)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(128, min(len(work), 400)) if chance.random() < 0.8 else chance.randrange(len(work))
        work[at : at + 4] = chance.choice(
            [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"mft2", b"curv", b"mpet"]
        )
    pixels = np.zeros((4, 4, len(mode)) if mode != "L" else (4, 4), np.uint8)
    sent = bytes(work[: chance.choice([len(work), chance.randrange(len(work))])])
    found = within(1, lambda: icc_transform.to_srgb(pixels, sent, mode))
    assert found is None or found.shape == (4, 4, 3)


def test_chains_of_any_length_are_not_followed() -> None:
    chain = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, 100_000)
    assert not icc_transform.changes_colours(icc.packed(b"RGB ", b"XYZ ", [(b"D2B0", chain)]), "RGB")


def png(*words: bytes, mode: str = "RGB", **options: object) -> np.ndarray:
    data = encoded(5, "PNG", mode, **options)
    return decode(data[:33] + b"".join(words) + data[33:]).pixels


def test_pngs_own_words_are_ranked() -> None:
    plain, p3, linear = png(), chunk(b"cICP", bytes([12, 13, 0, 1])), chunk(b"gAMA", struct.pack(">I", 100_000))
    chroma = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 30000, 60000, 64000, 33000, 15000, 6000))
    assert np.array_equal(png(chunk(b"sRGB", b"\0"), linear, chroma), plain)
    assert np.array_equal(png(chroma), plain)
    assert np.array_equal(png(chunk(b"gAMA", struct.pack(">I", 45_455))), plain)
    assert np.array_equal(png(chunk(b"cICP", bytes([9, 16, 0, 1]))), plain)  # PQ: not followed
    assert np.array_equal(png(chunk(b"gAMA", bytes(4)), chroma), plain)
    assert png(linear).mean() > plain.mean() + 20
    assert png(linear, mode="L").mean() > png(mode="L").mean() + 20
    assert not np.array_equal(png(p3), plain)
    assert np.array_equal(png(p3, linear, chunk(b"sRGB", b"\0")), png(p3))
    assert np.array_equal(png(linear, icc_profile=icc.standard()), plain)
    level = chunk(b"gAMA", struct.pack(">I", 45_455))
    assert np.abs(png(level, chroma).astype(int) - exchanged(plain)).mean() < 8  # a curve of 2.2 is not quite sRGB's


def test_xmp_and_text_turn_nothing() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    for form in ("JPEG", "WEBP", "AVIF", "TIFF"):
        data = encoded(5, form, **({"xmp": xmp} if form != "TIFF" else {"tiffinfo": {700: xmp}}))
        assert xmp in data
        assert decode(data).pixels.shape == decode(strip(data)).pixels.shape == (48, 64, 3)
        assert (decode_gray(data).width, decode_gray(data).height) == (64, 48)
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
    as_text = b"Raw profile type exif\0\nexif\n  %d\n%s" % (len(exif(6).tobytes()), exif(6).tobytes().hex().encode())
    data = encoded(5, "PNG")
    for word in (chunk(b"iTXt", text), chunk(b"tEXt", as_text)):
        for one in (data[:33] + word + data[33:], data[:-12] + word + data[-12:]):
            assert decode(one).pixels.shape == decode(strip(one)).pixels.shape == (48, 64, 3)
    both = encoded(5, "JPEG", exif=exif(8), xmp=xmp)
    assert np.array_equal(decode(both).pixels, decode(encoded(5, "JPEG", exif=exif(8))).pixels)
