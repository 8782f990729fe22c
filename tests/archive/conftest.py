from collections.abc import Callable
from pathlib import Path

import pytest

from silverprint import config
from silverprint.stages import acquire


@pytest.fixture
def taken(project: Path) -> Callable[[Path], None]:
    """Acquires the drop at a path as the source `partner`, of which no entry may be larger than 30,000 bytes."""

    def take(path: Path) -> None:
        text = (project / "params.yaml").read_text()
        old = "path: var/demo/partner.zip"
        if old in text:
            (project / "params.yaml").write_text(text.replace(old, f"path: {path}\n    max_bytes: 30000"))
        acquire.run(config.load(), "partner")

    return take
