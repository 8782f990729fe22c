"""A server that speaks S3 (moto's, in an environment of its own: make s3-env)."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
import s3fs

from tests.contracts.digests import ROOT
from tests.e2e.harness import free_port


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def got(self) -> list[str]:
        """The objects that were asked for so far."""
        return re.findall(r"GET /bucket/(\S+) HTTP", self.log.read_text())

    @cached_property
    def files(self) -> Any:
        """A client by this process's environment; made once, for reading S3's service model takes a quarter second."""
        return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)

    def put(self, **objects: bytes) -> None:
        for key, data in objects.items():
            self.files.pipe_file(f"bucket/{key}", data)

    def copy(self, path: Path) -> str:
        """A file as an object, or a folder as those below a prefix; its address."""
        files = [inside for inside in path.rglob("*") if inside.is_file()] if path.is_dir() else [path]
        self.put(**{inside.relative_to(path.parent).as_posix(): inside.read_bytes() for inside in files})
        return f"s3://bucket/{path.name}"


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


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture
def server(running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    return emptied(running, tmp_path, monkeypatch)


def emptied(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server with nothing but an empty bucket, and this process's environment for it alone."""
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
    server.files.mkdir("bucket")
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
