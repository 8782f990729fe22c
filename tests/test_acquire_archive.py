"""The archive channel: a folder or a zip, its manifest, and everything hostile that a zip can hold."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import polars as pl
import pytest

from silverprint import config
from silverprint.config import Params
from silverprint.errors import DataError, UnavailableError, UsageError
from silverprint.stages import acquire
from silverprint.store import ShardReader
from tests.crawl.pictures import encoded, exif

MANIFEST = (
    "path,license,label,page_url\n"
    "pictures/a.jpg,https://creativecommons.org/publicdomain/zero/1.0/,bag,https://example.org/a\n"
    "pictures/b.png,,dress,\n"
    "pictures/gone.jpg,MIT,,\n"
)
FILES = {
    "manifest.csv": MANIFEST.encode(),
    "pictures/a.jpg": encoded(1),
    "pictures/b.png": encoded(2, "PNG", exif=exif()),
    "pictures/c.jpg": encoded(1),
    "README.txt": b"Dear colleague",
    "empty.jpg": b"",
    "large.jpg": encoded(3) + bytes(30_000),
}
EXPECTED = {
    "pictures/a.jpg": ("stored", None, "CC0-1.0", "manifest", "bag"),
    "pictures/b.png": ("stored", None, "CC-BY-4.0", "source", "dress"),
    "pictures/c.jpg": ("duplicate", None, "CC-BY-4.0", "source", None),
    "pictures/gone.jpg": ("failed", "missing", "MIT", "manifest", None),
    "README.txt": ("failed", "not-an-image", "CC-BY-4.0", "source", None),
    "empty.jpg": ("failed", "empty", "CC-BY-4.0", "source", None),
    "large.jpg": ("refused", "too-large", "CC-BY-4.0", "source", None),
}


@pytest.fixture
def params(project: Path) -> Callable[[Path], Params]:
    def at(path: Path) -> Params:
        text = (project / "params.yaml").read_text()
        old = "path: var/demo/partner.zip"
        assert old in text
        (project / "params.yaml").write_text(text.replace(old, f"path: {path}\n    max_bytes: 30000"))
        return config.load()

    return at


def zipped(path: Path, files: dict[str | ZipInfo, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def folder(path: Path) -> Path:
    for name, data in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def rows(path: Path) -> dict[str, dict[str, object]]:
    frame = ShardReader(Path("data/raw/partner")).index()
    return {row["url"].removeprefix(f"{path.name}!"): row for row in frame.iter_rows(named=True)}


def reasons(path: Path) -> dict[str, tuple[object, object]]:
    return {name: (row["outcome"], row["reason"]) for name, row in rows(path).items()}


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_a_drop_becomes_rows(params: Callable[[Path], Params], tmp_path: Path, kind: str) -> None:
    path = zipped(tmp_path / "drop.zip", dict(FILES)) if kind == "zip" else folder(tmp_path / "drop")
    acquire.run(params(path), "partner")
    columns = ("outcome", "reason", "license", "license_evidence", "source_label")
    found = {name: tuple(row[column] for column in columns) for name, row in rows(path).items()}
    # The two same pictures come in the order of the zip, or sorted.
    assert found == EXPECTED
    assert rows(path)["pictures/a.jpg"]["page_url"] == "https://example.org/a"
    assert all(row["robots"] == "n/a" and row["status"] is None for row in rows(path).values())
    assert encoded(1) in dict(ShardReader(Path("data/raw/partner")).scan()).values()


def test_again_adds_nothing_and_more_adds_more(params: Callable[[Path], Params], tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", dict(FILES))
    loaded = params(path)
    acquire.run(loaded, "partner")
    raw = Path("data/raw/partner")
    before = {part.name: part.read_bytes() for part in raw.iterdir()}
    acquire.run(loaded, "partner")
    assert {part.name: part.read_bytes() for part in raw.iterdir()} == before
    zipped(path, {**FILES, "pictures/d.jpg": encoded(4)})
    acquire.run(loaded, "partner")
    after = {part.name: part.read_bytes() for part in raw.iterdir()}
    assert before.items() < after.items()
    assert len(ShardReader(raw).index()) == len(EXPECTED) + 1


def special(name: str, mode: int) -> ZipInfo:
    info = ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_hostile_entries_are_refused_and_nothing_is_unpacked(params: Callable[[Path], Params], tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "drop.zip",
        {
            "good.jpg": encoded(1),
            "../outside.jpg": encoded(2),
            "a/../../outside.jpg": encoded(2),
            "/etc/outside.jpg": encoded(2),
            "C:\\outside.jpg": encoded(2),
            special("link.jpg", stat.S_IFLNK | 0o777): b"/etc/passwd",
            special("device.jpg", stat.S_IFCHR | 0o666): b"",
            "flat.bmp": b"BM" + bytes(25_000),
            "näme ✂.jpg": encoded(5),
        },
    )
    before = set(tmp_path.rglob("*"))
    acquire.run(params(path), "partner")
    assert reasons(path) == {
        "good.jpg": ("stored", None),
        "../outside.jpg": ("refused", "unsafe-path"),
        "a/../../outside.jpg": ("refused", "unsafe-path"),
        "/etc/outside.jpg": ("refused", "unsafe-path"),
        "C:\\outside.jpg": ("refused", "unsafe-path"),
        "link.jpg": ("refused", "link"),
        "device.jpg": ("refused", "device"),
        "flat.bmp": ("refused", "unpacks-too-far"),
        "näme ✂.jpg": ("stored", None),
    }
    new = {found for found in set(tmp_path.rglob("*")) - before if found.is_file()}
    assert {found.parent.name for found in new} == {"partner"}


def test_an_archive_that_lies_about_sizes(params: Callable[[Path], Params], tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", {"lies.jpg": encoded(1), "broken.jpg": encoded(2), "locked.jpg": encoded(3)})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    locked = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")  # the size after unpacking
    data[locked + 8] |= 1  # the flag of encryption
    second = data.index(b"broken.jpg")
    data[second + 40] ^= 0xFF
    path.write_bytes(data)
    acquire.run(params(path), "partner")
    assert reasons(path) == {
        "lies.jpg": ("failed", "unreadable"),
        "broken.jpg": ("failed", "unreadable"),
        "locked.jpg": ("refused", "encrypted"),
    }


def test_an_archive_of_overlapping_entries_is_refused_as_a_whole(
    params: Callable[[Path], Params], tmp_path: Path
) -> None:
    """Every entry by itself unpacks to little; all of them point to the same bytes (D. Fifield, WOOT 2019)."""
    path = zipped(tmp_path / "drop.zip", {f"{number:03d}.bmp": b"BM" + bytes(2_000) for number in range(400)})
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 20 : at + 24] = (1_000).to_bytes(4, "little")  # packed size: so that the ratio of each looks right
        data[at + 24 : at + 28] = (99_000).to_bytes(4, "little")
        at = data.find(b"PK\x01\x02", at + 4)
    path.write_bytes(data)
    acquire.run(params(path), "partner")
    assert set(reasons(path).values()) == {("refused", "unpacks-too-far")}


def test_links_and_devices_in_a_folder_are_refused(params: Callable[[Path], Params], tmp_path: Path) -> None:
    path = tmp_path / "drop"
    path.mkdir()
    (path / "good.jpg").write_bytes(encoded(1))
    (path / "link.jpg").symlink_to("/etc/passwd")
    (path / "linked").symlink_to("/etc")
    os.mkfifo(path / "pipe.jpg")
    (path / os.fsdecode(b"odd-\xff.jpg")).write_bytes(encoded(2))
    acquire.run(params(path), "partner")
    assert reasons(path) == {
        "good.jpg": ("stored", None),
        "link.jpg": ("refused", "link"),
        "linked": ("refused", "link"),
        "pipe.jpg": ("refused", "device"),
        "odd-\\xff.jpg": ("stored", None),
    }


def test_what_cannot_go_on_says_what_to_do(params: Callable[[Path], Params], tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"sources\.partner\.path.*make demo"):
        acquire.run(params(tmp_path / "nowhere.zip"), "partner")
    with pytest.raises(UsageError, match="no such source"):
        acquire.run(config.load(), "nobody")


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + bytes(99)])
def test_a_file_that_is_no_zip_is_told(params: Callable[[Path], Params], tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "drop.zip"
    path.write_bytes(data)
    with pytest.raises(DataError, match="not a readable zip"):
        acquire.run(params(path), "partner")


@pytest.mark.parametrize("manifest", [b"file,license\na,b\n", b"\xff\xfe\x00", b""])
def test_a_manifest_that_is_none_is_told(params: Callable[[Path], Params], tmp_path: Path, manifest: bytes) -> None:
    path = zipped(tmp_path / "drop.zip", {"manifest.csv": manifest, "a.jpg": encoded(1)})
    with pytest.raises(DataError, match=r"manifest\.csv.*path"):
        acquire.run(params(path), "partner")


def test_an_output_that_was_not_pulled_is_not_started_anew(params: Callable[[Path], Params], tmp_path: Path) -> None:
    loaded = params(zipped(tmp_path / "drop.zip", dict(FILES)))
    Path("dvc.lock").write_text("stages:\n  acquire@partner:\n    outs:\n    - path: data/raw/partner\n")
    with pytest.raises(UnavailableError, match="dvc pull data/raw/partner"):
        acquire.run(loaded, "partner")
    assert not Path("data/raw/partner").exists()


def test_the_index_is_what_readers_expect(params: Callable[[Path], Params], tmp_path: Path) -> None:
    acquire.run(params(zipped(tmp_path / "drop.zip", dict(FILES))), "partner")
    frame = ShardReader(Path("data/raw")).index()
    there = frame.filter(pl.col("image_id").is_not_null())
    assert (
        there.select("shard", "offset", "size", "stored_sha256", "format", "fetched_at").null_count().row(0) == (0,) * 6
    )
    assert frame["source"].unique().to_list() == ["partner"]
