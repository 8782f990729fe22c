"""Decoding: agrees with Pillow where a file is good, and has a reason where it is bad."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from silverprint.imaging.decode import Undecodable, decode, encode_jpeg, sniff
from tests.helpers.web_pictures import encoded, exif, pixels

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")


def by_pillow(data: bytes) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(data))).convert("RGB"))


def reason(data: bytes, **options: int) -> str:
    with pytest.raises(Undecodable) as caught:
        decode(data, **options)
    return caught.value.reason


GOOD = {
    "baseline": encoded(1),
    "progressive": encoded(1, progressive=True),
    "full colour": encoded(1, subsampling=0, quality=98),
    "grey": encoded(1, mode="L"),
    "cmyk": encoded(1, mode="CMYK"),
    "png": encoded(1, "PNG"),
    "grey png": encoded(1, "PNG", mode="L"),
    "bilevel": encoded(1, "PNG", mode="1"),
    "palette": encoded(1, "PNG", mode="P"),
    "bmp": encoded(1, "BMP"),
    "tiff": encoded(1, "TIFF"),
    "webp": encoded(1, "WEBP"),
    "gif": encoded(1, "GIF"),
    "jp2": encoded(1, "JPEG2000"),
    "avif": encoded(1, "AVIF"),
}


@pytest.mark.parametrize("name", GOOD)
def test_agrees_with_pillow(name: str) -> None:
    found = decode(GOOD[name])
    assert found.pixels.dtype == np.uint8
    assert found.pixels.flags.c_contiguous
    assert found.frames == 1
    assert found.mode == Image.open(BytesIO(GOOD[name])).mode
    assert np.array_equal(found.pixels, by_pillow(GOOD[name]))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_comes_out_upright(turn: int, form: str) -> None:
    data = encoded(2, form, exif=exif(turn))
    assert np.array_equal(decode(data).pixels, by_pillow(data))
    assert decode(data).pixels.shape == ((64, 48, 3) if turn > 4 else (48, 64, 3))


@pytest.mark.parametrize("tag", [0, 9, 65535])
def test_an_orientation_without_sense_is_none(tag: int) -> None:
    assert np.array_equal(decode(encoded(2, exif=exif(tag))).pixels, decode(encoded(2)).pixels)


def test_broken_exif_does_not_condemn_the_pixels() -> None:
    data = encoded(2, exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"junk" * 9)
    assert np.array_equal(decode(data).pixels, decode(encoded(2)).pixels)


def test_transparency_is_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    half = Image.new("LA", (4, 4), (0, 128))
    for picture, white in ((clear, 255), (half, 127)):
        buffer = BytesIO()
        picture.save(buffer, "PNG")
        assert set(decode(buffer.getvalue()).pixels.ravel().tolist()) == {white}


def test_what_uses_sixteen_bits_keeps_their_upper_eight() -> None:
    grey = np.arange(0, 65536, 1024, dtype=np.uint16).reshape(8, 8)
    buffer = BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    assert np.array_equal(decode(buffer.getvalue()).pixels[:, :, 0], grey >> 8)


def test_an_animation_gives_its_first_frame_and_their_number() -> None:
    frames = [Image.fromarray(pixels(number)).convert("P") for number in range(3)]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    found = decode(buffer.getvalue())
    assert found.frames == 3
    assert np.array_equal(found.pixels, np.asarray(frames[0].convert("RGB")))


@given(st.integers(100, 400), st.integers(100, 400), st.integers(8, 64), st.integers(1, 8))
@settings(max_examples=15)
def test_a_reduced_decode_is_upright_and_no_smaller_than_asked(height: int, width: int, side: int, turn: int) -> None:
    buffer = BytesIO()
    Image.fromarray(pixels(4, height, width)).save(buffer, "JPEG", quality=95, exif=exif(turn))
    whole, reduced = decode(buffer.getvalue()).pixels, decode(buffer.getvalue(), shorter_side=side).pixels
    shorter = min(reduced.shape[:2])
    assert shorter == min(whole.shape[:2]) or side <= shorter
    assert shorter <= 2 * side or shorter <= min(whole.shape[:2]) // 8 + 1
    target = cv2.resize(whole, reduced.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.corrcoef(reduced.ravel(), target.ravel())[0, 1] > 0.9


def test_a_reduced_decode_finds_what_is_cut_off() -> None:
    assert reason(encoded(1)[:-300], shorter_side=8) == "truncated"


@pytest.mark.parametrize("name", ["png", "webp", "cmyk"])
def test_what_is_no_plain_jpeg_is_not_reduced(name: str) -> None:
    assert np.array_equal(decode(GOOD[name], shorter_side=8).pixels, decode(GOOD[name]).pixels)


def header_png(width: int, height: int) -> bytes:
    bodies = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(bytes(99)))
    chunks = (struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) for body in bodies)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_bad_files_have_their_reasons() -> None:
    assert reason(b"") == "empty"
    assert reason(b"<!doctype html><title>Sign in</title>") == "not-an-image"
    assert reason(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == "unsupported"
    assert reason(b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'x'> <!ENTITY b 'y'>]>\n<svg >") == "unsupported"
    assert reason(b"<!DOCTYPE svg [<!ENTITY a 'x'>]><html>") == "not-an-image"
    assert reason(b"\0" * 40) == "not-an-image"
    assert reason(encoded(1)[:-300]) == "truncated"
    assert reason(encoded(1, "PNG")[:-300]) == "truncated"
    assert reason(encoded(1)[:20]) == "truncated"
    assert reason(b"\x00\x00\x00\x18ftypheic" + bytes(40)) == "unsupported"
    assert reason(encoded(1, "TIFF", mode="F")) == "unsupported"


def test_a_bomb_is_refused_by_its_header() -> None:
    assert reason(header_png(30_000, 30_000)) == "too-many-pixels"
    assert reason(header_png(8_000, 8_000)) == "too-many-pixels"
    assert reason(encoded(1), max_pixels=48 * 64 - 1) == "too-many-pixels"
    assert decode(encoded(1), max_pixels=48 * 64).frames == 1
    canvas = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    frame = b",\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;"
    assert reason(canvas + frame) == "too-many-pixels"


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_damaged_file_decodes_or_has_a_reason(name: str, draw: st.DataObject) -> None:
    data = bytearray(GOOD[name])
    for at in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
        data[at] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    with suppress(Undecodable):  # and nothing else
        found = decode(bytes(data[:cut]), max_pixels=1_000_000)
        assert found.pixels.ndim == 3
        assert found.pixels.shape[2] == 3


@given(st.binary(max_size=60))
def test_sniffing_never_fails(data: bytes) -> None:
    names = "jpeg png gif webp bmp tiff avif heic jp2 jxl ico pnm pcx tga sgi psd qoi dds icns svg"
    assert sniff(data) in {None, *names.split()}


def test_a_serving_copy_is_a_jpeg_close_to_its_pixels() -> None:
    original = pixels(3, 120, 160)
    copy = encode_jpeg(original[::-1])
    assert sniff(copy) == "jpeg"
    assert copy == encode_jpeg(original[::-1])
    assert np.abs(decode(copy).pixels.astype(int) - original[::-1]).mean() < 4
