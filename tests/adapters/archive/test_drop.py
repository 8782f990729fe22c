"""The archive channel: what a folder and a zip become, on the disk and on S3, and what can be neither."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pytest

from silverprint import config
from silverprint.errors import ConfigError, DataError, UnavailableError, UsageError
from silverprint.stages import acquire
from silverprint.store import ShardReader
from tests.helpers.drops import FILES, folder, rows, zipped
from tests.helpers.web_pictures import encoded

Taken: TypeAlias = Callable[[Path], None]

EXPECTED = {
    "pictures/a.jpg": ("stored", None, "CC0-1.0", "manifest", "bag"),
    "pictures/b.png": ("stored", None, "CC-BY-4.0", "source", "dress"),
    "pictures/c.jpg": ("duplicate", None, "CC-BY-4.0", "source", None),
    "pictures/gone.jpg": ("failed", "missing", "MIT", "manifest", None),
    "README.txt": ("failed", "not-an-image", "CC-BY-4.0", "source", None),
    "empty.jpg": ("failed", "empty", "CC-BY-4.0", "source", None),
    "large.jpg": ("refused", "too-large", "CC-BY-4.0", "source", None),
}


@pytest.mark.parametrize("make", [zipped, folder])
def test_a_drop_becomes_rows(taken: Taken, tmp_path: Path, make: Callable[..., Path], capsys) -> None:
    path = make(tmp_path / "drop", FILES)
    taken(path)
    columns = ("outcome", "reason", "license", "license_evidence", "source_label")
    found = {name: tuple(row[column] for column in columns) for name, row in rows(path).items()}
    # The two same pictures come in the order of the zip, or sorted.
    assert found == EXPECTED
    assert rows(path)["pictures/a.jpg"]["page_url"] == "https://example.org/a"
    assert all(row["robots"] == "n/a" and row["status"] is None for row in rows(path).values())
    assert encoded(1) in dict(ShardReader(Path("data/raw/partner")).scan()).values()
    said = capsys.readouterr().err
    assert "manifest.csv does not name 4 of 6 files" in said
    assert "missing 1" in said


def test_again_adds_nothing_and_more_adds_more(taken: Taken, tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", dict(FILES))
    taken(path)
    raw = Path("data/raw/partner")
    before = {part.name: part.read_bytes() for part in raw.glob("[!.]*")}
    taken(path)
    assert {part.name: part.read_bytes() for part in raw.glob("[!.]*")} == before
    zipped(path, {**FILES, "pictures/d.jpg": encoded(4)})
    taken(path)
    after = {part.name: part.read_bytes() for part in raw.glob("[!.]*")}
    assert before.items() < after.items()
    assert len(ShardReader(raw).index()) == len(EXPECTED) + 1


def test_what_is_not_there_says_what_to_do(acquired: Taken, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"sources\.partner\.path.*make demo"):
        acquired(tmp_path / "nowhere.zip")
    with pytest.raises(UsageError, match="no such source"):
        acquire.run(config.load(), "nobody")


def test_a_path_too_long_to_be_one_is_not_there(acquired: Taken, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no such folder or file"):
        acquired(tmp_path / ("a" * 5_000))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("make", [zipped, folder])
def test_a_drop_that_is_closed_to_us(acquired: Taken, tmp_path: Path, make: Callable[..., Path]) -> None:
    path = make(tmp_path / "drop", FILES)
    path.chmod(0)
    with pytest.raises(UnavailableError, match=r"cannot be (read|listed).*owner and mode"):
        acquired(path)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


NO_DROP: dict[str, Callable[[Path], object]] = {
    "pipe": _pipe,
    "socket": _socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "picture": lambda path: path.write_bytes(encoded(1)),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"no zip"),
}


@pytest.mark.parametrize("kind", NO_DROP)
def test_what_is_no_drop_is_told_and_never_waited_for(project: Path, tmp_path_factory, typed, kind: str) -> None:
    away = tmp_path_factory.mktemp("x")
    NO_DROP[kind](away / "drop")
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("path: var/demo/partner.zip", f"path: {away / 'drop'}"))
    done = typed("acquire", "partner", cwd=project)
    assert (done.returncode, done.stderr.count("\n")) == (ConfigError.exit_code, 1)
    assert f"sources.partner.path = '{away / 'drop'}': must be a folder, a zip, a tar or an S3 prefix; " in done.stderr


def test_a_zip_without_its_end_is_told(taken: Taken, tmp_path: Path) -> None:
    path = zipped(tmp_path / "drop.zip", dict(FILES))
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(DataError, match=r"not a readable zip.*ask the partner"):
        taken(path)


def test_an_output_that_was_not_pulled_is_not_started_anew(taken: Taken, tmp_path: Path) -> None:
    Path("dvc.lock").write_text("stages:\n  acquire@partner:\n    outs:\n    - path: data/raw/partner\n")
    with pytest.raises(UnavailableError, match="dvc pull data/raw/partner"):
        taken(zipped(tmp_path / "drop.zip", dict(FILES)))
    assert not Path("data/raw/partner").exists()


def test_the_index_is_what_readers_expect(taken: Taken, tmp_path: Path) -> None:
    taken(zipped(tmp_path / "drop.zip", dict(FILES)))
    frame = ShardReader(Path("data/raw")).index()
    there = frame.filter(pl.col("image_id").is_not_null())
    assert (
        there.select("shard", "offset", "size", "stored_sha256", "format", "fetched_at").null_count().row(0) == (0,) * 6
    )
    assert frame["source"].unique().to_list() == ["partner"]
