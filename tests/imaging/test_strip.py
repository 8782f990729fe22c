"""Stripping: nothing personal is left, the pixels are the same, and twice is as good as once."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from silverprint.imaging.decode import decode
from silverprint.imaging.metadata import strip
from tests.helpers.web_pictures import encoded, exif, pixels

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>SECRET</rdf:RDF></x:xmpmeta>"
ICC = b"a profile" * 20
SECRETS = (b"SECRET", b"ACME")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


def jpeg(turn: int = 1, **options: object) -> bytes:
    data = encoded(1, exif=exif(turn), comment=b"SECRET", xmp=XMP, icc_profile=ICC, **options)
    photoshop = segment(0xED, b"Photoshop 3.0\0" + b"8BIMSECRET")
    preview = segment(0xE0, b"JFXX\0\x10SECRET")
    return data[:2] + photoshop + preview + segment(0xE2, b"MPF\0SECRET") + data[2:] + b"SECRET trailer"


def png(turn: int = 1) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SECRET")
    text.add_text("Comment", "SECRET" * 50, zip=True)
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add(b"tIME", bytes(7))
    text.add(b"caBX", b"SECRET")
    return encoded(1, "PNG", pnginfo=text, exif=exif(turn), icc_profile=ICC) + b"SECRET cropped part"


def webp(turn: int = 1, lossless: bool = False) -> bytes:
    data = encoded(1, "WEBP", exif=exif(turn), xmp=XMP, icc_profile=ICC, lossless=lossless)
    return data + b"SECRET"


MADE = {
    "jpeg": jpeg,
    "progressive jpeg": lambda turn: jpeg(turn, progressive=True),
    "restarted jpeg": lambda turn: jpeg(turn, restart_marker_blocks=2),
    "cmyk jpeg": lambda turn: jpeg(turn, mode="CMYK"),
    "grey jpeg": lambda turn: jpeg(turn, mode="L"),
    "png": png,
    "webp": webp,
    "lossless webp": lambda turn: webp(turn, lossless=True),
}


@pytest.mark.parametrize("turn", [1, 3, 6])
@pytest.mark.parametrize("kind", MADE)
def test_nothing_personal_is_left_and_the_pixels_are_the_same(kind: str, turn: int) -> None:
    data = MADE[kind](turn)
    stripped = strip(data)
    assert any(secret in data for secret in SECRETS)
    assert not any(secret in stripped for secret in SECRETS)
    assert np.array_equal(decode(stripped).pixels, decode(data).pixels)
    with Image.open(BytesIO(stripped)) as picture:
        picture.load()
        assert dict(picture.getexif()) == ({} if turn == 1 else {0x0112: turn})
        assert picture.info["icc_profile"] == ICC
        assert not {"xmp", "comment", "photoshop", "Author", "Comment", "XML:com.adobe.xmp"} & picture.info.keys()
    assert strip(stripped) == stripped


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_orientation_is_kept_as_the_only_tag(form: str, turn: int, order: str) -> None:
    tags = exif(turn)
    tags.endian = order
    data = encoded(1, form, exif=tags.tobytes())
    stripped = strip(data)
    assert b"ACME" in data
    assert b"ACME" not in stripped
    with Image.open(BytesIO(stripped)) as picture:
        picture.load()
        assert dict(picture.getexif()) == ({} if turn == 1 else {0x0112: turn})
    assert np.array_equal(decode(stripped).pixels, decode(data).pixels)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_that_only_xmp_knows_turns_nothing(form: str) -> None:
    said = b'<rdf:Description tiff:Orientation="8"/>'
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", said.decode())
    data = encoded(1, form, **({"pnginfo": text} if form == "PNG" else {"xmp": said}))
    assert said in data
    assert decode(data).pixels.shape == (48, 64, 3)
    assert b"rdf" not in strip(data)
    assert decode(strip(data)).pixels.shape == (48, 64, 3)


def test_exif_as_text_in_a_png_turns_nothing() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", "\nexif\n  20\n" + exif(6).tobytes().hex(), zip=True)
    assert decode(strip(encoded(1, "PNG", pnginfo=text))).pixels.shape == (48, 64, 3)


def test_the_first_exif_segment_counts_and_none_after_a_scan() -> None:
    data = encoded(1)
    later, first = segment(0xE1, exif(6).tobytes()), segment(0xE1, exif(3).tobytes())
    turned = strip(data[:2] + first + later + data[2:])
    assert Image.open(BytesIO(turned)).getexif()[0x0112] == 3
    assert strip(data[:-2] + later + data[-2:]) == data
    assert strip(data[:2] + segment(0xE1, b"Exif\0\0broken") + later + data[2:]) == data


def test_a_preview_inside_jfif_goes() -> None:
    data = encoded(1)
    assert data[2:4] == b"\xff\xe0"
    shown = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1" + b"\1\1" + b"abc") + data[20:]
    stripped = strip(b"\xff\xd8" + shown)
    assert b"abc" not in stripped[:40]
    assert np.array_equal(decode(stripped).pixels, decode(data).pixels)


@pytest.mark.parametrize("data", [encoded(1), encoded(1, "PNG"), encoded(1, "WEBP")], ids=["jpeg", "png", "webp"])
def test_a_clean_file_stays_as_it_is(data: bytes) -> None:
    assert strip(data) is data


def test_a_file_that_ends_too_early_keeps_its_scans_and_loses_its_place() -> None:
    data = jpeg()[:-300]
    stripped = strip(data)
    assert b"ACME" not in stripped
    assert data.endswith(stripped[-200:])


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"\xff\xd8", encoded(1)[:40], webp()[:-900], encoded(1, "PNG")[:-900]],
)
def test_a_damaged_file_without_metadata_comes_back_unchanged(data: bytes) -> None:
    assert strip(data) is data


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95])
def test_a_file_that_is_cut_off_keeps_nothing_personal(kind: str, share: float) -> None:
    data = MADE[kind](6)
    cut = strip(data[: int(len(data) * share)])
    assert not any(secret in cut for secret in SECRETS)
    assert strip(cut) == cut


def test_what_lies_between_segments_goes() -> None:
    data = encoded(1)
    odd = data[:20] + b"SECRET\xff\xff\xff\0SECRET\xff\xff" + data[20:]
    assert strip(odd) == data


@pytest.mark.parametrize(
    ("marker", "name"), [(0xE0, b"JFIF\0"), (0xE1, b"Exif\0\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe")]
)
def test_a_name_that_a_segment_is_too_short_for_is_not_its_own(marker: int, name: bytes) -> None:
    clean = encoded(1)
    for inside in range(len(name)):
        data = clean[:2] + segment(marker, name[:inside]) + name[inside:] + b"SECRET" + clean[2:]
        assert strip(data) == clean


def test_a_frame_of_a_webp_keeps_only_its_picture() -> None:
    frames = [Image.fromarray(pixels(number)) for number in range(3)]
    buffer = BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    data = buffer.getvalue()
    at = data.index(b"ANMF")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    hidden = b"XMP " + (6).to_bytes(4, "little") + b"SECRET"
    grown = b"ANMF" + (size + len(hidden)).to_bytes(4, "little") + data[at + 8 : at + 8 + size] + hidden
    odd = data[:at] + grown + data[at + 8 + size :]
    odd = odd[:4] + (len(odd) - 8).to_bytes(4, "little") + odd[8:]
    assert b"SECRET" in odd
    assert strip(odd) == data


@given(st.sampled_from(sorted(MADE)), st.data())
def test_any_damage_is_survived_and_stripping_is_idempotent(kind: str, draw: st.DataObject) -> None:
    data = bytearray(MADE[kind](6))
    for at in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=4)):
        data[at] = draw.draw(st.integers(0, 255))
    once = strip(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    assert strip(once) == once
