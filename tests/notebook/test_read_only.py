"""What a notebook may rely on: the import is light, nothing of the campaign changes, and its document's code runs."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import silverprint
from tests.contracts.digests import ROOT

DOCUMENT = (ROOT / "docs/python.md").read_text(encoding="utf-8")


def state(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file and folder: time of its last change, size, content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.slow
def test_the_document_s_code_runs_and_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What runs without the campaign, elsewhere, is marked `py`; tests/adapters/tracking loads a registered model.
    code = "\n".join(re.findall(r"```python\n(.*?)```", DOCUMENT, re.S))
    before = state(folder)
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        exec(compile(code, "docs/python.md", "exec"), {})  # noqa: S102 - our own document
    campaign = silverprint.open(folder)
    for call in (campaign.votes, campaign.annotators, campaign.model):  # what its code leaves out
        call()
    assert state(folder) == before


def test_every_method_is_in_the_document(folder: Path) -> None:
    methods = {name for name in dir(silverprint.open(folder)) if not name.startswith("_")} - {"folder", "params"}
    assert {name for name in methods if not re.search(rf"\b{name}\b", DOCUMENT)} == set()


def test_the_import_is_light() -> None:
    heavy = "{'torch', 'polars', 'numpy', 'PIL', 'pydantic', 'pyarrow'}"
    code = f"import sys, silverprint; assert silverprint.open; print(sorted({heavy} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert found.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_campaign_is_opened_without_torch_and_scipy(folder: Path) -> None:
    code = "import sys, silverprint; one = silverprint.open(sys.argv[1]); one.images(), one.queue(); "
    code += "next(one.pictures(one.images().filter('kept')['image_id'])); "
    code += "print(sorted({'torch', 'scipy', 'great_expectations', 'mlflow'} & sys.modules.keys()))"
    found = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True, timeout=300
    )
    assert found.stdout.strip() == "[]"
