"""The same reader over shards on S3, on a server that speaks S3 (moto's, in an environment of its own: make s3-env)."""

from pathlib import Path

import pytest

from silverprint.errors import ConfigError, DataError, NotAllowedError, UnavailableError
from silverprint.store import ShardReader
from silverprint.store.shards import remote
from tests.helpers.s3 import Server
from tests.store.test_shards import PAYLOADS, named, written

pytestmark = pytest.mark.slow


@pytest.fixture
def raw(server: Server, tmp_path: Path) -> Path:
    """Two sources on this disk and, the same files, below s3://bucket/raw."""
    written(tmp_path / "raw" / "partner", PAYLOADS[12:], max_pictures=5)
    written(tmp_path / "raw" / "web", PAYLOADS[:15], max_pictures=4)
    server.put(**{path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.glob("raw/*/*")})
    return tmp_path / "raw"


@pytest.mark.parametrize("batch", [1, 3, 256])
def test_it_reads_what_the_disk_reads(raw: Path, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_BATCH", batch)
    there, here = ShardReader("s3://bucket/raw/"), ShardReader(raw)
    assert there.index().equals(here.index())
    assert list(there.scan()) == list(here.scan())
    shuffled = [named(payload) for payload in PAYLOADS[::3] + PAYLOADS[1::3] + PAYLOADS[:1]]
    assert list(there.read(shuffled)) == list(here.read(shuffled))
    assert list(there.read([])) == []
    one, two = ShardReader("s3://bucket/raw/web"), ShardReader(["s3://bucket/raw/web", "s3://bucket/raw/partner"])
    assert list(one.scan()) == list(ShardReader(raw / "web").scan())
    assert dict(two.scan()) == dict(here.scan())


def test_neighbours_come_in_one_request(raw: Path, running: Server) -> None:
    reader = ShardReader("s3://bucket/raw/web")
    before = len(running.got())
    assert len(list(reader.scan())) == 15
    assert len(running.got()) - before == 4  # one a shard


def test_a_reader_that_is_left_early_leaves_quietly(raw: Path) -> None:
    reading = ShardReader("s3://bucket/raw").scan()
    next(reading)
    reading.close()  # type: ignore[attr-defined]


def test_what_is_not_there_or_closed_is_told(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnavailableError, match=r"s3://bucket/june.*no such bucket or object"):
        ShardReader("s3://bucket/june")
    with pytest.raises(ConfigError, match="some are on S3"):
        ShardReader(["s3://bucket/raw/web", raw / "partner"])
    with pytest.raises(DataError, match="no such picture in s3://bucket/raw/web"):
        ShardReader("s3://bucket/raw/web").read(["0" * 64])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(NotAllowedError, match="AWS_ACCESS_KEY_ID"):
        ShardReader("s3://bucket/raw")


def test_a_shard_that_is_damaged_or_gone_is_told(raw: Path, running: Server) -> None:
    whole = (raw / "web/shard-00000.tar").read_bytes()
    for broken in (whole[:1200], bytes(len(whole)), whole[512:], b""):
        running.put(**{"raw/web/shard-00000.tar": broken})
        with pytest.raises(DataError, match=r"s3://bucket/raw/web/shard-00000\.tar.*copy the shard"):
            list(ShardReader("s3://bucket/raw/web").scan())
    running.files.rm("bucket/raw/web/shard-00000.tar")
    with pytest.raises(UnavailableError, match=r"shard-00000\.tar.*no such bucket or object"):
        list(ShardReader("s3://bucket/raw/web").scan())
    running.put(**{"raw/web/index-00000.parquet": b"nonsense"})
    with pytest.raises(DataError, match=r"index-00000\.parquet: not a readable table"):
        ShardReader("s3://bucket/raw/web")


def test_a_server_that_does_not_answer_is_told(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(UnavailableError, match="S3 does not answer"):
        ShardReader("s3://bucket/raw")
