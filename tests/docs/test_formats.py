"""Blocks of docs/formats.md that load a release: each loads one."""

import re
from pathlib import Path

import pytest

from silverprint.adapters.exporters import EXPORTERS
from silverprint.adapters.huggingface import card
from tests.adapters.huggingface.test_huggingface import a_card
from tests.contracts.digests import ROOT
from tests.helpers import needs
from tests.helpers.exports import REMEDY, a_dataset

TEXT = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.S)


def test_every_format_has_its_row() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", TEXT.partition("## Splits")[0], re.M) == list(EXPORTERS)


@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning", "ignore:Exception ignored in.*FileIO")
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.findall(r"data/release\S*?(?=\")", block)[0])
def test_a_block_loads_the_training_split(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in re.findall(r"^from (datasets|webdataset|pycocotools)\b", block, re.M):
        needs.module(package, REMEDY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    release, dataset = Path("data/release"), a_dataset()
    for name, export in EXPORTERS.items():
        (release / name).mkdir(parents=True)
        export(dataset, release / name)
    counts: dict[str, dict[str, int]] = {split: {} for split, _ in dataset.splits()}
    (release / "README.md").write_text(card.render(a_card(splits=counts)), encoding="utf-8")
    if "load_dataset" in block:
        block = block.replace('"data/release")', f'"data/release", cache_dir="{tmp_path}/cache")')
    found: dict[str, object] = {}
    exec(block, found)  # noqa: S102
    assert len(found["train"]) == dataset.rows.filter(split="train").height == 9  # type: ignore[arg-type]
