"""A picture in three versions of everything, withdrawn and purged: the proof finds nothing, but what is planted."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from PIL import Image, PngImagePlugin

from silverprint import annotation_registry, config, layout
from silverprint.adapters.plots.thumbnails import data_uri, thumbnail
from silverprint.annotation_backend import Page, Task
from silverprint.campaign import ledgers, served_copies
from silverprint.campaign.round_state import State
from silverprint.commands import takedown
from silverprint.commands.takedown import places
from silverprint.commands.takedown import purge as purging
from silverprint.dvcfiles import missing_outputs, purged_objects
from silverprint.errors import DataError, UnavailableError, UsageError
from silverprint.imaging.decode import decode
from silverprint.records import MEASURED, MINIATURES, QUEUE, THUMBNAILS, VOTES, conform
from silverprint.stages import measure
from silverprint.store import ShardReader, features, server_home, tables
from silverprint.store.traces import drawn_names
from tests.conftest import copy_project
from tests.helpers.album import Found, acquire, embed, jpeg, tile
from tests.helpers.memory_backend import MemoryBackend

PICTURES = [Found(jpeg(tile(number)), f"photos!{number}.jpg") for number in range(4)]
GONE, KEPT = PICTURES[0].image_id, PICTURES[1].image_id
DATA = PICTURES[0].data
CACHE, REMOTE = Path(".dvc/cache/files/md5"), Path("backup/files/md5")
DRAWINGS = layout.TRACKING / "artifacts/1/run/artifacts/figures"
EXPORT = layout.STUDIO / "data/export/project-2-at-2026-11-30-17-00-0123abcd.json"
DATABASE_LOG = layout.STUDIO / "data/label_studio.sqlite3-wal"
NAMING = f'[{{"data": {{"image": "/data/local-files/?d=campaign/r01/{GONE}.jpg"}}}}]'.encode()
WAL = b"\x37\x7f\x06\x82" + bytes(5_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures; three versions of what the pipeline makes of them are in DVC's cache and on its remote."""
    folder = tmp_path_factory.mktemp("made") / "campaign"
    folder.mkdir()
    copy_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make()
    return folder


@pytest.fixture(scope="module")
def made_purged(made: Path) -> Path:
    """The same, purged; `kept` has what was there before."""
    folder = made.with_name("purged")
    shutil.copytree(made, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        server = MemoryBackend()
        patch.setattr(annotation_registry, "connect", lambda wanted="": server)
        Path("kept").mkdir()
        shutil.copy(layout.raw("own") / "shard-00000.tar", "kept/shard")
        shutil.copy(layout.measured("own") / "part-00000.parquet", "kept/measured")
        shutil.copy(next(layout.EMBED.glob("*.npy")), "kept/npy")
        shutil.copy(layout.RELEASE / "parquet/train-00000-of-00001.parquet", "kept/release")
        run(purge=True, prove=True)
    return folder


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> MemoryBackend:
    server = MemoryBackend()
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": server)
    return server


@pytest.fixture
def campaign(made: Path, backend: MemoryBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, whose pictures are asked about."""
    return copied(made, tmp_path, monkeypatch, backend)


@pytest.fixture
def purged(made_purged: Path, backend: MemoryBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return copied(made_purged, tmp_path, monkeypatch, None)


def copied(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_on: MemoryBackend | None) -> Path:
    shutil.copytree(made, tmp_path / "campaign")
    monkeypatch.chdir(tmp_path / "campaign")
    if asked_on is not None:
        ask(asked_on, "r01")
    return tmp_path / "campaign"


def make() -> None:
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[core]\n    no_scm = true\n['remote \"backup\"']\n    url = ../backup\n")
    params = config.load()
    for source in params.sources:
        layout.raw(source).mkdir(parents=True)
        layout.measured(source).mkdir(parents=True)
    acquire("own", PICTURES)
    part = measure.measure([(one.image_id, one.data) for one in PICTURES])
    tables.write(part, layout.measured("own") / "part-00000.parquet", MEASURED | THUMBNAILS)
    embed(params)
    write_release()
    layout.REPORT.mkdir(parents=True)
    drawing(layout.REPORT / "contact-sheet.png")
    for number in range(3):
        (layout.REPORT / "index.html").write_text(f"<!doctype html><p>round {number}</p><img src='{tile_of()}'>")
        keep_version()
    drawing(DRAWINGS / "hardest.png", GONE, KEPT)
    drawing(DRAWINGS / "surest-mistakes.png", KEPT)
    serve("r01")
    miniatures()
    ask(MemoryBackend(), "r01")


def write_release() -> None:
    rows = {
        "image": [{"bytes": one.data, "path": f"{one.image_id}.jpg"} for one in PICTURES],
        "image_id": [one.image_id for one in PICTURES],
        "label": [0] * 4,
        "label_source": ["human"] * 4,
        "confidence": [1.0] * 4,
    }
    (layout.RELEASE / "parquet").mkdir(parents=True)
    pl.DataFrame(rows).write_parquet(layout.RELEASE / "parquet/train-00000-of-00001.parquet")
    for one in PICTURES:
        path = layout.RELEASE / f"imagefolder/train/0-cat/{one.image_id}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)


def tile_of(data: bytes = DATA) -> str:
    return data_uri(thumbnail(decode(data, shorter_side=112).pixels, 112))


def drawing(path: Path, *shows: str) -> None:
    """A drawing of many pictures; one of an earlier version does not say of which."""
    texts = PngImagePlugin.PngInfo()
    if shows:
        texts.add_text(drawn_names.KEY, " ".join(shows))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (9, 9)).save(path, pnginfo=texts)


def serve(name: str) -> None:
    path = served_copies.path("campaign", name, GONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(served_copies.shown(GONE, DATA, None))


def miniatures() -> None:
    rows = pl.DataFrame({"image_id": [GONE, KEPT], "miniature": [b"one", b"other"]})
    tables.write_cached(rows, layout.MINIATURES, "a rule", MINIATURES)


def ask(backend: MemoryBackend, name: str) -> None:
    project = backend.open("campaign", name, "crowd", "0" * 64, "title", Page("title", "do", ("cat", "dog")))
    backend.push(project, [Task.single(one.image_id, f"memory://{one.image_id}.jpg", 1) for one in PICTURES])
    queue = pl.DataFrame({"image_id": [one.image_id for one in PICTURES]})
    tables.write_ledger(conform(queue, QUEUE), layout.queue(name), QUEUE, ["image_id"])
    ledgers.write_votes(name, conform(pl.DataFrame(schema={"image_id": pl.String}), VOTES))
    State(name, "start", "closed", "campaign", backend.server, "0" * 64, ("cat", "dog")).save()


def keep_version() -> None:
    """Puts every output into the cache and onto the remote, as DVC does."""
    for output in (layout.raw("own"), layout.measured("own"), layout.EMBED, layout.RELEASE, layout.REPORT):
        entries = [
            {"md5": put(path.read_bytes()), "relpath": path.relative_to(output).as_posix()}
            for path in sorted(output.rglob("*"))
            if path.is_file()
        ]
        put(json.dumps(entries).encode(), ".dir")


def put(data: bytes, suffix: str = "", *places: Path) -> str:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() + suffix
    for place in places or (CACHE, REMOTE):
        path = place / md5[:2] / md5[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return md5


def run(*, purge: bool = False, prove: bool = False, yes: bool = True) -> None:
    takedown.run(config.load(), GONE, "asked" if purge or not prove else None, purge, prove, yes)


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_withdrawn_purged_proved(campaign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run()
    with pytest.raises(DataError, match=r"data (holds|names) the picture there"):
        run(prove=True)
    before = capsys.readouterr()
    for place in ("data", "var", "DVC's cache", "the remote backup", "Label Studio's tasks"):
        assert f"{place}: " in before.err
    run(purge=True, prove=True)
    assert "nothing that must go is left" in capsys.readouterr().err
    assert not layout.RELEASE.exists()
    assert not layout.REPORT.exists()
    everything = b"".join([*files(Path("data")).values(), *files(Path("backup")).values(), *files(CACHE).values()])
    assert DATA[2_000:3_000] not in everything


@pytest.mark.slow
def test_what_is_not_of_the_picture_stays(campaign: Path) -> None:
    page = f"<!doctype html><img src='{tile_of(PICTURES[1].data)}'>".encode()
    served = served_copies.shown(KEPT, PICTURES[1].data, None)
    others = [put(data) for data in (b"another file", PICTURES[1].data, page, served)]
    run(purge=True)
    assert [data for _, data in ShardReader(layout.raw("own")).read([KEPT])] == [PICTURES[1].data]
    assert features.Features(layout.EMBED).image_ids.sort().to_list() == sorted(one.image_id for one in PICTURES[1:])
    shown = tables.read_parts(layout.measured("own"), THUMBNAILS).drop_nulls("thumbnail")["image_id"].to_list()
    assert GONE not in shown
    assert len(shown) == 3
    assert all((place / md5[:2] / md5[2:]).exists() for md5 in others for place in (CACHE, REMOTE))
    assert (DRAWINGS / "surest-mistakes.png").exists()
    assert not (DRAWINGS / "hardest.png").exists()


@pytest.mark.slow
def test_a_second_purge_finds_nothing_to_do(purged: Path) -> None:
    before = files(Path())
    run(purge=True, prove=True)
    assert files(Path()) == before


PLANTS: dict[str, tuple[str, Callable[[MemoryBackend], object]]] = {
    "shard": ("data", lambda _: shutil.copy("kept/shard", layout.raw("own") / "shard-00000.tar")),
    "thumbnails": ("data", lambda _: shutil.copy("kept/measured", layout.measured("own") / "part-00000.parquet")),
    "features": ("data", lambda _: shutil.copy("kept/npy", layout.EMBED / "part-00000.npy")),
    "release": ("data", lambda _: write_release()),
    "page": ("data", lambda _: layout.queue_page("r02").write_text(f"<!doctype html>{GONE}")),
    "inbox": ("data", lambda _: plant(layout.inbox("own") / f"pictures/{GONE}", b"re-encoded")),
    "served copy": ("var", lambda _: serve("r03")),
    "miniature": ("var", lambda _: miniatures()),
    "MLflow drawing": ("var", lambda _: drawing(DRAWINGS / "hardest.png", GONE)),
    "list of answers": ("var", lambda _: plant(EXPORT, NAMING)),
    "log of a server's database": ("var", lambda _: plant(DATABASE_LOG, WAL + DATA)),
    "MLflow drawing of an earlier version": ("var", lambda _: drawing(DRAWINGS / "hardest.png")),
    "MLflow file": ("var", lambda _: plant(DRAWINGS / "any.bin", b"head" + DATA)),
    "cache": ("DVC's cache", lambda _: put(Path("kept/shard").read_bytes(), "", CACHE)),
    "list in the cache": ("DVC's cache", lambda _: put(f'[{{"relpath": "{GONE}.jpg"}}]'.encode(), ".dir", CACHE)),
    "remote": ("the remote backup", lambda _: put(Path("kept/measured").read_bytes(), "", REMOTE)),
    "release on the remote": ("the remote backup", lambda _: put(Path("kept/release").read_bytes(), "", REMOTE)),
    "Label Studio": ("Label Studio's tasks", lambda backend: ask(backend, "r01")),
}


def plant(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize("case", PLANTS)
def test_a_planted_miss_is_found(case: str, purged: Path, backend: MemoryBackend) -> None:
    place, plants = PLANTS[case]
    plants(backend)
    if case == "release":
        shutil.rmtree(layout.RELEASE / "imagefolder")
    with pytest.raises(DataError, match=f"{place} (holds|names) the picture there"):
        run(prove=True)


@pytest.mark.slow
def test_lists_of_answers_go_and_a_server_s_database_stays(
    purged: Path, backend: MemoryBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    """What names a picture is not said to hold it; nobody is told to remove a database."""
    shared = server_home.STUDIO.shared / "data-0123abcd/export" / EXPORT.name
    plant(EXPORT, NAMING)
    plant(DATABASE_LOG, WAL + NAMING)
    assert not places.is_removable(str(DATABASE_LOG))
    assert places.is_removable(str(shared.resolve()))
    run(purge=True, prove=True)
    assert not EXPORT.exists()
    assert DATABASE_LOG.exists()
    plant(DATABASE_LOG, WAL + DATA)
    plant(layout.VAR / "notes/of-mine.txt", NAMING)
    capsys.readouterr()
    with pytest.raises(DataError, match="remove it yourself"):
        run(purge=True, prove=True)
    said = capsys.readouterr().err
    assert f"{DATABASE_LOG}: holds the picture: stored bytes (picture {GONE[:8]}); never remove" in said
    assert "of-mine.txt: names the picture" in said
    assert "var: Silverprint did not write it: remove it yourself" in said  # each place says its own remedies
    assert "var: never remove a server's database" in said
    (layout.VAR / "notes/of-mine.txt").unlink()
    with pytest.raises(DataError, match="never remove a server's database"):
        run(prove=True)
    assert DATABASE_LOG.exists()


def test_what_git_has_is_told_with_what_removes_it(purged: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments], check=True, capture_output=True
        )

    git("init", "--quiet")
    plant(Path("docs/picture of it.jpg"), DATA)
    git("add", "docs")
    git("commit", "--quiet", "-m", "a page")
    git("rm", "--quiet", "docs/picture of it.jpg")
    git("commit", "--quiet", "-m", "no page")
    with pytest.raises(
        DataError, match=r"docs/picture of it\.jpg \(blob [0-9a-f]{40}\): Git's history holds .*filter-repo"
    ):
        run(prove=True)


def test_features_of_another_backbone_go_with_their_list(campaign: Path) -> None:
    listed = pl.DataFrame({"image_id": [KEPT, GONE]})
    listed.write_parquet("listed")
    rows = put(b"features that no needle knows")
    entries = [{"relpath": "part-00000.npy", "md5": rows}]
    entries += [{"relpath": "part-00000.parquet", "md5": put(Path("listed").read_bytes())}]
    version = put(json.dumps(entries).encode(), ".dir")
    run(purge=True)
    assert not (CACHE / rows[:2] / rows[2:]).exists()
    assert not (REMOTE / rows[:2] / rows[2:]).exists()
    assert purged_objects.when(rows)
    assert purged_objects.when(version)


@pytest.mark.slow
def test_an_old_version_says_that_it_was_purged(campaign: Path) -> None:
    entries = [{"md5": hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(), "relpath": path.name}
               for path in sorted(layout.raw("own").iterdir())]  # fmt: skip
    version = put(json.dumps(entries).encode(), ".dir")
    out = f"    - path: data/raw/own\n      md5: {version}\n"
    layout.LOCK.write_text(f"schema: '2.0'\nstages:\n  acquire@own:\n    cmd: x\n    outs:\n{out}")
    layout.LOCK.rename("old.lock")
    run(purge=True)
    Path("old.lock").rename(layout.LOCK)
    shutil.rmtree(layout.raw("own"))
    with pytest.raises(UnavailableError, match=r"data/raw/own: this version of it was purged on 20.* after that"):
        missing_outputs.require_pulled(layout.raw("own"))


def test_a_remote_is_asked_about_first(campaign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = files(Path("backup"))
    with pytest.raises(UsageError, match=r"delete \d+ objects for good from the remote backup: nobody is here"):
        run(purge=True, yes=False)
    assert files(Path("backup")) == there
    assert "the remote backup holds the picture in" in capsys.readouterr().err
    assert not layout.RELEASE.exists()


def test_what_cannot_be_reached_is_not_clean(purged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.move("backup", "elsewhere")
    with pytest.raises(UnavailableError, match="the remote backup: it was not looked at"):
        run(prove=True)
    shutil.move("elsewhere", "backup")

    def down(wanted: str = "") -> MemoryBackend:
        raise UnavailableError("Label Studio", "does not answer", "start it")

    monkeypatch.setattr(annotation_registry, "connect", down)
    with pytest.raises(UnavailableError, match="Label Studio's tasks: it was not looked at"):
        run(prove=True)


def test_a_lost_needle_is_no_lost_proof(purged: Path) -> None:
    shutil.rmtree(layout.NEEDLES)
    look = purging.look_for([GONE])
    assert not look.digests.keys() - {GONE}
    write_release()
    with pytest.raises(DataError, match="data holds the picture there"):
        run(prove=True)


def test_only_a_takedown_is_proved(campaign: Path) -> None:
    with pytest.raises(UsageError, match=r"no picture of it was taken down; run: .* --purge --prove"):
        run(prove=True)


@pytest.mark.slow
def test_an_mlflow_elsewhere_is_reached(campaign: Path, tmp_path_factory, monkeypatch) -> None:
    from mlflow import MlflowClient

    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    client = MlflowClient(tracking_uri=uri)
    experiment = client.create_experiment(config.load().dataset.name, artifact_location=(folder / "stored").as_uri())
    runs = [client.create_run(experiment).info.run_id for _ in range(2)]
    for run_id, shows in zip(runs, ((GONE, KEPT), (KEPT,)), strict=True):
        drawing(folder / "hardest.png", *shows)
        client.log_artifact(run_id, str(folder / "hardest.png"), "figures")
    client.delete_run(runs[0])
    run(purge=True, prove=True)
    left = [path for path in (folder / "stored").rglob("*.png") if path.is_file()]
    assert [path.parts[-4] for path in left] == [runs[1]]
    drawing(folder / "hardest.png", GONE)
    client.log_artifact(runs[1], str(folder / "hardest.png"), "figures")
    with pytest.raises(DataError, match=r"MLflow at sqlite:.* names the picture there"):
        run(prove=True)
