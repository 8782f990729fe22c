"""docs/documents.md: its Python loads a release, and its answers are asked for."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from silverprint.adapters.release_documents import datasheet, training_summary
from tests.contracts.digests import ROOT
from tests.helpers import needs
from tests.helpers.exports import REMEDY
from tests.helpers.release_facts import facts, write_release

TEXT = (ROOT / "docs/documents.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_block_loads_the_training_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs.module("mlcroissant", REMEDY)
    monkeypatch.chdir(tmp_path)
    write_release(tmp_path / "data/release", {})
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    found: dict[str, list[object]] = {}
    exec(block, found)  # noqa: S102
    assert len(found["train"]) == facts().splits["train"] == 9


def test_the_answers_shown_are_asked_for() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.S)
    answers = YAML(typ="safe", pure=True).load(block)["release"]["answers"]
    told = facts()
    assert answers.keys() <= {one.key for made in (datasheet, training_summary) for one in made.sheet(told).items}
