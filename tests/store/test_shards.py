"""Shards and their indexes: whole or absent, read back by name, appended and never rewritten."""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.errors import DataError, UnavailableError
from silverprint.records import RAW
from silverprint.store import ShardReader, ShardWriter, tables
from silverprint.store.shards import mmap_reader
from silverprint.store.shards.names import index_name, unfinished_index
from silverprint.store.shards.verify import inspect
from tests.helpers.examples import fewer


def named(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def add(writer: ShardWriter, payload: bytes, url: str = "u", form: str = "jpeg") -> str:
    return writer.add({"image_id": named(payload), "url": url, "format": form}, payload)


def written(root: Path, payloads: list[bytes], **limits: int) -> Path:
    with ShardWriter(root, **limits) as writer:
        for number, payload in enumerate(payloads):
            add(writer, payload, f"u{number}")
    return root


PAYLOADS = [bytes([number]) * (number * 97 + 1) for number in range(20)]
PLAIN_USE = "from pathlib import Path; from silverprint.store import ShardWriter\n"


@pytest.mark.slow
@settings(max_examples=40)
@given(
    st.lists(st.binary(min_size=1, max_size=2000), unique=True, max_size=12), st.integers(1, 3000), st.integers(1, 5)
)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], max_bytes: int, rows: int
) -> None:
    root = written(tmp_path_factory.mktemp("shards"), payloads, max_bytes=max_bytes, max_pictures=rows)
    reader = ShardReader(root)
    expected = [(named(payload), payload) for payload in payloads]
    assert list(reader.scan()) == expected
    assert list(reader.read([name for name, _ in reversed(expected)])) == expected[::-1]
    assert reader.index().schema == pl.Schema(RAW)
    assert sorted(reader.index()["url"]) == sorted(f"u{number}" for number in range(len(payloads)))


@pytest.mark.slow
@fewer(5)
@given(st.integers(1, 6), st.integers(1, 120), st.integers(0, 120))
def test_parts_grow_with_the_source(
    tmp_path_factory: pytest.TempPathFactory, least: int, first: int, second: int
) -> None:
    root = tmp_path_factory.mktemp("shards")
    for name, count in (("a", first), ("b", second)):  # of two runs
        with ShardWriter(root, max_pictures=least) as writer:
            for number in range(count):
                payload = f"{name} {number}".encode()
                writer.add({"image_id": named(payload), "format": "jpeg", "url": f"{name}{number}"}, payload)
    sizes = [pl.read_parquet(path).height for path in sorted(root.glob("index-*.parquet"))]
    assert sum(sizes) == first + second
    ends = {first, first + second}
    for number, size in enumerate(sizes):
        before = sum(sizes[:number])
        full = max(least, before // 16)
        assert size == full or (size < full and before + size in ends)


def test_other_tools_read_the_shards(tmp_path: Path) -> None:
    root = written(tmp_path / "web", PAYLOADS)
    with tarfile.open(root / "shard-00000.tar") as tar:
        found = {member.name: (member, tar.extractfile(member).read()) for member in tar}  # type: ignore[union-attr]
    assert {name: data for name, (_, data) in found.items()} == {f"{named(data)}.jpg": data for data in PAYLOADS}
    rows = ShardReader(root).index().filter(pl.col("outcome") == "stored")
    assert {row["image_id"]: row["offset"] for row in rows.iter_rows(named=True)} == {
        name.removesuffix(".jpg"): member.offset_data for name, (member, _) in found.items()
    }


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, PAYLOADS, max_pictures=7) for name in ("a", "b"))
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {p.name: p.read_bytes() for p in second.iterdir()}


def test_a_copy_points_to_the_stored_picture_in_this_and_in_older_parts(tmp_path: Path) -> None:
    with ShardWriter(tmp_path) as writer:
        assert [add(writer, b"one", "a"), add(writer, b"one", "b")] == ["stored", "duplicate"]
    with ShardWriter(tmp_path) as writer:
        assert named(b"one") in writer
        assert writer.add({"image_id": named(b"one"), "url": "c"}) == "duplicate"
    frame = ShardReader(tmp_path).index()
    assert frame["url"].to_list() == ["a", "b", "c"]
    assert frame.select("shard", "offset", "size", "stored_sha256", "format").n_unique() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "index-00000.parquet", "index-00001.parquet", "shard-00000.tar",
    ]  # fmt: skip
    assert len(list(ShardReader(tmp_path).scan())) == 1


def test_a_second_writer_appends_and_touches_nothing(tmp_path: Path) -> None:
    written(tmp_path, PAYLOADS[:9], max_pictures=4)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    written(tmp_path, PAYLOADS[9:])
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert before.items() < after.items()
    assert dict(ShardReader(tmp_path).scan()) == {named(payload): payload for payload in PAYLOADS}


def test_a_writer_that_got_nothing_leaves_nothing(tmp_path: Path) -> None:
    written(tmp_path / "web", [])
    assert list((tmp_path / "web").iterdir()) == []
    assert ShardReader(tmp_path / "web").index().is_empty()
    assert list(ShardReader(tmp_path).scan()) == []


def test_rows_without_a_picture_need_no_shard(tmp_path: Path) -> None:
    with ShardWriter(tmp_path) as writer:
        writer.add({"url": "u", "outcome": "failed", "reason": "http-404"})
    assert [path.name for path in tmp_path.iterdir()] == ["index-00000.parquet"]
    assert ShardReader(tmp_path).index()["reason"].to_list() == ["http-404"]


def test_an_exception_drops_the_open_part_only(tmp_path: Path) -> None:
    def crash() -> None:
        with ShardWriter(tmp_path, max_pictures=2) as writer:
            for payload in PAYLOADS[:3]:
                add(writer, payload)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index-00000.parquet", "shard-00000.tar"]


@pytest.mark.slow
def test_what_a_kill_left_is_removed_and_its_number_used_again(tmp_path: Path) -> None:
    written(tmp_path, PAYLOADS[:2])
    killed = PLAIN_USE + (
        "import os\nwriter = ShardWriter(Path('.'))\n"
        "writer.add({'image_id': 'a' * 64, 'format': 'png'}, bytes(9_000_000)); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed], cwd=tmp_path, check=False)
    assert (tmp_path / ".shard-00001.tar.part").exists()
    assert dict(ShardReader(tmp_path).scan()) == {named(payload): payload for payload in PAYLOADS[:2]}
    written(tmp_path, PAYLOADS[2:])
    assert dict(ShardReader(tmp_path).scan()) == {named(payload): payload for payload in PAYLOADS}
    assert sorted(path.name for path in tmp_path.glob("*.tar")) == ["shard-00000.tar", "shard-00001.tar"]
    assert not list(tmp_path.glob(".*"))


def test_a_kill_between_the_two_names_of_a_part_loses_nothing(tmp_path: Path) -> None:
    written(tmp_path, PAYLOADS[:4], max_pictures=2)
    last = tmp_path / "index-00001.parquet"
    last.rename(unfinished_index(last))
    assert [fault.leftover for fault in inspect(tmp_path)] == [True, False]
    written(tmp_path, PAYLOADS[4:])
    assert dict(ShardReader(tmp_path).scan()) == {named(payload): payload for payload in PAYLOADS}
    assert list(inspect(tmp_path)) == []


def test_an_index_whose_shard_was_not_named_yet_is_dropped(tmp_path: Path) -> None:
    written(tmp_path, PAYLOADS[:4], max_pictures=2)
    last = tmp_path / "index-00001.parquet"
    last.rename(unfinished_index(last))
    (tmp_path / "shard-00001.tar").rename(tmp_path / ".shard-00001.tar.part")
    written(tmp_path, PAYLOADS[2:])
    assert dict(ShardReader(tmp_path).scan()) == {named(payload): payload for payload in PAYLOADS}
    assert list(inspect(tmp_path)) == []


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda root: (root / "shard-00000.tar").unlink(), UnavailableError),
        (lambda root: os.truncate(root / "shard-00000.tar", 700), DataError),
        (lambda root: (root / "index-00000.parquet").unlink(), DataError),
        (lambda root: (root / "index-00001.parquet").unlink(), DataError),
    ],
)
def test_nothing_is_appended_to_a_source_that_lost_something(tmp_path: Path, harm, error) -> None:
    written(tmp_path, PAYLOADS[:4], max_pictures=2)
    harm(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(error, match="dvc checkout"):
        ShardWriter(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert [fault.leftover for fault in inspect(tmp_path)].count(False) > 0


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "sizes"), [(2_000_000, [900_000] * 4), (3_000, [10]), (12_000, [10] * 500)])
def test_a_full_disk_is_one_error_and_nothing_half_written(tmp_path: Path, limit: int, sizes: list[int]) -> None:
    """The limit strikes the tar, the small index, the large index."""
    written(tmp_path, PAYLOADS[:2])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code = PLAIN_USE + (
        "import os, resource; from silverprint.errors import DiskError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "try:\n"
        "    with ShardWriter(Path('.')) as writer:\n"
        f"        for number, size in enumerate({sizes}):\n"
        "            name = os.urandom(32).hex()\n"
        "            row = {'image_id': name, 'format': 'jpeg', 'url': os.urandom(99).hex(), 'page_url': name}\n"
        "            writer.add(row, os.urandom(size))\n"
        "except DiskError as error: raise SystemExit(error.exit_code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 74, done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_after_a_full_disk_the_writer_does_not_remember_what_it_lost(tmp_path: Path) -> None:
    with ShardWriter(tmp_path) as writer:
        add(writer, b"lost")
        writer.discard()
        assert named(b"lost") not in writer
        assert add(writer, b"lost") == "stored"


def test_an_unknown_picture_is_told_at_once(tmp_path: Path) -> None:
    reader = ShardReader(written(tmp_path, PAYLOADS))
    with pytest.raises(DataError, match="no such picture"):
        reader.read([named(PAYLOADS[0]), "0" * 64])


def test_a_new_name_needs_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="comes without bytes"):
        ShardWriter(tmp_path).add({"image_id": "0" * 64, "format": "jpeg"})


def test_several_sources_are_read_as_one(tmp_path: Path) -> None:
    written(tmp_path / "raw" / "web", PAYLOADS[:8])
    written(tmp_path / "raw" / "partner", PAYLOADS[5:])
    parent, both = ShardReader(tmp_path / "raw"), ShardReader([tmp_path / "raw" / name for name in ("web", "partner")])
    for reader in (parent, both):
        assert len(list(reader.scan())) == len(PAYLOADS)
        assert dict(reader.read([named(payload) for payload in PAYLOADS])) == dict(reader.scan())
        assert len(reader.index()) == 8 + 15


@pytest.mark.slow
def test_more_shards_than_may_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mmap_reader, "_OPEN", 40)
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    payloads = [number.to_bytes(2) for number in range(300)]
    reader = ShardReader(written(tmp_path, payloads, max_pictures=2))
    order = payloads[::2] + payloads[1::2]
    assert [data for _, data in reader.read([named(payload) for payload in order])] == order
    unfinished = reader.scan()
    next(unfinished)
    del unfinished
    assert len(list(descriptors.iterdir())) == before


def evict(path: Path) -> None:
    """Drops a file from the page cache."""
    descriptor = os.open(path, os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def test_pictures_are_the_same_from_the_cache_and_from_the_disk(tmp_path: Path) -> None:
    payloads = [number.to_bytes(2) * (1 + number * 17) for number in range(600)]
    reader = ShardReader(written(tmp_path, payloads))
    expected = [(named(payload), payload) for payload in payloads]
    backwards = [name for name, _ in expected[::-1]]
    for _ in range(2):
        evict(tmp_path / "shard-00000.tar")
        assert list(reader.read(backwards)) == expected[::-1]
        assert list(reader.scan()) == expected


def test_a_damaged_shard_is_told_with_its_remedy(tmp_path: Path) -> None:
    root = written(tmp_path / "web", PAYLOADS)
    shard = root / "shard-00000.tar"
    whole = shard.read_bytes()
    for broken in (whole[:4096], whole[:-2048], bytes(len(whole)), b"", whole[512:]):
        shard.write_bytes(broken)
        with pytest.raises(DataError, match=r"shard-00000\.tar.*dvc checkout"):
            list(ShardReader(root).scan())
    shard.unlink()
    with pytest.raises(UnavailableError, match=r"shard-00000\.tar.*dvc pull"):
        list(ShardReader(root).scan())


@pytest.mark.parametrize("offset", [-1, 0, 511, 2**40])
def test_an_index_that_points_elsewhere_is_told_with_its_remedy(tmp_path: Path, offset: int) -> None:
    root = written(tmp_path / "web", PAYLOADS[:1])
    index = root / index_name(0)
    rows = tables.read(index, RAW)
    tables.write(rows.with_columns(offset=pl.lit(offset)), index, RAW)
    with pytest.raises(DataError, match=r"shard-00000\.tar.*index says.*dvc checkout"):
        list(ShardReader(root).scan())


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="dvc pull"):
        ShardReader(tmp_path / "nowhere")
