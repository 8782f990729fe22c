from collections.abc import Callable
from pathlib import Path

import pytest

from silverprint import config
from silverprint.stages import acquire
from tests.helpers.s3 import Server, running, server

__all__ = ["running", "server"]  # fixtures


@pytest.fixture
def acquired(project: Path) -> Callable[[Path | str], None]:
    """Acquires the drop at a path as the source `partner`, of which no entry may be larger than 30,000 bytes."""

    def take(path: Path | str) -> None:
        text = (project / "params.yaml").read_text()
        old = "path: var/demo/partner.zip"
        if old in text:
            (project / "params.yaml").write_text(text.replace(old, f"path: {path}\n    max_bytes: 30000"))
        acquire.run(config.load(), "partner")

    return take


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.slow)])
def taken(request: pytest.FixtureRequest, acquired: Callable[[Path | str], None]) -> Callable[[Path], None]:
    """As `acquired`; and again with the drop on S3 instead: an archive as one object, a folder as a prefix."""
    if request.param == "disk":
        return acquired
    server: Server = request.getfixturevalue("server")
    return lambda path: acquired(server.copy(path))
