"""Overwritten bytes: gone from the shard, every other picture where it was."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from silverprint.errors import DataError
from silverprint.store import ShardReader, ShardWriter
from silverprint.store.shards import purge
from silverprint.store.shards.verify import inspect
from tests.store.test_shards import PAYLOADS, add, named, written

GONE = [named(PAYLOADS[number]) for number in (3, 4, 12)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = written(tmp_path / "web", PAYLOADS, max_pictures=5)
    with ShardWriter(root) as writer:
        add(writer, PAYLOADS[3], "again")
    return root


@pytest.mark.slow
def test_the_bytes_are_gone_and_the_rest_stays_where_it_was(root: Path) -> None:
    before = {path.name: path.read_bytes() for path in root.glob("*.tar")}
    changed = {path.name for path in purge.purge(root, GONE)}
    assert changed == {
        "shard-00000.tar",
        "index-00000.parquet",
        "shard-00002.tar",
        "index-00002.parquet",
        "index-00004.parquet",
    }
    everything = b"".join(path.read_bytes() for path in root.glob("*.tar"))
    for number in (3, 4, 12):
        assert PAYLOADS[number] not in everything
    for name, data in before.items():
        assert len((root / name).read_bytes()) == len(data)
    reader = ShardReader(root)
    left = [payload for number, payload in enumerate(PAYLOADS) if number not in (3, 4, 12)]
    assert [data for _, data in reader.scan()] == left
    with pytest.raises(DataError, match="no such picture"):
        reader.read(GONE[:1])
    rows = reader.index().filter(pl.col("image_id").is_in(GONE))
    assert rows["outcome"].unique().to_list() == ["purged"]
    assert rows.height == 4
    assert list(inspect(root)) == []
    assert purge.purge(root, GONE) == []


def test_a_kill_between_shard_and_index_is_mended_by_the_next_call(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(purge.tables, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            purge.purge(root, GONE)
    assert any("not those that were stored" in fault.what for fault in inspect(root))
    purge.purge(root, GONE)
    assert list(inspect(root)) == []


def test_a_file_that_the_cache_holds_too_is_not_written_into(root: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cached"
    cached.hardlink_to(root / "shard-00000.tar")
    digest = hashlib.sha256(cached.read_bytes()).hexdigest()
    purge.purge(root, GONE)
    assert hashlib.sha256(cached.read_bytes()).hexdigest() == digest


def test_bytes_that_came_back_are_found(root: Path) -> None:
    shard = root / "shard-00000.tar"
    before = shard.read_bytes()
    purge.purge(root, GONE)
    shard.write_bytes(before)
    assert any("were to be purged and are not overwritten" in fault.what for fault in inspect(root))
