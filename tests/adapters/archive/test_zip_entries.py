"""Everything hostile that a zip can hold: each entry is a row, the rest of the zip is taken, the disk is left alone."""

import bz2
import lzma
import random
import stat
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo
from zlib import crc32

import pytest

from silverprint.adapters.archive.entries import open_local
from silverprint.adapters.archive.zip_entries import zip_entries
from silverprint.errors import DataError
from tests.helpers.drops import memory, reasons, zipped
from tests.helpers.web_pictures import encoded

Taken: TypeAlias = Callable[[Path], None]

METHODS = {"stored": ZIP_STORED, "deflate": ZIP_DEFLATED, "bzip2": ZIP_BZIP2, "lzma": ZIP_LZMA}
GOOD = {"first.jpg": encoded(1), "last.jpg": encoded(3)}
CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def special(name: str, mode: int) -> ZipInfo:
    info = ZipInfo(name)
    info.external_attr = mode << 16
    return info


def spoilt(path: Path, method: int, spoil: Callable[[bytearray, ZipInfo, int], None]) -> Path:
    """A zip of three pictures, of which `spoil` gets at the second: the bytes, its info, where its packed bytes are."""
    zipped(path, {"first.jpg": encoded(1), "bad.jpg": encoded(2), "last.jpg": encoded(3)}, method)
    with ZipFile(path) as archive:
        info = archive.getinfo("bad.jpg")
    data = bytearray(path.read_bytes())
    spoil(data, info, info.header_offset + 30 + len("bad.jpg"))
    path.write_bytes(data)
    return path


def central(data: bytearray, name: bytes = b"bad.jpg") -> int:
    """Where the central directory describes the entry."""
    return data.rindex(name) - 46


def put(data: bytearray, at: int, value: int, size: int) -> None:
    data[at : at + size] = value.to_bytes(size, "little")


def both(at_local: int, at_central: int, value: int) -> Callable[[bytearray, ZipInfo, int], None]:
    """Two bytes of the local header and the same two of the central one."""

    def spoil(data: bytearray, info: ZipInfo, at: int) -> None:
        put(data, info.header_offset + at_local, value, 2)
        put(data, central(data) + at_central, value, 2)

    return spoil


def everywhere(data: bytearray, info: ZipInfo, at: int) -> None:
    data[at : at + info.compress_size] = b"\xa5" * info.compress_size


def half_way(data: bytearray, info: ZipInfo, at: int) -> None:
    data[at + info.compress_size // 2] ^= 0xFF


def checksum(data: bytearray, info: ZipInfo, at: int) -> None:
    put(data, central(data) + 16, info.CRC ^ 1, 4)


def cut_off(data: bytearray, info: ZipInfo, at: int) -> None:
    put(data, central(data) + 20, info.compress_size // 2, 4)


def states_less(data: bytearray, info: ZipInfo, at: int) -> None:
    put(data, central(data) + 24, 10, 4)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("spoil", [everywhere, half_way, checksum, cut_off, states_less])
def test_a_damaged_entry_is_a_row(
    taken: Taken, tmp_path: Path, method: int, spoil: Callable[[bytearray, ZipInfo, int], None]
) -> None:
    path = spoilt(tmp_path / "drop.zip", method, spoil)
    taken(path)
    stored = ("stored", None)
    assert reasons(path) == {"first.jpg": stored, "bad.jpg": ("failed", "unreadable"), "last.jpg": stored}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_whatever_the_packing_the_picture_comes_out(taken: Taken, tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "drop.zip", {**GOOD, "large.jpg": encoded(4) + random.Random(1).randbytes(40_000)}, method)
    taken(path)
    assert reasons(path) == {**dict.fromkeys(GOOD, ("stored", None)), "large.jpg": ("refused", "too-large")}
    assert [entry.read(30_000) for entry in zip_entries(open_local(path))][:2] == list(GOOD.values())


SIGNATURE_GONE: Callable[[bytearray, ZipInfo, int], None] = lambda data, info, at: put(data, info.header_offset, 0, 4)  # noqa: E731
OTHER_NAME: Callable[[bytearray, ZipInfo, int], None] = lambda data, info, at: put(data, at - 7, 0xFF, 1)  # noqa: E731


@pytest.mark.parametrize(
    ("spoil", "row"),
    [
        (both(8, 10, 93), ("failed", "unreadable")),  # Zstandard
        (both(8, 10, 9), ("failed", "unreadable")),  # Deflate64
        (both(6, 8, 0x1), ("refused", "encrypted")),
        (both(6, 8, 0x40), ("failed", "unreadable")),  # strong encryption
        (both(6, 8, 0x20), ("failed", "unreadable")),  # a patch
        (SIGNATURE_GONE, ("failed", "unreadable")),
        (OTHER_NAME, ("failed", "unreadable")),
        (lambda data, info, at: put(data, central(data) + 42, len(data) - 9, 4), ("failed", "unreadable")),
        (lambda data, info, at: put(data, central(data) + 42, 0, 4), ("failed", "unreadable")),  # over the first entry
    ],
)
def test_an_entry_of_an_unknown_kind_is_a_row(taken: Taken, tmp_path: Path, spoil, row: tuple[str, str]) -> None:
    path = spoilt(tmp_path / "drop.zip", ZIP_DEFLATED, spoil)
    taken(path)
    assert reasons(path) == {"first.jpg": ("stored", None), "bad.jpg": row, "last.jpg": ("stored", None)}


def test_names_that_climb_out_and_kinds_that_are_no_file(taken: Taken, tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "drop.zip",
        {
            "good.jpg": encoded(1),
            "a/b/c/d/nested.jpg": encoded(6),
            "folder/": b"",
            "../outside.jpg": encoded(2),
            "a/../../outside.jpg": encoded(2),
            "..\\outside.jpg": encoded(2),
            "/etc/outside.jpg": encoded(2),
            "\\\\host\\share\\outside.jpg": encoded(2),
            "C:\\outside.jpg": encoded(2),
            "C:outside.jpg": encoded(2),
            special("link.jpg", stat.S_IFLNK | 0o777): b"/etc/passwd",
            special("device.jpg", stat.S_IFCHR | 0o666): b"",
            special("pipe.jpg", stat.S_IFIFO | 0o666): b"",
            "flat.bmp": b"BM" + bytes(25_000),
        },
    )
    before = set(tmp_path.rglob("*"))
    taken(path)
    unsafe = ("refused", "unsafe-path")
    assert reasons(path) == {
        "good.jpg": ("stored", None),
        "a/b/c/d/nested.jpg": ("stored", None),
        "../outside.jpg": unsafe,
        "a/../../outside.jpg": unsafe,
        "..\\outside.jpg": unsafe,
        "/etc/outside.jpg": unsafe,
        "\\\\host\\share\\outside.jpg": unsafe,
        "C:\\outside.jpg": unsafe,
        "C:outside.jpg": unsafe,
        "link.jpg": ("refused", "link"),
        "device.jpg": ("refused", "device"),
        "pipe.jpg": ("refused", "device"),
        "flat.bmp": ("refused", "unpacks-too-far"),
    }
    new = {found for found in set(tmp_path.rglob("*")) - before if found.is_file()}
    assert {found.parent.name for found in new} == {"partner"}


def renamed(path: Path, names: Iterable[tuple[bytes, bool]]) -> Path:
    """A zip of one picture a name, each name as it is: bytes, and whether they are said to be UTF-8."""
    stands = {f"{number:04d}".ljust(len(name), "x"): (name, utf8) for number, (name, utf8) in enumerate(names)}
    zipped(path, {stand: encoded(number) for number, stand in enumerate(stands)})
    data = bytearray(path.read_bytes())
    for stand, (name, utf8) in stands.items():
        for at, flags in ((data.index(stand.encode()), -24), (data.rindex(stand.encode()), -38)):
            put(data, at + flags, 0x800 if utf8 else 0, 2)
            data[at : at + len(name)] = name
    path.write_bytes(data)
    return path


def test_names_in_odd_letters(taken: Taken, tmp_path: Path) -> None:
    names = {
        (b"n\x84me.jpg", False): "näme.jpg",
        ("näme ✂.jpg".encode(), True): "näme ✂.jpg",
        (b"\xff\xfe-.jpg", False): "\xa0■-.jpg",
        (b"nul\x00.jpg.exe", False): "nul",
        (b"\x00\x00\x00\x00nameless.jpg", False): "",
        (b"bell\x07\n\r.jpg", False): "bell\ufffd\n\r.jpg",
        (b"l" * 4_000 + b".jpg", False): "l" * 4_000 + ".jpg",
    }
    path = renamed(tmp_path / "drop.zip", names)
    taken(path)
    assert reasons(path) == dict.fromkeys(names.values(), ("stored", None))


def test_a_name_that_is_no_utf8_is_a_broken_directory(taken: Taken, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"drop\.zip: not a readable zip .*utf-8.*ask the partner"):
        taken(renamed(tmp_path / "drop.zip", [(b"bad-\xff.jpg", True)]))


def test_of_two_entries_of_one_name_the_first_has_it(taken: Taken, tmp_path: Path) -> None:
    path = tmp_path / "drop.zip"
    renamed(path, [(b"a.jpg", False)] * 3)
    taken(path)
    first = {part: part.read_bytes() for part in Path("data/raw/partner").iterdir()}
    assert reasons(path) == {
        "a.jpg": ("stored", None),
        "a.jpg#2": ("refused", "name-taken"),
        "a.jpg#3": ("refused", "name-taken"),
    }
    taken(path)
    assert {part: part.read_bytes() for part in Path("data/raw/partner").iterdir()} == first


def test_a_directory_that_swallows_entries_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"a.png": encoded(1, "PNG"), "b.png": encoded(2, "PNG")})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2")
    struct.pack_into("<H", data, at + 28, 60_000)  # the length of the first name
    path.write_bytes(data)
    with pytest.raises(DataError, match="its directory names 1 files of 2"):
        zip_entries(open_local(path))


def test_an_archive_of_overlapping_entries_is_refused_as_a_whole(taken: Taken, tmp_path: Path) -> None:
    """Every entry by itself unpacks to little; all of them point to the same bytes (D. Fifield, WOOT 2019)."""
    path = zipped(tmp_path / "drop.zip", {f"{number:03d}.bmp": b"BM" + bytes(2_000) for number in range(400)})
    data = bytearray(path.read_bytes())
    at = data.find(CENTRAL)
    while at >= 0:
        put(data, at + 20, 1_000, 4)  # packed size: so that the ratio of each looks right
        put(data, at + 24, 99_000, 4)
        at = data.find(CENTRAL, at + 4)
    path.write_bytes(data)
    taken(path)
    assert set(reasons(path).values()) == {("refused", "unpacks-too-far")}


def packed(method: int, data: bytes) -> bytes:
    if method == ZIP_BZIP2:
        return bz2.compress(data)
    return (
        b"\x09\x04\x05\x00" + lzma.compress(data, lzma.FORMAT_ALONE)[:5] + lzma.compress(data, lzma.FORMAT_ALONE)[13:]
    )


@pytest.mark.slow
@pytest.mark.parametrize("method", [ZIP_BZIP2, pytest.param(ZIP_LZMA, marks=pytest.mark.slow)])
def test_a_bomb_that_states_a_small_size_fills_no_memory(taken: Taken, tmp_path: Path, method: int) -> None:
    """zipfile would unpack all of it before it looks at the stated size."""
    usual = memory(taken, zipped(tmp_path / "drop.zip", {"notes.txt": b"x"}))
    bomb = packed(method, bytes(100_000_000))
    path = zipped(tmp_path / "drop.zip", {"bomb.jpg": bomb, "last.jpg": encoded(3)}, ZIP_STORED)
    data = bytearray(path.read_bytes())
    for at in (8, data.index(CENTRAL) + 10):
        put(data, at, method, 2)
    put(data, data.index(CENTRAL) + 24, 3_000, 4)
    put(data, data.index(CENTRAL) + 16, crc32(bytes(3_000)), 4)
    path.write_bytes(data)
    assert memory(taken, path) - usual < 20_000_000
    assert reasons(path) == {
        "notes.txt": ("failed", "not-an-image"),
        "bomb.jpg": ("refused", "too-large"),
        "last.jpg": ("stored", None),
    }


def test_lzma_that_asks_for_four_gigabytes_is_a_row(taken: Taken, tmp_path: Path) -> None:
    def greedy(data: bytearray, info: ZipInfo, at: int) -> None:
        put(data, at + 5, 0xFFFF_FFF0, 4)  # the dictionary

    path = spoilt(tmp_path / "drop.zip", ZIP_LZMA, greedy)
    taken(path)
    assert reasons(path)["bad.jpg"] == ("failed", "unreadable")


def test_an_offset_beyond_every_file_is_a_row(taken: Taken, tmp_path: Path) -> None:
    path = tmp_path / "drop.zip"
    far = ZipInfo("far.jpg")
    far.extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)  # ZIP64: the offset of the local header
    zipped(path, {"good.jpg": encoded(1), far: encoded(2)})
    data = bytearray(path.read_bytes())
    put(data, data.rindex(b"far.jpg") - 46 + 42, 0xFFFF_FFFF, 4)
    path.write_bytes(data)
    taken(path)
    assert reasons(path) == {"good.jpg": ("stored", None), "far.jpg": ("failed", "unreadable")}


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_whatever_is_damaged_nothing_worse_than_a_row_or_a_line(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "drop.zip", {**GOOD, "manifest.csv": b"path\n"}, method)
    good = path.read_bytes()
    marks = [0, good.index(CENTRAL), len(good)]
    for seed in range(300):
        chance, data = random.Random(seed), bytearray(good)
        for start, end in pairwise(marks):  # one byte of the pictures, one of the directory
            data[chance.randrange(start, end)] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(DataError):
            answers = [entry.answer(30_000) for entry in zip_entries(open_local(path))]
            assert {answer.outcome for answer in answers} <= {"present", "refused", "failed"}
