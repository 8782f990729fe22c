"""What Chromium or Pillow shows is taken, and what is cut off in the middle of its pixels is found all the same."""

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from silverprint.core.measures import gray_levels, image_quality
from silverprint.imaging.decode import Decoded, Undecodable, decode, sniff
from silverprint.imaging.decode_gray import decode_gray
from silverprint.imaging.metadata.strip_png import chunk
from tests.helpers.examples import fewer
from tests.helpers.web_pictures import encoded, pixels

CHINA = pixels(5, 96, 128)
PNG, BMP, AVIF, JPEG = (encoded(5, form) for form in ("PNG", "BMP", "AVIF", "JPEG"))


def taken(data: bytes) -> Decoded:
    """As `decode` has it; in grey it is the same picture."""
    found, gray = decode(data), decode_gray(data)
    assert (gray.height, gray.width, gray.frames) == (*found.pixels.shape[:2], found.frames)
    assert np.abs(gray.levels.astype(int) - gray_levels.to_gray(found.pixels)).mean() < 1.5
    return found


def reason(data: bytes) -> str:
    reasons = set()
    for decoder in (decode, decode_gray):
        with pytest.raises(Undecodable) as caught:
            decoder(data)
        reasons.add(caught.value.reason)
    [only] = reasons
    return only


def after_ihdr(*new: bytes) -> bytes:
    return PNG[:33] + b"".join(new) + PNG[33:]


def damaged(one: bytes) -> bytes:
    return one[:-1] + bytes([one[-1] ^ 1])


@pytest.mark.slow
@pytest.mark.parametrize("brand", [b"mif1", b"miaf", b"MA1B", b"msf1", b"xxxx"])
def test_avif_by_any_of_its_brands(brand: bytes) -> None:
    data = AVIF[:8] + brand + AVIF[12:]
    assert taken(data).format == "avif"
    assert np.array_equal(decode(data).pixels, decode(AVIF).pixels)


def test_brands_are_looked_for_in_their_own_box_alone() -> None:
    assert sniff(b"\0\0\0\x14ftypisom\0\0\0\0mp42avif") is None
    assert sniff(b"\xff\xff\xff\xffftypisom" + b"mp42" * 1000 + b"avif") is None
    assert sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic") == "heic"


PNG_FAULTS = {
    "gAMA": after_ihdr(damaged(chunk(b"gAMA", b"\0\0\xb1\x8f"))),
    "text": after_ihdr(damaged(chunk(b"tEXt", b"a\0b"))),
    "short pHYs": after_ihdr(chunk(b"pHYs", b"abc")),
    "text that unpacks to 80 MB": after_ihdr(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000)))),
    "no profile in iCCP": after_ihdr(chunk(b"iCCP", b"a\0\0junk")),
    "no IEND": PNG[:-12],
    "checksum of IEND": damaged(PNG),
    "what follows": PNG + b"PK\3\4" * 50,
    "APNG's control alone": after_ihdr(chunk(b"fcTL", bytes(26))),
}


@pytest.mark.parametrize("name", PNG_FAULTS)
def test_png_with_a_fault_beside_its_pixels(name: str) -> None:
    assert np.array_equal(taken(PNG_FAULTS[name]).pixels, decode(PNG).pixels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_png_of_which_only_the_checksum_of_all_rows_is_wrong(mode: str) -> None:
    data = encoded(5, "PNG", mode)
    at = data.index(b"IDAT") - 4
    size = int.from_bytes(data[at : at + 4])
    packed = bytearray(data[at + 8 : at + 8 + size])
    packed[-1] ^= 1
    tail = data[at + 12 + size :]
    assert np.array_equal(taken(data[:at] + chunk(b"IDAT", bytes(packed)) + tail).pixels, decode(data).pixels)
    assert reason(data[:at] + chunk(b"IDAT", bytes(packed[:-20])) + tail) == "truncated"


def test_apples_own_png_is_said_to_be_none() -> None:
    assert reason(PNG[:8] + chunk(b"CgBI", b"\x50\0\x20\2") + PNG[8:]) == "unsupported"


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_that_lacks_only_its_end(mode: str, missing: int, progressive: bool) -> None:
    data = encoded(5, mode=mode, progressive=progressive)
    found = taken(data[:-missing])
    assert np.abs(found.pixels.astype(int) - decode(data).pixels).mean() < 1
    assert found.mode == mode
    assert taken(data[:-2] + b"\r\n").mode == mode


@given(st.sampled_from(["RGB", "L", "CMYK"]), st.booleans(), st.integers(12, 4000))
@settings(max_examples=40, deadline=None)
def test_jpeg_that_is_cut_off_in_its_pixels(mode: str, progressive: bool, missing: int) -> None:
    data = encoded(5, mode=mode, progressive=progressive, quality=95)
    assert reason(data[: max(4, len(data) - missing)]) == "truncated"


def test_progressive_jpeg_cut_off_between_scans_is_cut_off() -> None:
    data = encoded(5, progressive=True)
    scans = [at for at in range(len(data) - 1) if data[at : at + 2] in {b"\xff\xda", b"\xff\xc4"}]
    for at in [at for at in scans if at > data.index(b"\xff\xda")]:
        assert reason(data[:at]) == "truncated"


def os2(header: bytes) -> bytes:
    rows = CHINA[::-1, :, ::-1].tobytes()
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 1, 2, offset) + header + rows


def test_bmp_of_os2_and_with_reserved_bytes() -> None:
    height, width = CHINA.shape[:2]
    full = struct.pack("<IIIHHIIIIII", 64, width, height, 1, 24, *[0] * 6) + bytes(24)
    first = os2(struct.pack("<IHHHH", 12, width, height, 1, 24))
    short = os2(struct.pack("<I", 16) + full[4:16])
    for data in (first, short, os2(full)):
        assert np.array_equal(taken(data).pixels, CHINA)
    assert np.array_equal(taken(BMP[:6] + b"abcd" + BMP[10:]).pixels, decode(BMP).pixels)
    assert sniff(b"BM, the letters, begin a line of text and no picture") is None


@pytest.mark.parametrize(
    ("form", "name", "options"),
    [
        ("TIFF", "tiff", {"big_tiff": True}),
        ("JPEG2000", "jp2", {"no_jp2": True}),
        ("ICO", "ico", {"sizes": [(64, 48)]}),
        ("ICO", "ico", {"sizes": [(64, 48)], "bitmap_format": "bmp"}),
        ("PPM", "pnm", {}),
        ("PCX", "pcx", {}),
        ("TGA", "tga", {}),
        ("SGI", "sgi", {}),
        ("DDS", "dds", {}),
    ],
)
def test_formats_of_other_programs(form: str, name: str, options: dict[str, object]) -> None:
    data = encoded(5, form, **options)
    found = taken(data)
    assert found.format == name
    assert np.abs(found.pixels.astype(int) - decode(PNG).pixels).mean() < 2


def test_a_cursor_is_an_icon_and_a_bomb_in_one_is_refused() -> None:
    icon = encoded(5, "ICO", sizes=[(64, 48)])
    assert np.array_equal(taken(icon[:2] + b"\2" + icon[3:]).pixels, decode(icon).pixels)
    inner = encoded(5, "PNG")
    bomb = inner[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 12_000, 12_000, 8, 2, 0, 0, 0)) + inner[33:]
    head = b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(bomb), 22)
    assert reason(head + bomb) == "too-many-pixels"


def pages(*kinds: int | None) -> bytes:
    """A TIFF of pages with these NewSubfileTypes; a reduced or masking one is half as large."""
    found = []
    for kind in kinds:
        picture = Image.fromarray(CHINA[:: 2 if kind else 1, :: 2 if kind else 1])
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        if kind is not None:
            tags[254] = kind
        picture.encoderinfo = {"tiffinfo": tags}
        found.append(picture)
    buffer = BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, True) as writer:
        for picture in found:
            picture.save(writer, "TIFF", tiffinfo=picture.encoderinfo["tiffinfo"])
            writer.newFrame()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kinds", "frames"),
    [
        ((None, 1), 1),
        ((0, 1), 1),
        ((0, 4), 1),
        ((0, 5, 4), 1),
        ((1, 0), 1),
        ((None, None), 2),
        ((0, 2), 2),
        ((2, 2, 2), 3),
    ],
)
def test_a_tiffs_second_page_may_be_beside_the_picture(kinds: tuple[int | None, ...], frames: int) -> None:
    kinds = tuple(None if kind == 2 else kind for kind in kinds)
    found = taken(pages(*kinds))
    assert found.frames == frames
    assert np.array_equal(found.pixels, CHINA)


def deep(bits: int, form: str, channels: int) -> bytes:
    samples = CHINA.astype(np.uint16) << (bits - 8)
    if channels == 1:
        buffer = BytesIO()
        Image.fromarray(np.ascontiguousarray(samples[:, :, 0])).save(buffer, form.upper())
        return buffer.getvalue()
    opaque = np.full((*samples.shape[:2], 1), 65535, np.uint16)
    return cv2.imencode(f".{form}", np.dstack([samples[:, :, ::-1], opaque])[:, :, :channels])[1].tobytes()


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("form", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_samples_of_fewer_bits_than_their_container_are_seen(bits: int, form: str, channels: int) -> None:
    expected = CHINA if channels > 1 else np.repeat(CHINA[:, :, :1], 3, axis=2)
    assert np.array_equal(taken(deep(bits, form, channels)).pixels, expected)


def test_a_graymap_of_sixteen_bits() -> None:
    rows = (CHINA[:, :, 0].astype(">u2") << 8).tobytes()
    data = b"P5 %d %d 65535\n" % (CHINA.shape[1], CHINA.shape[0]) + rows
    assert np.array_equal(taken(data).pixels[:, :, 0], CHINA[:, :, 0])


def drawing(level: int, share: float) -> bytes:
    """A bar of one grey level on transparent ground; under the ground the same level."""
    alpha = np.zeros((60, 80), np.uint8)
    alpha[: round(60 * share)] = 255
    buffer = BytesIO()
    Image.fromarray(np.dstack([np.full((60, 80), level, np.uint8), alpha])).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.slow
@given(st.integers(0, 255), st.floats(0.05, 0.95))
@fewer(2)
def test_a_drawing_on_transparent_ground_is_seen(level: int, share: float) -> None:
    found = taken(drawing(level, share)).pixels
    assert image_quality.figures_of(gray_levels.to_gray(found)).contrast >= 4
    on_white = (255 - level) * np.sqrt(round(60 * share) / 60 * (1 - round(60 * share) / 60))
    if on_white > 4.1:
        assert found[-1, -1, 0] == 255  # as on a page, wherever it is seen there


def test_what_is_opaque_or_empty_stays_as_it_is() -> None:
    assert (taken(drawing(255, 1)).pixels == 255).all()
    assert (taken(drawing(255, 0)).pixels == 255).all()


def test_old_gifs_ends_and_what_follows() -> None:
    data = encoded(5, "GIF")
    for one in (data[:-1], data[:-2], data + b"junk" * 9):
        assert np.array_equal(taken(one).pixels, decode(data).pixels)
    assert reason(data[:-60]) == "truncated"
