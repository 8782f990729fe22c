"""DVC's cache and remotes as places: what is there, read, removed; what is not there is an error, never nothing."""

from pathlib import Path

import pytest

from silverprint.dvcfiles import storage
from silverprint.errors import UnavailableError
from tests.helpers import s3

OBJECT = "files/md5/a1/" + "b2" * 15


def configure(url: str, *more: str) -> None:
    lines = ["[core]", "    no_scm = true", "['remote \"far\"']", f"    url = {url}", *(f"    {line}" for line in more)]
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("\n".join(lines) + "\n")


@pytest.mark.slow
def test_a_folder_is_a_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    configure("../far")
    path = tmp_path / "far" / OBJECT
    path.parent.mkdir(parents=True)
    path.write_bytes(b"content")
    far = storage.remote("far")
    [(found, size)] = far.files()
    assert (Path(found), size) == (path, 7)
    assert storage.md5_of(found) == "a1" + "b2" * 15
    assert far.read(found, lambda stream: stream.read()) == b"content"
    far.remove([found])
    assert not list(far.files())
    assert storage.remote_names() == ["far"]


def test_a_place_that_is_not_there_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    configure("../far")
    for place in (storage.remote("far"), storage.cache()):
        with pytest.raises(UnavailableError, match="is not there"):
            list(place.files())
    with pytest.raises(UnavailableError, match="remote near: DVC cannot use it"):
        storage.remote("near")


def test_a_folder_without_dvc_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not storage.is_used()
    with pytest.raises(UnavailableError, match="DVC cannot use it"):
        storage.cache()


@pytest.mark.parametrize(
    "path", ["/runs/ab/" + "c" * 62, "/files/md5/a1/short", "index.html", "/a1/" + "b2" * 15 + ".dix"]
)
def test_other_files_are_no_objects(path: str) -> None:
    assert storage.md5_of(path) is None


def test_lists_of_folders_are_objects() -> None:
    assert storage.md5_of(f"bucket/{OBJECT}.dir") == "a1" + "b2" * 15 + ".dir"


@pytest.mark.slow
def test_a_bucket_is_a_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with s3.started(tmp_path) as running:
        server = s3.emptied(running, tmp_path, monkeypatch)
        server.put(**{f"dvc/{OBJECT}": b"content", "other": b"not ours"})
        configure("s3://bucket/dvc", f"endpointurl = {server.url}")
        far = storage.remote("far")
        assert [size for _, size in far.files()] == [7]
        [(found, _)] = far.files()
        assert far.read(found, lambda stream: stream.read()) == b"content"
        far.remove([found])
        assert server.files.find("bucket") == ["bucket/other"]
    with pytest.raises(UnavailableError):
        list(storage.remote("far").files())
