"""The folder channel: pictures of one's own, labelled by their folders, read again only where they changed."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pytest

from silverprint import cli, config, layout
from silverprint.adapters.archive import folder_entries as walking
from silverprint.adapters.archive import unread_files
from silverprint.commands import status
from silverprint.errors import ConfigError, NothingFoundError, UnavailableError, UsageError
from silverprint.records import RAW, TAKEDOWNS, conform
from silverprint.stages import acquire
from silverprint.store import ShardReader, tables
from silverprint.store.shards.purge import purge
from tests.helpers.drops import folder, zipped
from tests.helpers.web_pictures import encoded

Read: TypeAlias = Callable[..., dict[str, dict[str, object]]]

FILES = {
    "train/coat/a.jpg": encoded(1),
    "train/ankle boot/b.png": encoded(2, "PNG"),
    "bag/c.jpg": encoded(1),
    "top.jpg": encoded(3),
    "coat/notes.txt": b"Dear colleague",
    "coat/empty.jpg": b"",
    "coat/large.jpg": encoded(4) + bytes(30_000),
    "manifest.csv": b"path\n",
}


@pytest.fixture
def read(project: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Acquires a folder as the source `house`; gives the last row of each file, and notes which files were opened."""
    opened: list[str] = []
    reader = walking._reader

    def noting(path: Path) -> Callable[[int], bytes]:
        def noted(limit: int) -> bytes:
            opened.append(path.name)
            return reader(path)(limit)

        return noted

    monkeypatch.setattr(walking, "_reader", noting)
    original = (project / "params.yaml").read_text()

    def acquired(path: Path, **knobs: str) -> dict[str, dict[str, object]]:
        lines = {"kind": "folder", "path": str(path), "max_bytes": "30000", **knobs}
        entry = "  house:\n" + "".join(f"    {key}: {value}\n" for key, value in lines.items())
        (project / "params.yaml").write_text(original.replace("\nclean:\n", f"{entry}\nclean:\n"))
        opened.clear()
        acquire.run(config.load(), "house")
        index = ShardReader(Path("data/raw/house")).index()
        return {row["url"].removeprefix(f"{path.name}!"): row for row in index.iter_rows(named=True)}

    acquired.opened = opened  # type: ignore[attr-defined]
    return acquired


def test_folders_name_labels(read: Read, tmp_path: Path) -> None:
    rows = read(folder(tmp_path / "own", FILES), license="MIT", contract="house rules", consent="form 7")
    assert {name: (row["outcome"], row["reason"], row["source_label"]) for name, row in rows.items()} == {
        "bag/c.jpg": ("stored", None, "bag"),
        "train/coat/a.jpg": ("duplicate", None, "coat"),
        "train/ankle boot/b.png": ("stored", None, "ankle boot"),
        "top.jpg": ("stored", None, None),
        "coat/notes.txt": ("failed", "not-an-image", "coat"),
        "coat/empty.jpg": ("failed", "empty", "coat"),
        "coat/large.jpg": ("refused", "too-large", "coat"),
        "manifest.csv": ("failed", "not-an-image", None),
    }
    row = rows["top.jpg"]
    said = [row[name] for name in ("license", "license_evidence", "contract", "consent", "robots")]
    assert said == ["MIT", "source", "house rules", "form 7", "n/a"]


def test_or_they_do_not(read: Read, tmp_path: Path) -> None:
    rows = read(folder(tmp_path / "own", FILES), labels="none")
    assert {row["source_label"] for row in rows.values()} == {None}


def test_what_is_unchanged_is_not_read_again(read: Read, tmp_path: Path) -> None:
    path = folder(tmp_path / "own", FILES)
    first = read(path)
    assert len(read.opened) == len(FILES) - 1  # type: ignore[attr-defined]
    parts = sorted(Path("data/raw/house").iterdir())
    assert read(path) == first
    assert read.opened == []  # type: ignore[attr-defined]
    assert sorted(Path("data/raw/house").iterdir()) == parts

    later = (path / "top.jpg").stat().st_mtime_ns + 1
    (path / "top.jpg").write_bytes(encoded(7))
    os.utime(path / "top.jpg", ns=(later, later))
    (path / "coat/new.jpg").write_bytes(encoded(8))
    rows = read(path)
    assert sorted(read.opened) == ["new.jpg", "top.jpg"]  # type: ignore[attr-defined]
    assert rows["top.jpg"]["image_id"] != first["top.jpg"]["image_id"]
    assert rows["coat/new.jpg"]["outcome"] == "stored"


def test_another_licence_is_a_row_and_no_reading(read: Read, tmp_path: Path) -> None:
    path = folder(tmp_path / "own", FILES)
    read(path)
    rows = read(path, license="MIT")
    assert read.opened == []  # type: ignore[attr-defined]
    assert (rows["top.jpg"]["outcome"], rows["top.jpg"]["license"]) == ("duplicate", "MIT")
    index = ShardReader(Path("data/raw/house")).index()
    assert index.filter(pl.col("outcome") == "stored").height == 3


def test_what_was_taken_down_or_purged_does_not_come_back(read: Read, tmp_path: Path) -> None:
    path = folder(tmp_path / "own", FILES)
    gone = str(read(path)["top.jpg"]["image_id"])
    row = {"image_id": gone, "kind": "image", "target": gone, "why": "asked", "at": "2026-01-01"}
    tables.write_ledger(pl.DataFrame([row]), layout.TAKEDOWNS, TAKEDOWNS, ["image_id"])
    for _ in range(2):
        assert read(path)["top.jpg"]["reason"] == "taken-down"
        assert read.opened == []  # type: ignore[attr-defined]
    purge(layout.raw("house"), [gone])
    for _ in range(2):
        assert read(path)["top.jpg"]["reason"] == "taken-down"
        assert gone not in {name for name, _ in ShardReader(layout.raw("house")).scan()}


def test_links_are_not_followed(read: Read, tmp_path: Path) -> None:
    path = folder(tmp_path / "own", {"coat/a.jpg": encoded(1)})
    (path / "coat/passwd.jpg").symlink_to("/etc/passwd")
    (path / "etc").symlink_to("/etc")
    os.mkfifo(path / "pipe.jpg")
    rows = read(path)
    assert {name: row["reason"] for name, row in rows.items()} == {
        "coat/a.jpg": None,
        "coat/passwd.jpg": "link",
        "etc": "link",
        "pipe.jpg": "device",
    }


def test_a_path_that_is_no_folder_is_told(read: Read, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sources\.house\.path.*must be a folder; .*kind archive"):
        read(zipped(tmp_path / "own.zip", {}))
    with pytest.raises(UnavailableError, match="no such folder or file"):
        read(tmp_path / "nowhere")
    (tmp_path / "empty/below").mkdir(parents=True)
    with pytest.raises(NothingFoundError, match=r"sources\.house: holds no file"):
        read(tmp_path / "empty")


@pytest.mark.slow
def test_source_add_writes_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(project / "pictures", {"coat/a.jpg": encoded(1)})
    assert cli.main(["source", "add", "mine", "--folder", "pictures", "--license", "MIT"]) == 0
    added = config.load().sources["mine"]
    assert isinstance(added, config.FolderSource)
    assert (added.path, added.labels, added.license) == ("pictures", "folders", "MIT")
    assert cli.main(["source", "add", "drop", "--archive", "s3://bucket/may"]) == 0
    assert config.load().sources["drop"].path == "s3://bucket/may"  # type: ignore[union-attr]
    for arguments, code in (
        (["--archive", "pictures", "--folder", "pictures"], UsageError.exit_code),
        (["--folder", "nowhere"], UnavailableError.exit_code),
        (["--folder", "params.yaml"], UnavailableError.exit_code),
    ):
        capsys.readouterr()
        assert cli.main(["source", "add", "more", *arguments]) == code
        assert capsys.readouterr().err.count("\n") == 1


def test_files_that_came_since_are_counted_without_reading_them(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project / "own"
    files = {"coat/a.jpg": b"x", "b.jpg": b"y", "metadata.csv": b"file_name\n", "a/.hidden/d.jpg": b"z"}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    source = config.FolderSource(kind="folder", path="own")
    assert unread_files.count(source, layout.raw("own")) == 0  # it was not acquired here
    rows = pl.DataFrame({"url": ["own!coat/a.jpg", "own!b.jpg"], "source": "own"})
    tables.write(conform(rows, RAW), layout.raw("own") / "index-00000.parquet", RAW)
    assert unread_files.count(source, layout.raw("own")) == 0
    (root / "coat/new.jpg").write_bytes(b"x")
    (root / "Thumbs.db").write_bytes(b"x")
    assert unread_files.count(source, layout.raw("own")) == 1
    params = replace(config.load(), sources={"own": source})
    monkeypatch.setattr(status.source_changes, "last_settings", lambda _: source)
    (said,) = status._unread(params)
    assert said.startswith(
        "own: new files in its folder, which no run has read: 1; to read them: raise sources.own.rev"
    )
    monkeypatch.setattr(status.source_changes, "last_settings", lambda _: replace(source, revision=2))
    assert not list(status._unread(params))


def test_a_folder_is_counted_as_it_is_read(tmp_path: Path) -> None:
    """Links are entries, too, and are not followed."""
    root = tmp_path / "own"
    (root / "a/b/c").mkdir(parents=True)
    for place in ("1.jpg", "a/2.jpg", "a/b/3.jpg", "a/b/.hidden"):
        (root / place).write_bytes(b"x")
    (root / "a/link").symlink_to(root / "a/b")
    (root / "dangling").symlink_to(tmp_path / "nowhere")
    assert sorted(walking.file_names(root)) == sorted(entry.name for entry in walking.folder_entries(root))
    assert walking.count_files(root) == 6
    assert walking.count_files(tmp_path / "nowhere") == 0


@pytest.mark.slow
def test_a_folder_says_how_many_files_it_is_at(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted first, so that the time left is known."""
    folder(project / "mine", {f"{number}.jpg": encoded(number) for number in range(3)})
    totals = []
    monkeypatch.setattr(
        "silverprint.adapters.archive.read.track", lambda items, _, total, unit: totals.append((total, unit)) or items
    )
    assert cli.main(["source", "add", "mine", "--folder", "mine"]) == cli.main(["acquire", "mine"]) == 0
    assert totals == [(3, "files")]
