"""Everything hostile that a tar can hold: each entry is a row, the rest is taken, no disk or memory is filled."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from zlib import crc32

import pytest
from backports import zstd

from silverprint.adapters.archive.entries import open_local
from silverprint.adapters.archive.tar_entries import is_tar, tar_entries
from silverprint.errors import DataError
from tests.helpers.drops import FILES, memory, reasons, rows
from tests.helpers.web_pictures import encoded

Taken: TypeAlias = Callable[[Path], None]
STORED, UNREADABLE = ("stored", None), ("failed", "unreadable")

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


def entry(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **facts: object
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data)
    for key, value in facts.items():
        setattr(info, key, value)
    return info, data


def tarred(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, encoding="utf-8") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def block(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, size: int | None = None) -> bytes:
    """One entry by hand: a header that states `size`, and the data in whole blocks."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def pax(*records: bytes) -> bytes:
    data = b"".join(b"%d %s\n" % (next(n for n in range(999) if n == len(str(n)) + len(r) + 2), r) for r in records)
    return block("PaxHeaders/x", data, tarfile.XHDTYPE)


GOOD = {"first.jpg": encoded(1), "last.jpg": encoded(3)}
END = bytes(1024)


def around(middle: bytes, end: bytes = END) -> bytes:
    return block("first.jpg", GOOD["first.jpg"]) + middle + block("last.jpg", GOOD["last.jpg"]) + end


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("manifest_first", [True, False])
def test_a_tar_is_taken_however_it_is_packed(taken: Taken, tmp_path: Path, packing: str, manifest_first: bool) -> None:
    names = sorted(FILES, key=lambda name: (name == "manifest.csv") != manifest_first)
    data = tarred(entry("pictures", kind=tarfile.DIRTYPE), *(entry(name, FILES[name]) for name in names))
    path = written(tmp_path / f"drop.tar.{packing}", PACKERS[packing](data))
    taken(path)
    found = rows(path)
    assert {name: (row["outcome"], row["reason"]) for name, row in found.items()} == {
        "pictures/a.jpg": STORED,
        "pictures/b.png": STORED,
        "pictures/c.jpg": ("duplicate", None),
        "pictures/gone.jpg": ("failed", "missing"),
        "README.txt": ("failed", "not-an-image"),
        "empty.jpg": ("failed", "empty"),
        "large.jpg": ("refused", "too-large"),
    }
    assert (found["pictures/a.jpg"]["license"], found["pictures/a.jpg"]["source_label"]) == ("CC0-1.0", "bag")


def test_streams_one_behind_the_other_are_one(tmp_path: Path) -> None:
    """As pigz, pbzip2 and pzstd write them."""
    data = around(b"")
    for packing in ("gz", "bz2", "xz", "zst"):
        pack = PACKERS[packing]
        path = written(
            tmp_path / f"drop.{packing}", b"".join(pack(data[at : at + 700]) for at in range(0, len(data), 700))
        )
        assert [(one.name, one.answer(30_000).data) for one in tar_entries(open_local(path))] == list(GOOD.items())


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_kinds_and_places(taken: Taken, tmp_path: Path, form: int) -> None:
    path = written(
        tmp_path / "drop.tar",
        tarred(
            entry("good.jpg", encoded(1)),
            entry("./a/b/nested.jpg", encoded(6)),
            entry("folder", kind=tarfile.DIRTYPE),
            entry("../outside.jpg", encoded(2)),
            entry("a/../../outside.jpg", encoded(2)),
            entry("/etc/outside.jpg", encoded(2)),
            entry("C:\\outside.jpg", encoded(2)),
            entry("link.jpg", kind=tarfile.SYMTYPE, linkname="/etc/passwd"),
            entry("hard.jpg", kind=tarfile.LNKTYPE, linkname="good.jpg"),
            entry("out.jpg", kind=tarfile.LNKTYPE, linkname="../../etc/passwd"),
            entry("device.jpg", kind=tarfile.CHRTYPE, devmajor=1, devminor=5),
            entry("disk.jpg", kind=tarfile.BLKTYPE),
            entry("pipe.jpg", kind=tarfile.FIFOTYPE),
            entry("näme ✂.jpg", encoded(7)),
            entry("l" * 90 + "/" + "m" * 60 + ".jpg", encoded(8)),
            entry("good.jpg", encoded(9)),
            form=form,
        ),
    )
    before = set(tmp_path.rglob("*"))
    taken(path)
    unsafe, link, device = ("refused", "unsafe-path"), ("refused", "link"), ("refused", "device")
    assert reasons(path) == {
        "good.jpg": STORED,
        "./a/b/nested.jpg": STORED,
        "../outside.jpg": unsafe,
        "a/../../outside.jpg": unsafe,
        "/etc/outside.jpg": unsafe,
        "C:\\outside.jpg": unsafe,
        "link.jpg": link,
        "hard.jpg": link,
        "out.jpg": link,
        "device.jpg": device,
        "disk.jpg": device,
        "pipe.jpg": device,
        "näme ✂.jpg": STORED,
        "l" * 90 + "/" + "m" * 60 + ".jpg": STORED,
        "good.jpg#2": ("refused", "name-taken"),
    }
    new = {found for found in set(tmp_path.rglob("*")) - before if found.is_file()}
    assert {found.parent.name for found in new} == {"partner"}


SPARSE = bytearray(block("sparse.jpg", encoded(4), tarfile.GNUTYPE_SPARSE))
SPARSE[386:410] = b"00000000000\0" + b"00000001000\0"
SPARSE[148:156] = b" " * 8
SPARSE[148:156] = b"%06o\0 " % sum(SPARSE[:512])

MIDDLES: dict[str, tuple[bytes, dict[str, tuple[str, str | None]]]] = {
    "odd letters": (block("n\udce4me.jpg", encoded(4)), {"n\\xe4me.jpg": STORED}),
    "no UTF-8 in PAX": (pax(b"path=n\xe4me.jpg") + block("x", encoded(4)), {"n\\xe4me.jpg": STORED}),
    "a name of PAX that climbs": (
        pax(b"path=../x.jpg") + block("x", encoded(4)),
        {"../x.jpg": ("refused", "unsafe-path")},
    ),
    "a name with NUL": (pax(b"path=a\0b.jpg") + block("x", encoded(4)), {"a\ufffdb.jpg": STORED}),
    "sparse, GNU": (bytes(SPARSE), {"sparse.jpg": ("refused", "sparse")}),
    "sparse, PAX": (
        pax(b"GNU.sparse.major=1", b"GNU.sparse.minor=0", b"GNU.sparse.realsize=9999999999999")
        + block("sparse.jpg", encoded(4)),
        {"sparse.jpg": ("refused", "sparse")},
    ),
    "a size of PAX": (pax(b"size=%d" % len(encoded(4))) + block("x.jpg", encoded(4), size=0), {"x.jpg": STORED}),
    "no size of PAX": (pax(b"size=-512") + block("x.jpg", encoded(4)), {"x.jpg": UNREADABLE}),
    "no record of PAX": (
        block("p", b"99999 path=x\n", tarfile.XHDTYPE) + block("x.jpg", encoded(4)),
        {"x.jpg": UNREADABLE},
    ),
    "records of nothing": (
        block("p", b"0 \n" * 9, tarfile.XHDTYPE) + block("x.jpg", encoded(4)),
        {"x.jpg": UNREADABLE},
    ),
    "a name for all": (block("p", b"14 path=x.jpg\n", tarfile.XGLTYPE) + block("y.jpg", encoded(4)), {"y.jpg": STORED}),
    "a header too long": (
        block("p", b"9" * 1_100_000, tarfile.XHDTYPE) + block("x.jpg", encoded(4)),
        {"x.jpg": UNREADABLE},
    ),
    "a name too long": (
        block("p", b"9" * 1_100_000, tarfile.GNUTYPE_LONGNAME) + block("x.jpg", encoded(4)),
        {"x.jpg": UNREADABLE},
    ),
    "a link with a size": (block("link.jpg", kind=tarfile.LNKTYPE, size=9_999), {"link.jpg": ("refused", "link")}),
    "an unknown kind": (block("x.jpg", encoded(4), b"Q"), {"x.jpg": STORED}),
    "a volume's name": (block("backup", kind=b"V"), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", MIDDLES)
def test_one_odd_entry_and_the_rest_is_taken(taken: Taken, tmp_path: Path, kind: str) -> None:
    middle, expected = MIDDLES[kind]
    path = written(tmp_path / "drop.tar", around(middle))
    taken(path)
    assert reasons(path) == {"first.jpg": STORED, **expected, "last.jpg": STORED}


BROKEN: dict[str, tuple[bytes, dict[str, tuple[str, str | None]]]] = {
    "no header": (around(b"\xa5" * 512), {"(after first.jpg)": UNREADABLE}),
    "a size below nothing": (around(block("x.jpg", size=-512)), {"(after first.jpg)": UNREADABLE}),
    "a size beyond all": (
        around(block("x.jpg", size=2**80)),
        {"x.jpg": ("refused", "too-large"), "(after x.jpg)": UNREADABLE},
    ),
    "cut off in a picture": (
        around(b"")[: 512 + len(GOOD["first.jpg"]) - 9],
        {"first.jpg": UNREADABLE, "(after first.jpg)": UNREADABLE},
    ),
    "without its end": (block("first.jpg", encoded(1)), {"(after first.jpg)": UNREADABLE}),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_where_a_tar_breaks_off_is_a_row(taken: Taken, tmp_path: Path, kind: str) -> None:
    data, expected = BROKEN[kind]
    path = written(tmp_path / "drop.tar", data)
    taken(path)
    assert reasons(path) == {"first.jpg": STORED, **expected}


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst"])
def test_a_packed_tar_that_is_cut_off(taken: Taken, tmp_path: Path, packing: str) -> None:
    noise = block("noise.jpg", random.Random(1).randbytes(29_000))
    pack = PACKERS[packing]
    whole = b"".join(
        pack(part) for part in (block("first.jpg", encoded(1)), noise, block("last.jpg", encoded(3)) + END)
    )
    path = written(tmp_path / "drop", whole[: len(whole) // 2])
    taken(path)
    assert reasons(path)["first.jpg"] == STORED
    (after,) = (name for name in reasons(path) if name.startswith("(after"))
    assert reasons(path)[after] == UNREADABLE


def test_a_wrong_checksum_over_the_whole_is_a_row(taken: Taken, tmp_path: Path) -> None:
    data = bytearray(gzip.compress(around(b"")))
    data[-8] ^= 1
    path = written(tmp_path / "drop.tgz", bytes(data))
    taken(path)
    assert reasons(path) == {**dict.fromkeys(GOOD, STORED), "(after last.jpg)": UNREADABLE}


def test_what_is_packed_and_no_tar(taken: Taken, tmp_path: Path) -> None:
    assert not is_tar(open_local(written(tmp_path / "x.gz", gzip.compress(b"Dear colleague"))))
    with pytest.raises(DataError, match=r"not a readable tar.*ask the partner"):
        taken(written(tmp_path / "y.gz", b"\x1f\x8b\x08" + b"\xff" * 400))


def test_xz_that_asks_for_four_gigabytes_is_told(taken: Taken, tmp_path: Path) -> None:
    data = bytearray(lzma.compress(around(b"")))
    header = data[12 : 12 + (data[12] + 1) * 4]  # size, flags, filter, its length, the dictionary, padding, CRC32
    header[4] = 40
    header[-4:] = crc32(header[:-4]).to_bytes(4, "little")
    data[12 : 12 + len(header)] = header
    with pytest.raises(DataError, match=r"not a readable tar \(.*[Mm]emory"):
        taken(written(tmp_path / "z.xz", bytes(data)))


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["gz", pytest.param("bz2", marks=pytest.mark.slow), "zst"])
def test_a_bomb_fills_no_memory_and_is_left_when_it_is_too_much(taken: Taken, tmp_path: Path, packing: str) -> None:
    head = block("first.jpg", encoded(1)) + block("bomb.jpg", size=100_000_000)
    pack = PACKERS[packing]
    usual = memory(taken, written(tmp_path / "drop", block("notes.txt", b"x") + END))
    path = written(tmp_path / "drop", pack(head) + pack(bytes(100_000_000)) + pack(block("last.jpg", encoded(3)) + END))
    assert path.stat().st_size * 100 < 100_000_000
    assert memory(taken, path) - usual < 10_000_000
    assert reasons(path) == {
        "notes.txt": ("failed", "not-an-image"),
        "first.jpg": STORED,
        "bomb.jpg": ("refused", "too-large"),
        "(after bomb.jpg)": ("refused", "unpacks-too-far"),
    }


@pytest.mark.parametrize("packing", PACKERS)
def test_whatever_is_damaged_nothing_worse_than_a_row_or_a_line(tmp_path: Path, packing: str) -> None:
    good = PACKERS[packing](pax(b"path=first.jpg") + around(block("manifest.csv", b"path\n")))
    path = tmp_path / "drop"
    for seed in range(60):
        chance, data = random.Random(seed), bytearray(good)
        for _ in range(2):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randrange(len(data) // 2, len(data) + 1)])
        try:
            answers = [one.answer(30_000) for one in tar_entries(open_local(path))] if is_tar(open_local(path)) else []
        except DataError:
            continue
        assert {answer.outcome for answer in answers} <= {"present", "refused", "failed"}
