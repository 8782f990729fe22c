"""The doctor finds every kind of damage that a shard or an index can have, and nothing in sound ones."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from silverprint.commands import doctor
from silverprint.errors import DataError, UnavailableError
from silverprint.records import RAW
from silverprint.store import ShardReader, ShardWriter, tables
from silverprint.store.shards.verify import inspect
from tests.store.test_shards import PAYLOADS, add, written


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Twenty pictures in parts of five, one of them shown twice, and two failures."""
    root = written(tmp_path / "data/raw/web", PAYLOADS, max_pictures=5)
    with ShardWriter(root) as writer:
        add(writer, PAYLOADS[3], "again")
        writer.add({"outcome": "failed", "reason": "http-404", "url": "gone"})
        add(writer, b"one more", "new")
    return root


def rewrite(path: Path, **columns: pl.Expr) -> None:
    tables.write(tables.read(path, RAW).with_columns(**columns), path, RAW)


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def drop_last(path: Path) -> None:
    tables.write(tables.read(path, RAW).head(-1), path, RAW)


def place(root: Path, number: int) -> int:
    return int(tables.read(root / f"index-{number:05d}.parquet", RAW)["offset"][0])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:900])


def lose(root: Path, *names: str) -> None:
    for name in names:
        (root / name).unlink()


def copy_part(root: Path) -> None:
    for old, new in (("shard-00000.tar", "shard-00009.tar"), ("index-00000.parquet", "index-00009.parquet")):
        shutil.copy(root / old, root / new)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a payload": (lambda r: flip(r / "shard-00001.tar", place(r, 1)), "not those that were stored"),
    "a header": (lambda r: flip(r / "shard-00001.tar", place(r, 1) - 512), "not in the shard|not a readable tar"),
    "a cut shard": (lambda r: cut(r / "shard-00001.tar"), "not a readable tar|not in the shard"),
    "an empty shard": (lambda r: (r / "shard-00001.tar").write_bytes(b""), "not a readable tar"),
    "no shard": (lambda r: lose(r, "shard-00002.tar"), "names 5 pictures"),
    "another shard": (lambda r: shutil.copy(r / "shard-00000.tar", r / "shard-00001.tar"), "not in the shard"),
    "a row lost": (lambda r: drop_last(r / "index-00002.parquet"), "in the shard and not in its index"),
    "an offset": (lambda r: rewrite(r / "index-00001.parquet", offset=pl.col("offset") + 512), "not where its index"),
    "no Parquet": (lambda r: (r / "index-00001.parquet").write_bytes(b"PAR1"), "not a readable table"),
    "stored twice": (copy_part, "a second time"),
    "a duplicate of nothing": (lambda r: lose(r, "index-00000.parquet", "shard-00000.tar"), "duplicate of nothing"),
}


def test_sound_parts_have_no_fault(root: Path) -> None:
    assert list(inspect(root)) == []


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(root: Path, kind: str) -> None:
    damage, said = DAMAGE[kind]
    damage(root)
    faults = list(inspect(root))
    assert faults
    assert all(not fault.leftover for fault in faults)
    assert any(re.search(said, fault.what) for fault in faults), faults


@pytest.mark.parametrize("missing", range(1, 12))
def test_a_shard_that_lacks_a_few_bytes_of_its_last_picture_is_not_used(root: Path, missing: int) -> None:
    index = tables.read(root / "index-00001.parquet", RAW).filter(pl.col("outcome") == "stored").sort("offset")
    end = int(index["offset"][-1] + index["size"][-1])
    shard = root / "shard-00001.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:end])  # what follows are a tar's zeros
    assert [name for name, _ in ShardReader([root]).read([index["image_id"][-1]])] == [index["image_id"][-1]]
    shard.write_bytes(whole[: end - missing])
    with pytest.raises(DataError, match=f"{end - missing} bytes, where its index names pictures up to {end}"):
        ShardWriter(root)
    with pytest.raises(DataError, match="where the index says"):
        list(ShardReader([root]).read([index["image_id"][-1]]))
    assert any(fault.path == shard for fault in inspect(root))


def test_what_a_kill_left_is_mended_and_the_rest_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    params = type("Params", (), {"sources": {"web": None}})()
    (root / ".shard-00005.tar.part").write_bytes(b"half")
    before = {path.name for path in root.iterdir()}
    with pytest.raises(DataError, match=r"1 of 1 faults\); run: silverprint doctor --fix"):
        doctor.run(params, fix=False)
    assert {path.name for path in root.iterdir()} == before
    doctor.run(params, fix=True)
    assert {path.name for path in root.iterdir()} == before - {".shard-00005.tar.part"}
    assert "every picture is where its index says" in capsys.readouterr().err
    flip(root / "shard-00001.tar", place(root, 1))
    with pytest.raises(DataError, match="restore it from a copy, or remove data/raw/web"):
        doctor.run(params, fix=True)


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_the_cache_has_whole_is_brought_back(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    params = type("Params", (), {"sources": {"web": None}})()
    before = {path.name: path.read_bytes() for path in root.iterdir()}
    cache(Path("data/raw/web"))
    DAMAGE[kind][0](root)
    with pytest.raises(DataError):
        doctor.run(params, fix=False)
    if kind == "stored twice":  # a part that DVC does not know
        with pytest.raises(DataError, match="a second time"):
            doctor.run(params, fix=True)
        return
    doctor.run(params, fix=True)
    assert {path.name: path.read_bytes() for path in root.iterdir()} == before


def test_what_a_run_noted_for_the_next_one_may_be_removed(root: Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (root / ".whole").write_text("{}")
    cache(Path("data/raw/web"))
    (root / ".whole").unlink()
    doctor.run(type("Params", (), {"sources": {"web": None}})(), fix=True)


def cache(output: Path) -> None:
    """The files of an output where DVC would cache them, and a dvc.lock that names them."""
    listing = []
    for path in sorted(output.iterdir()):
        data = path.read_bytes()
        listing.append({"md5": kept(data), "relpath": path.name})
    md5 = kept(json.dumps(listing).encode(), ".dir")
    lock = f"stages:\n  acquire@web:\n    outs:\n    - path: {output}\n      md5: {md5}\n"
    Path("dvc.lock").write_text(lock)


def kept(data: bytes, ending: str = "") -> str:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() + ending
    place = Path(".dvc/cache/files/md5") / md5[:2] / md5[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return md5


def test_nothing_to_look_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    params = type("Params", (), {"sources": {"web": None}})()
    with pytest.raises(UnavailableError, match=r"run: silverprint repro$"):
        doctor.run(params, fix=False)
    Path("dvc.lock").write_text("stages: {acquire@web: {outs: [{path: data/raw/web, md5: 0.dir}]}}")
    with pytest.raises(UnavailableError, match=r"run: dvc pull data/raw/web$"):
        doctor.run(params, fix=False)
