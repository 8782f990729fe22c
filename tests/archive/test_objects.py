"""An S3 prefix, on a server that speaks S3 (moto's, in an environment of its own: make s3-env)."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import s3fs

from silverprint.adapters.archive import drop
from silverprint.adapters.archive.objects import object_entries
from silverprint.errors import ConfigError, NotAllowedError, UnavailableError
from tests.archive.drops import FILES, rows
from tests.contracts.digests import ROOT
from tests.crawl.pictures import encoded
from tests.e2e.harness import free_port

pytestmark = pytest.mark.slow

Taken: TypeAlias = Callable[[Any], None]


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def got(self) -> list[str]:
        """The objects that were asked for so far."""
        return re.findall(r"GET /bucket/(\S+) HTTP", self.log.read_text())

    def files(self) -> Any:
        return s3fs.S3FileSystem(skip_instance_cache=True)

    def put(self, **objects: bytes) -> None:
        files = self.files()
        for key, data in objects.items():
            files.pipe_file(f"bucket/{key}", data)


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    environment = Path(os.environ.get("SILVERPRINT_S3_ENV", ROOT / ".venv-s3"))
    if not (environment / "bin/moto_server").exists():
        message = "the S3 server's environment is missing: make s3-env"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    port, log = free_port(), folder / "s3.log"
    command = [environment / "bin/moto_server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            _await(f"http://127.0.0.1:{port}", process)
            yield Server(process, log, f"http://127.0.0.1:{port}")
        finally:
            process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def server(running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    return filled(running, tmp_path, monkeypatch)


def filled(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server with the drop below bucket/may, and this process's environment for it alone."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "EC2_METADATA_DISABLED": "true", "CONFIG_FILE": str(tmp_path / "none"), "MAX_ATTEMPTS": "1",
        "SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "ENDPOINT_URL": server.url,
        "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    httpx.post(f"{server.url}/moto-api/reset").raise_for_status()
    server.files().mkdir("bucket")
    server.put(**{f"may/{name}": data for name, data in FILES.items()})
    return server


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the S3 server does not answer")


def found() -> dict[str, tuple[object, object]]:
    prefix = "s3://bucket/may/"
    return {url.removeprefix(prefix): (row["outcome"], row["reason"]) for url, row in rows(Path("-")).items()}


def test_a_prefix_becomes_rows_and_what_is_unchanged_is_not_fetched_again(taken: Taken, server: Server) -> None:
    server.put(**{"may/../out.jpg": encoded(8), "may/folder/": b"", "mayday.jpg": encoded(9)})
    taken("s3://bucket/may")
    expected = {
        "pictures/a.jpg": ("stored", None),
        "pictures/b.png": ("stored", None),
        "pictures/c.jpg": ("duplicate", None),
        "pictures/gone.jpg": ("failed", "missing"),
        "README.txt": ("failed", "not-an-image"),
        "empty.jpg": ("failed", "empty"),
        "large.jpg": ("refused", "too-large"),
    }
    climbing = {name: row for name, row in found().items() if name not in expected}
    assert set(climbing.values()) <= {("refused", "unsafe-path")}
    assert {name: row for name, row in found().items() if name in expected} == expected
    row = rows(Path("-"))["s3://bucket/may/pictures/a.jpg"]
    assert (row["license"], row["source_label"], row["page_url"]) == ("CC0-1.0", "bag", "https://example.org/a")
    assert row["etag"]
    assert row["last_modified"]

    before = len(server.got())
    taken("s3://bucket/may")
    assert [key for key in server.got()[before:] if key.startswith("may/")] == ["may/manifest.csv"]
    server.put(**{"may/pictures/b.png": encoded(5, "PNG")})
    before = len(server.got())
    taken("s3://bucket/may/")
    assert set(server.got()[before:]) >= {"may/pictures/b.png"}
    assert "may/pictures/a.jpg" not in server.got()[before:]


def test_what_is_not_there_or_closed_or_no_prefix_is_told(taken: Taken, server: Server, monkeypatch) -> None:
    for address, error, words in (
        ("s3://bucket/june", UnavailableError, "no object is there"),
        ("s3://nobody/may", UnavailableError, "no such bucket|no object is there"),
        ("s3://bucket/may/README.txt", ConfigError, "it is an object"),
    ):
        with pytest.raises(error, match=words):
            list(object_entries(address))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NotAllowedError, match=r"we may not read it.*AWS_ACCESS_KEY_ID"):
        taken("s3://bucket/may")


def test_a_server_that_goes_is_an_error_and_what_was_fetched_stays(taken: Taken, tmp_path: Path, monkeypatch) -> None:
    with started(tmp_path) as server:
        filled(server, tmp_path, monkeypatch)

        def until(entry, *rest):
            if entry.name == "pictures/b.png":
                server.process.kill()
                server.process.wait()
            return answer(entry, *rest)

        answer = drop._answer
        monkeypatch.setattr(drop, "_answer", until)
        with pytest.raises(UnavailableError, match="S3 does not answer"):
            taken("s3://bucket/may")
    assert found()["pictures/a.jpg"] == ("stored", None)
