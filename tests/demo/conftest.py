import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from silverprint.demo.build import build


@pytest.fixture(scope="session")
def pictures() -> int:
    return 300


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, pictures: int) -> Path:
    """A project folder with a small demonstration built in it."""
    folder = tmp_path_factory.mktemp("demo")
    with contextlib.chdir(folder):
        build(pictures)
    return folder


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[str]:
    """The sample site's address, served by a process of its own."""
    with serving(built) as address:
        yield address


@pytest.fixture
def visitor(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, timeout=10) as client:
        yield client


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "silverprint.demo", "site", "--port", "0"]
    environment = {**os.environ, "COLUMNS": "200"}
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "http://127.0.0.1:" in line, line + process.stderr.read()
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()
            process.wait(10)
