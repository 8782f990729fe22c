"""Settings that change nothing of what is fetched: nobody needs the site, or the drop, for them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from ruamel.yaml import YAML

from silverprint import config, layout
from silverprint.campaign import source_changes
from silverprint.config import UrlSource, WebSource
from silverprint.errors import UnavailableError
from silverprint.records import RAW
from silverprint.stages import acquire
from silverprint.store import tables
from tests.helpers.report_campaign import jpeg


def lock(name: str = "partner", **changes: object) -> None:
    """dvc.lock as after `dvc repro` with params.yaml as it is, but for `changes` of the source."""
    document = YAML(typ="safe").load(layout.PARAMS.read_text())["sources"][name]
    version = YAML(typ="safe").load(layout.VERSIONS.read_text())["acquire"]
    params = {"params.yaml": {f"sources.{name}": document | changes}, "versions.yaml": {"acquire": version}}
    stage = {"cmd": f"silverprint acquire {name}", "params": params, "outs": [{"path": f"data/raw/{name}", "md5": "0"}]}
    layout.LOCK.write_text(json.dumps({"schema": "2.0", "stages": {f"acquire@{name}": stage}}))


def change(name: str, old: str, new: str) -> None:
    text = layout.PARAMS.read_text()
    assert old in text
    layout.PARAMS.write_text(text.replace(old, new, 1))


@pytest.fixture
def drop(project: Path, acquired: Callable[[Path | str], None]) -> Path:
    """A drop of three pictures, acquired: one with a licence and a contract of its own."""
    folder = project / "var/drop"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    (folder / "manifest.csv").write_text("path,license,contract\n0.jpg,MIT,C-0\n")
    acquired(folder)
    lock()
    return folder


def rows() -> list[tuple[str, str, str, str]]:
    frame = tables.read_parts(layout.raw("partner"), RAW).filter(pl.col("image_id").is_not_null()).sort("url")
    return frame.select("license", "license_evidence", "contract", "consent").rows()


def test_a_licence_reaches_the_rows_without_the_drop(drop: Path, capfd) -> None:
    shutil.rmtree(drop)
    change("partner", "license: CC-BY-4.0", "license: CC0-1.0\n    contract: C-1\n    consent: asked")
    acquire.run(config.load(), "partner")
    said = capfd.readouterr().err
    assert "only license, contract, consent changed, so nothing is fetched again" in said
    assert "raise sources.partner.revision" in said
    assert rows() == [("MIT", "manifest", "C-0", "asked"), *[("CC0-1.0", "source", "C-1", "asked")] * 2]
    lock()
    change("partner", "contract: C-1\n    consent: asked", "contract: C-2")
    acquire.run(config.load(), "partner")
    assert rows() == [("MIT", "manifest", "C-0", None), *[("CC0-1.0", "source", "C-2", None)] * 2]


def test_one_that_is_taken_back_leaves_the_rows(drop: Path) -> None:
    shutil.rmtree(drop)
    change("partner", "    license: CC-BY-4.0\n", "")
    acquire.run(config.load(), "partner")
    assert rows() == [("MIT", "manifest", "C-0", None), *[(None, None, None, None)] * 2]


def test_with_the_drop_read_again_no_row_is_written_twice(drop: Path) -> None:
    change("partner", "license: CC-BY-4.0", "license: CC0-1.0")
    change("partner", "kind: archive\n    revision: 1", "kind: archive\n    revision: 2")
    acquire.run(config.load(), "partner")
    assert rows() == [("MIT", "manifest", "C-0", None), *[("CC0-1.0", "source", None, None)] * 2]


@pytest.mark.parametrize("how", ["path", "unchanged", "no lock", "version"])
def test_whatever_else_changed_reads_the_drop(drop: Path, how: str) -> None:
    shutil.rmtree(drop)
    if how == "path":
        change("partner", "path: ", "path: not")
    elif how == "no lock":
        layout.LOCK.unlink()
    elif how == "version":
        change("partner", "license: CC-BY-4.0", "license: CC0-1.0")
        layout.VERSIONS.write_text(layout.VERSIONS.read_text().replace("acquire: ", "acquire: 9"))
    with pytest.raises(UnavailableError):
        acquire.run(config.load(), "partner")


def test_a_crawl_waits_longer_without_its_site(project: Path) -> None:
    layout.raw("web").mkdir(parents=True)
    lock("web", timeout_s=15, user_agent="earlier")
    acquire.run(config.load(), "web")  # nothing listens at its address
    lock("web", timeout_s=15, start=["http://127.0.0.1:8601/"])
    before = source_changes.last_settings("web")
    assert before is not None
    assert source_changes.changed_knobs(before, config.load().sources["web"]) == ["start", "timeout_s"]


def test_every_knob_that_may_bring_other_bytes_or_rows_is_none_of_the_harmless() -> None:
    known: set[str] = set()
    for kind in (WebSource, UrlSource, config.ArchiveSource, config.FolderSource):
        known |= set(kind.__dataclass_fields__)
    assert known > source_changes.HARMLESS
    assert not source_changes.HARMLESS & {
        "start",
        "path",
        "picture",
        "label",
        "labels",
        "revision",
        "max_bytes",
        "spider",
    }
