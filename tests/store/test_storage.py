"""Storage of large files: the same shards whichever one is used, and nothing half written on a bad day."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silverprint import config, layout
from silverprint.commands.takedown import forms, places
from silverprint.commands.takedown import purge as purging
from silverprint.commands.takedown.survey import survey
from silverprint.errors import DataError, UnavailableError
from silverprint.stages import measure
from silverprint.store import ShardReader, ShardWriter, features
from silverprint.store.executor import cores, ray_cluster
from silverprint.store.s3 import Bucket
from silverprint.store.shards.purge import purge
from silverprint.store.shards.verify import inspect
from silverprint.store.storage import content, pointer, storage
from tests.helpers.album import jpeg, tile
from tests.helpers.faulty_s3 import Fault, faulty
from tests.helpers.s3 import Server
from tests.store.test_shards import PAYLOADS, add, named

pytestmark = pytest.mark.slow  # a real server

ADDRESS = "s3://bucket/objects"
PHOTO = jpeg(tile(0))
SMALL = st.lists(st.sampled_from(PAYLOADS[:8]), max_size=4)


@pytest.fixture(params=["disk", ADDRESS])
def named_storage(request: pytest.FixtureRequest) -> str:
    if request.param != "disk":
        request.getfixturevalue("server")
    return str(request.param)


def append(root: Path, where: str, payloads: list[bytes]) -> None:
    with ShardWriter(root, max_pictures=2, storage=storage(where)) as writer:
        for number, payload in enumerate(payloads):
            add(writer, payload, f"{number}-{named(payload)}")


def objects(server: Server) -> list[str]:
    return [f"s3://{name}" for name in server.files.find("bucket/objects")]


def test_the_contract_of_a_storage(named_storage: str, tmp_path: Path) -> None:
    path, finished = tmp_path / "shard-00000.tar", tmp_path / ".part"
    assert content.size(path) is None
    for data in (b"0123456789" * 50, b"abcdefghij" * 60):
        finished.write_bytes(data)
        storage(named_storage).publish(finished, path)
        assert not finished.exists()
        assert content.size(path) == len(data)
        with content.opened(path) as handle:
            assert handle.read() == data
            assert handle.seek(7) == 7
            assert handle.read(5) == data[7:12]
    content.overwrite(path, [(3, 4), (20, 1)])
    with content.opened(path) as handle:
        assert handle.read(24) == data[:3] + bytes(4) + data[7:20] + b"\0" + data[21:24]
    content.delete_purged(tmp_path)
    assert content.size(path) == len(data)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(SMALL, st.booleans(), SMALL), min_size=1, max_size=3))
def test_any_run_of_writes_purges_and_reads_is_the_same_on_both(
    server: Server, tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[list[bytes], bool, list[bytes]]]
) -> None:
    here, there, both = (tmp_path_factory.mktemp(name) for name in ("here", "there", "both"))
    for payloads, changed, purged in runs:
        append(here, "disk", payloads)
        append(there, ADDRESS, payloads)
        append(both, ADDRESS if changed else "disk", payloads)
        readers = [ShardReader(root) for root in (here, there, both)]
        names = [name for name, _ in readers[0].scan()][::-1]
        assert [list(one.scan()) for one in readers[1:]] == [list(readers[0].scan())] * 2
        assert [list(one.read(names)) for one in readers[1:]] == [list(readers[0].read(names))] * 2
        for root in (here, there, both):
            purge(root, [named(payload) for payload in purged])
            assert list(inspect(root)) == []
        indexes = [{path.name: path.read_bytes() for path in root.glob("index-*")} for root in (here, there, both)]
        assert indexes[1:] == [indexes[0]] * 2
    assert not list(there.glob("*.tar"))
    assert {pointer.read(path.with_suffix("")).address for path in there.glob("*.object")} <= set(objects(server))  # type: ignore[union-attr]


def test_an_object_that_is_there_is_not_sent_again(server: Server, tmp_path: Path) -> None:
    sent = server.log.read_text().count("PUT /bucket/objects/")
    for name in ("a/web", "b/web"):
        append(tmp_path / name, ADDRESS, PAYLOADS[5:7])
    found = [(tmp_path / name / "shard-00000.tar.object").read_bytes() for name in ("a/web", "b/web")]
    assert found[0] == found[1]
    assert len(objects(server)) == 1
    assert server.log.read_text().count("PUT /bucket/objects/") == sent + 1


def test_a_purge_leaves_no_object_and_no_version_with_the_picture(server: Server, tmp_path: Path) -> None:
    server.files.call_s3(
        "put_bucket_versioning", Bucket="bucket", VersioningConfiguration={"Status": "Enabled"}
    )  # deleting alone would keep the bytes
    append(tmp_path, ADDRESS, PAYLOADS[5:7])
    before = pointer.read(tmp_path / "shard-00000.tar")
    assert before is not None
    real, Bucket.delete = Bucket.delete, lambda *_: (_ for _ in ()).throw(UnavailableError("a", "b", "c"))  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(UnavailableError):  # a kill between the pointer and the deletion
            purge(tmp_path, [named(PAYLOADS[5])])
    finally:
        Bucket.delete = real  # type: ignore[method-assign]
    assert content.purged_objects(tmp_path) == [before.address]
    assert Bucket().versions(before.address)
    purge(tmp_path, [named(PAYLOADS[5])])
    assert not Bucket().versions(before.address)
    assert dict(ShardReader(tmp_path).scan()) == {named(PAYLOADS[6]): PAYLOADS[6]}
    assert list(inspect(tmp_path)) == []


@pytest.mark.parametrize("what", ["slow down", "cut"])
def test_a_bad_day_costs_no_byte(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: Fault) -> None:
    asked: dict[tuple[str, str], int] = {}

    def twice(method: str, path: str) -> Fault | None:
        asked[method, path] = asked.get((method, path), 0) + 1
        return what if asked[method, path] <= 2 else None

    with faulty(server.url, twice) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        append(tmp_path, ADDRESS, PAYLOADS[5:9])
        assert dict(ShardReader(tmp_path).scan()) == {named(payload): payload for payload in PAYLOADS[5:9]}
    assert any(method == "PUT" and count > 2 for (method, _), count in asked.items())


def test_an_upload_that_is_cut_off_leaves_no_object(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = os.urandom(12_000_000)
    monkeypatch.setattr("silverprint.store.s3._PIECE", 5 * 2**20)
    with faulty(server.url, lambda method, path: "cut" if "partNumber=2" in path else None) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(UnavailableError, match="S3 does not answer"):
            append(tmp_path, ADDRESS, [large])
    assert objects(server) == []
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    append(tmp_path, ADDRESS, [large])
    assert dict(ShardReader(tmp_path).scan()) == {named(large): large}


KILLED = """
import os
from pathlib import Path
from silverprint.store.storage import {module} as module
module.{name} = lambda *_: os.kill(os.getpid(), 9)
from tests.store.test_storage import ADDRESS, append
append(Path({root!r}), ADDRESS, [b"one", b"two"])
"""


@pytest.mark.parametrize(("module", "name"), [("bucket", "Bucket.upload"), ("pointer", "write")])
@pytest.mark.usefixtures("server")
def test_a_kill_leaves_a_part_whole_or_absent(tmp_path: Path, module: str, name: str) -> None:
    root = tmp_path / "web"
    code = KILLED.format(module=module, name=name, root=str(root))
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert ShardReader(root).index().is_empty()
    append(root, ADDRESS, [b"one", b"two"])
    assert dict(ShardReader(root).scan()) == {named(data): data for data in (b"one", b"two")}
    assert not list(root.glob(".*"))


def test_what_is_lost_is_told(server: Server, tmp_path: Path) -> None:
    append(tmp_path, ADDRESS, PAYLOADS[5:7])
    there = pointer.pointer_path(tmp_path / "shard-00000.tar")
    server.files.rm(objects(server)[0])
    assert [fault.what.split(":")[-1] for fault in inspect(tmp_path)] == [" no such bucket or object"]
    with pytest.raises(UnavailableError, match=r"objects/.*/.*the shard is not there"):
        append(tmp_path, ADDRESS, PAYLOADS[7:8])
    there.write_text("half a poi")
    with pytest.raises(DataError, match=r"shard-00000\.tar\.object: not a readable pointer.*dvc checkout"):
        ShardReader(tmp_path)


def test_a_name_is_the_folder_and_the_hash_of_what_it_holds(tmp_path: Path, server: Server) -> None:
    append(tmp_path / "web", ADDRESS, PAYLOADS[5:7])
    [address] = objects(server)
    with Bucket().opened(address) as handle:
        data = handle.read()
    assert address == f"{ADDRESS}/web/{named(data)[:2]}/{named(data)[2:]}"


def test_a_purge_and_its_proof_find_what_a_killed_upload_left(
    server: Server, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = replace(config.load(), sources={"web": config.load().sources["web"]})
    append(layout.raw("web"), ADDRESS, [os.urandom(999), PHOTO])
    for folder in (layout.measured("web"), layout.EMBED):
        folder.mkdir(parents=True)
    whole = Path("whole.tar")
    with content.opened(layout.raw("web") / "shard-00000.tar") as handle:
        whole.write_bytes(handle.read() + bytes(512))
    left = server.files.put_file(str(whole), "bucket/objects/web/ab/left") or f"{ADDRESS}/web/ab/left"
    forms.keep_needles(params, [named(PHOTO)])
    look = purging.look_for([named(PHOTO)])
    before = [address for address in objects(server) if address != left]
    purge(layout.raw("web"), [named(PHOTO)])
    [place] = places.objects(params)
    assert list(survey(place, look).gone) == [left]
    purging._left_objects(place, look)
    assert not survey(place, look).gone
    assert f"{place.name}: 1 objects removed" in capsys.readouterr().err
    assert len(objects(server)) == 1
    assert objects(server) != before


def test_features_are_the_same_in_a_bucket_and_a_purge_leaves_no_row(named_storage: str, project: Path) -> None:
    params = replace(config.load(), storage=named_storage)
    rows = np.arange(12, dtype=np.float16).reshape(4, 3)
    features.write_description(layout.EMBED, {"blocks": {"final": 3}})
    for start, names in ((0, ["a", "b"]), (2, ["c", "d"])):
        features.append(layout.EMBED, names, [rows[start : start + 2]], storage(params.storage))
    assert len(list(layout.EMBED.glob("*.npy"))) == (2 if named_storage == "disk" else 0)
    assert np.array_equal(features.Features(layout.EMBED).matrix(["d", "a"]), rows[[3, 0]])
    before = content.local_copy(layout.EMBED / "part-00001.npy", layout.OBJECTS)
    assert [path.name for path in features.forget(layout.EMBED, ["d", "x"])] == ["part-00001.parquet"]
    assert features.Features(layout.EMBED).image_ids.to_list() == ["a", "b", "c"]
    assert np.array_equal(features.Features(layout.EMBED).matrix(["c", "b"]), rows[[2, 1]])
    if named_storage != "disk":
        assert not before.exists()
        [old] = content.purged_objects(layout.EMBED)
        assert Bucket().size(old) is None
        current = pointer.read(layout.EMBED / "part-00000.npy")
        assert current is not None
        (layout.OBJECTS / current.sha256).unlink()
        Bucket()._system.pipe_file(current.address, b"something else")
        with pytest.raises(DataError, match=r"its SHA-256 is not that of data/embed/part-00000\.npy\.object"):
            features.Features(layout.EMBED).matrix(["a"])


@pytest.mark.usefixtures("server")
def test_a_worker_without_the_project_reads_the_bucket_and_tells_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the test ends
    monkeypatch.setattr(cores, "_share", [])
    roots = Path("bucket/web"), Path("disk/web")
    for root, where in zip(roots, (ADDRESS, "disk"), strict=True):
        append(root, where, [PHOTO, PAYLOADS[5]])
    there, here = (ShardReader(root).stored for root in roots)
    alone = measure.measure_span(here)
    [found] = ray_cluster._work("/on/another/machine", measure.measure_span, [there], 1)
    assert found.equals(alone)
    with pytest.raises(
        UnavailableError, match=r"/on/another/machine: the project's folder is not on .* disk/web/shard"
    ):
        ray_cluster._work("/on/another/machine", measure.measure_span, [here], 1)
