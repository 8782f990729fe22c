"""Its own format and CVAT's, read by Datumaro."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from silverprint.adapters.exporters import EXPORTERS
from tests.helpers import needs
from tests.helpers.exports import CLASSES, a_dataset, truth

pytestmark = pytest.mark.slow  # another environment's process

ROOT = Path(__file__).resolve().parents[3]
READER = ROOT / "tests/helpers/datumaro_read.py"


def read(folder: Path, form: str) -> dict[str, list[object]]:
    """What Datumaro makes of it: image_id -> subset, class, its number, SHA-256 of the bytes."""
    environment = Path(os.environ.get("SILVERPRINT_DATUMARO_ENV", ROOT / ".venv-datumaro"))
    needs.path(environment / "bin/python", "run: make datumaro-env")
    done = subprocess.run(
        [environment / "bin/python", READER, folder, form], cwd=folder, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def expected(splits: tuple[str, ...] = ("test", "train", "silver")) -> dict[str, list[object]]:
    return {
        image_id: [split, CLASSES[number], number, hashlib.sha256(data).hexdigest()]
        for image_id, (split, number, data) in truth(a_dataset()).items()
        if split in splits
    }


def test_its_own_format_has_every_split(tmp_path: Path) -> None:
    EXPORTERS["datumaro"](a_dataset(), tmp_path)
    assert read(tmp_path, "datumaro") == expected()


def test_each_split_for_cvat_is_a_task(tmp_path: Path) -> None:
    EXPORTERS["cvat"](a_dataset(), tmp_path)
    for split in ("test", "train", "silver"):
        found = read(tmp_path / split, "cvat")
        assert {name: row[1:] for name, row in found.items()} == {
            name: row[1:] for name, row in expected((split,)).items()
        }
