"""Traces in files: what must go is found in every container, and a bare image_id may stay where it shows nothing."""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, PngImagePlugin

from silverprint.records import MINIATURES
from silverprint.store import tables
from silverprint.store.shards.tar_header import BLOCK, member_header
from silverprint.store.traces import contents, drawn_names, needles
from silverprint.store.traces.contents import Look
from silverprint.store.traces.needles import Form

DATA = np.random.default_rng(7).bytes(60_000)
ID = hashlib.sha256(b"as fetched").hexdigest()
THUMBNAIL = np.random.default_rng(8).bytes(2304)
FORMS = [Form("stored bytes", DATA), Form("thumbnail", THUMBNAIL), Form("stored bytes", DATA, in_text=True)]
LOOK = Look([needles.of(ID, FORMS)])
BY_NAME = Look([needles.load(Path("nowhere"), ID)])  # what is left where no needles were kept
ROWS = 300
WAL = b"\x37\x7f\x06\x82" + bytes(5_000)


def parquet(**columns: list[object]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def column(value: object, filler: object = None) -> list[object]:
    return [filler] * (ROWS - 1) + [value]


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    return member_header(name, len(data)) + data + bytes(-len(data) % BLOCK + 2 * BLOCK)


def drawn(**texts: str) -> bytes:
    info, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, value in texts.items():
        info.add_text(key, value)
    Image.new("RGB", (9, 9)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def kept(tmp_path: Path) -> bytes:
    frame = pl.DataFrame({"image_id": column(ID, "00" * 32), "miniature": column(b"colours")})
    tables.write_cached(frame, tmp_path / "kept", "a rule", MINIATURES)
    return (tmp_path / "kept").read_bytes()


GONE: dict[str, Callable[[Path], bytes]] = {
    "as it was stored": lambda _: DATA,
    "a part of it": lambda _: DATA[3_000:55_000],
    "among other bytes": lambda _: bytes(5_000_003) + DATA + bytes(5_000_000),
    "its thumbnail": lambda _: bytes(99) + THUMBNAIL,
    "in a shard": lambda _: tarred(f"{ID}.jpg", DATA),
    "compressed tar": lambda _: gzip.compress(tarred("a.jpg", DATA)),
    "zip in a zip": lambda _: zipped("b.zip", zipped("a.jpg", DATA)),
    "zip in a tar": lambda _: tarred("b.zip", zipped("a.jpg", DATA)),
    "zip in a compressed tar": lambda _: gzip.compress(tarred("b.zip", zipped("a.jpg", DATA))),
    "compressed tar in a zip": lambda _: zipped("b.tgz", gzip.compress(tarred("a.jpg", DATA))),
    "compressed tar in a tar": lambda _: tarred("b.tgz", gzip.compress(tarred("a.jpg", DATA))),
    "table in a tar": lambda _: tarred("b.parquet", parquet(image_id=column(ID, ""), image=column(DATA, b""))),
    "page in a tar": lambda _: tarred("index.html", f"<!doctype html><p>{ID}</p>".encode()),
    "drawing in a compressed tar": lambda _: gzip.compress(tarred("a.png", drawn(**{drawn_names.KEY: ID}))),
    "a server's log of its database": lambda _: WAL + DATA,
    "release": lambda _: parquet(
        image=column({"bytes": DATA, "path": "a.jpg"}, {"bytes": b"", "path": ""}), image_id=column(ID, "")
    ),
    "thumbnails": lambda _: parquet(image_id=column(ID, ""), thumbnail=column(THUMBNAIL)),
    "another form in its row": lambda _: parquet(image_id=column(ID, ""), small=column(b"unknown")),
    "list of features": lambda _: parquet(image_id=column(ID, "")),
    "miniatures": kept,
    "page": lambda _: f"<!doctype html><p>{ID}</p>".encode(),
    "drawing": lambda _: drawn(Pictures=f"{'0' * 64} {ID}"),
    "list of files": lambda _: f'[{{"relpath": "train/{ID}.jpg"}}]'.encode(),
    "picture in a page": lambda _: b"<html><img src='data:image/jpeg;base64," + base64.b64encode(DATA) + b"'></html>",
}
STAYS: dict[str, bytes] = {
    "votes": f"image_id,choice\n{ID},cat\n".encode(),
    "manifest": parquet(image_id=column(ID, ""), reason=column("withdrawn", "")),
    "address in a table": parquet(image_id=column(ID, ""), url=column(f"photos!{ID}.jpg", "")),
    "measured without thumbnail": parquet(image_id=column(ID, ""), thumbnail=column(None, b"another")),
    "look-alike's thumbnail": parquet(image_id=column(ID, ID[::-1]), thumbnail=column(None, THUMBNAIL)),
    "purged shard": tarred(f"{ID}.jpg", bytes(len(DATA))),
    "purged shard in a tar": tarred("shard.tar", tarred(f"{ID}.jpg", bytes(len(DATA)))),
    "task in a server's log of its database": WAL + f'{{"image": "/d=served/{ID}.jpg"}}'.encode(),
}


@pytest.mark.parametrize("case", GONE)
def test_what_must_go_is_found(case: str, tmp_path: Path) -> None:
    found = LOOK.at(io.BytesIO(GONE[case](tmp_path)))
    assert found.gone
    assert {label.image_id for label in found.gone} == {ID}
    assert not found.unread


@pytest.mark.parametrize("case", STAYS)
def test_a_bare_name_may_stay(case: str) -> None:
    found = LOOK.at(io.BytesIO(STAYS[case]))
    assert not found.gone
    assert found.stays[ID] >= 1


@pytest.mark.parametrize("case", ["in a shard", "release", "another form in its row", "miniatures", "page"])
def test_without_needles_the_name_leads_to_it(case: str, tmp_path: Path) -> None:
    assert BY_NAME.at(io.BytesIO(GONE[case](tmp_path))).gone


def test_the_fetched_bytes_are_known_by_their_digest() -> None:
    assert BY_NAME.at(io.BytesIO(zipped("x", b"as fetched"))).gone == {(ID, contents.WHOLE): 1}


def test_nothing_is_found_in_other_pictures(tmp_path: Path) -> None:
    other = np.random.default_rng(9).bytes(60_000)
    for data in (
        other,
        bytes(9_000_000),
        tarred("a.jpg", other),
        parquet(image_id=column("", ""), image=column(other)),
    ):
        found = LOOK.at(io.BytesIO(data))
        assert not found.gone
        assert not found.stays


@pytest.mark.parametrize("data", [b"PAR1 and no more", b"PK\x03\x04 and no more", b"\x1f\x8b and no more"])
def test_a_damaged_file_is_told(data: bytes) -> None:
    found = LOOK.at(io.BytesIO(data))
    assert found.unread
    assert not found.gone


def test_in_a_ledger_a_name_is_a_name() -> None:
    assert not LOOK.at(io.BytesIO(f"image,photos!{ID}.jpg,asked".encode()), is_ledger=True).gone


def test_a_tar_that_is_no_tar_of_ours_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        one = tarfile.TarInfo(f"{ID}.jpg")
        one.size = len(DATA)
        archive.addfile(one, io.BytesIO(DATA))
    assert LOOK.at(io.BytesIO(buffer.getvalue())).gone[ID, contents.NAMED] == 1


def test_what_is_packed_too_deep_is_told() -> None:
    data = b"a.jpg"
    for _ in range(4):
        data = tarred("inner.zip", zipped("inner.tar", data))
    found = LOOK.at(io.BytesIO(data))
    assert found.unread == ["zip inside of 3 archives"]


def test_many_archives_in_a_compressed_tar_are_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step back in a compressed stream would begin it anew."""
    buffer, inner = io.BytesIO(), zipped("a.jpg", np.random.default_rng(3).bytes(30_000))
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for number in range(20):
            one = tarfile.TarInfo(f"{number}.zip")
            one.size = len(inner)
            archive.addfile(one, io.BytesIO(inner))
    begun: list[object] = []
    rewind = gzip._GzipReader._rewind  # type: ignore[attr-defined]
    monkeypatch.setattr(gzip._GzipReader, "_rewind", lambda self: (begun.append(1), rewind(self)))  # type: ignore[attr-defined]
    LOOK.at(io.BytesIO(buffer.getvalue()))
    assert len(begun) <= 4
