"""The orientation out of EXIF's bytes: as Pillow reads it, and never an exception, nor long."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from silverprint.imaging.metadata.exif_orientation import EXIF_HEADER, only_orientation, read_orientation
from tests.helpers.clock import within
from tests.helpers.web_pictures import exif

WORDS = st.integers(0, 65_535)


def directory(order: str, entries: list[tuple[int, int, int, int]]) -> bytes:
    """A TIFF structure of one directory of (tag, kind, count, value as SHORT)."""
    packed = b"".join(struct.pack(f"{order}HHIHH", *entry, 0) for entry in entries)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IH", 8, len(entries)) + packed + bytes(4)


@given(st.sampled_from("<>"), st.lists(st.tuples(WORDS, WORDS), max_size=8), st.integers(0, 65_535), st.booleans())
def test_it_is_read_as_pillow_reads_it(order: str, others: list[tuple[int, int]], value: int, headed: bool) -> None:
    entries = [(tag, 3, 1, number) for tag, number in others if tag != 0x0112]
    data = directory(order, [*entries, (0x0112, 3, 1, value)])
    tags = Image.Exif()
    tags.load(EXIF_HEADER + data)
    assert tags[0x0112] == value
    assert read_orientation(EXIF_HEADER * headed + data) == (value if 1 <= value <= 8 else 1)


@pytest.mark.parametrize("turn", range(2, 9))
def test_what_is_written_is_read(turn: int) -> None:
    assert read_orientation(only_orientation(turn)) == turn


@given(st.binary(max_size=200), st.sampled_from([b"", b"II*\0", b"MM\0*", EXIF_HEADER + b"II*\0"]))
def test_no_bytes_make_it_fail(noise: bytes, start: bytes) -> None:
    assert 1 <= read_orientation(start + noise) <= 8


@given(st.integers(0, 200))
def test_what_is_cut_off_is_upright_or_as_it_was(length: int) -> None:
    assert read_orientation(exif(6).tobytes()[:length]) in {1, 6}


def test_several_values_or_another_kind_are_none() -> None:
    assert read_orientation(directory("<", [(0x0112, 3, 2, 6)])) == 1
    assert read_orientation(directory("<", [(0x0112, 2, 1, 6)])) == 1
    assert read_orientation(directory("<", [(0x0112, 4, 1, 6)])) == 6
    assert read_orientation(directory("<", [(0x0112, 3, 1, 3), (0x0112, 3, 1, 8)])) == 8


def test_only_one_directory_is_read() -> None:
    data = directory("<", [(0x0112, 3, 1, 6)] * 65_535) + bytes(20_000_000)
    assert within(0.5, lambda: read_orientation(data)) == 6
