"""Stripping takes time in proportion to the bytes, whatever they are; a file of too many parts gives nothing back."""

import random
import struct
import tracemalloc
from collections.abc import Callable

import pytest

from silverprint.imaging.metadata import strip, strip_pieces
from tests.helpers.clock import within
from tests.helpers.web_pictures import encoded

MEGABYTE = 1_000_000
SECONDS_PER_MEGABYTE = 0.25  # of the processor, on a machine as slow as any; 10 to 20 times what it takes
JPEG, SCAN = encoded(1), encoded(1).index(b"\xff\xda")


def jpeg_head(filler: bytes) -> Callable[[int], bytes]:
    return lambda size: JPEG[:2] + filler * (size // len(filler)) + JPEG[2:]


def jpeg_scan(filler: bytes) -> Callable[[int], bytes]:
    return lambda size: JPEG[:-2] + filler * (size // len(filler)) + JPEG[-2:]


def png(kind: bytes, length: int) -> Callable[[int], bytes]:
    chunk = struct.pack(">I", length) + kind + bytes(length + 4)
    return lambda size: encoded(1, "PNG")[:33] + chunk * (size // len(chunk)) + encoded(1, "PNG")[33:]


def webp(kind: bytes, length: int, holder: bytes = b"") -> Callable[[int], bytes]:
    chunk = kind + struct.pack("<I", length) + bytes(length)

    def made(size: int) -> bytes:
        inside = chunk * (size // len(chunk))
        if holder:
            inside = holder + struct.pack("<I", len(inside) + 16) + bytes(16) + inside
        body = b"WEBP" + b"VP8X\x0a\0\0\0\x08" + bytes(9) + inside
        return b"RIFF" + struct.pack("<I", len(body)) + body

    return made


HOSTILE = {
    "scans": lambda size: JPEG[:SCAN] + b"\xff\xda\0\2" * (size // 4) + JPEG[SCAN:],
    "a few scans of few bytes, then all": lambda size: (
        JPEG[:SCAN] + b"\xff\xda\0\2" * 2_000 + JPEG[SCAN:] + bytes(size)
    ),
    "APP1 of four bytes": jpeg_head(b"\xff\xe1\0\4\1\x12"),
    "APP1 of no bytes": jpeg_head(b"\xff\xe1\0\2"),
    "large EXIF": jpeg_head(b"\xff\xe1\xff\xffExif\0\0II*\0" + bytes(65_523)),
    "comments": jpeg_head(b"\xff\xfe\0\3x"),
    "fill bytes": jpeg_head(b"\xff"),
    "stuffing between segments": jpeg_head(b"\xff\0"),
    "zeros between segments": jpeg_head(b"\0"),
    "restarts between segments": jpeg_head(b"\xff\xd0"),
    "fill bytes in the scan": jpeg_scan(b"\xff"),
    "stuffing in the scan": jpeg_scan(b"\xff\0"),
    "restarts in the scan": jpeg_scan(b"\xff\xd7"),
    "tEXt": png(b"tEXt", 3),
    "tEXt of no bytes": png(b"tEXt", 0),
    "zTXt": png(b"zTXt", 1_000),
    "iTXt": png(b"iTXt", 40),
    "eXIf": png(b"eXIf", 26),
    "IDAT of no bytes": png(b"IDAT", 0),
    "unknown chunks": png(b"ruSt", 0),
    "EXIF chunks": webp(b"EXIF", 0),
    "XMP chunks": webp(b"XMP ", 2),
    "pictures": webp(b"VP8 ", 0),
    "frames": webp(b"ANMF", 0),
    "chunks in a frame": webp(b"EXIF", 0, holder=b"ANMF"),
    "pictures in a frame": webp(b"ALPH", 0, holder=b"ANMF"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_time_is_in_proportion_to_the_bytes(kind: str) -> None:
    data = HOSTILE[kind](MEGABYTE)
    once = within(SECONDS_PER_MEGABYTE, lambda: strip(data))
    assert strip(once) == once


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["scans", "fill bytes in the scan", "IDAT of no bytes", "pictures in a frame"])
def test_memory_is_in_proportion_to_the_bytes(kind: str) -> None:
    data = HOSTILE[kind](MEGABYTE // 4)
    tracemalloc.start()
    try:
        strip_pieces(data)
        assert tracemalloc.get_traced_memory()[1] < 25 * len(data)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "kind", ["scans", "APP1 of four bytes", "tEXt of no bytes", "EXIF chunks", "frames", "chunks in a frame"]
)
def test_too_many_parts_give_nothing_back(kind: str) -> None:
    assert strip_pieces(HOSTILE[kind](MEGABYTE)) == []


@pytest.mark.slow
def test_what_cameras_and_programs_write_is_far_from_too_much() -> None:
    profile = (b"\xff\xe2\xff\xffICC_PROFILE\0" + bytes(65_521)) * 255
    metadata = (b"\xff\xe1\xff\xffhttp://ns.adobe.com/xmp/extension/\0" + bytes(65_498)) * 300
    assert strip(JPEG[:2] + profile + metadata + JPEG[2:]) == JPEG[:20] + profile + JPEG[20:]
    many = encoded(1, "PNG")
    split = b"".join(struct.pack(">I", 1) + b"IDAT" + bytes(5) for _ in range(30_000))
    assert strip(many[:33] + split + many[33:]) == many[:33] + split + many[33:]


def test_a_megabyte_of_noise_after_any_start_is_survived() -> None:
    chance = random.Random(5)
    for start in (JPEG[:2] + b"\xff", JPEG[: SCAN + 14], encoded(1, "PNG")[:8], encoded(1, "WEBP")[:12]):
        data = start + chance.randbytes(MEGABYTE)
        once = strip(data)
        assert strip(once) == once
