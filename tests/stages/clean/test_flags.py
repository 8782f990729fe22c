"""What is suspected: flagged by default, rejected or ignored where a knob says so."""

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.pages import page
from PIL import Image

from silverprint import config, layout
from silverprint.records import MANIFEST
from silverprint.stages import clean
from silverprint.store import tables
from silverprint.store.features import Features, append, write_description
from tests.helpers.album import Found, acquire, jpeg, manifest, png, tile
from tests.stages.clean.test_clean import _set


@pytest.fixture
def rows(project: Path) -> dict[str, dict[str, object]]:
    """A catalogue, a screenshot, a picture on six pages, a nearly equal one on a seventh, and a stranger's features."""
    good = [Found(jpeg(tile(number)), f"good{number}") for number in range(60)]
    missing = [Found(png(tile(70)), f"missing{number}") for number in range(6)]
    acquire("web", [*good, *missing, Found(jpeg(tile(70)), "missing-again"), Found(jpeg(tile(71)), "strange")])
    acquire("web", [Found(png(Image.fromarray(page((640, 480), 20))), "screenshot")])
    acquire("partner", [])
    found = manifest()
    _make_strange(str(found["strange"]["image_id"]))
    clean.run(config.load())
    return _read()


def _make_strange(image_id: str) -> None:
    """Features of the others are near one another; this one's are not."""
    image_ids = Features(layout.EMBED).image_ids.to_list()
    for part in layout.EMBED.glob("part-*"):
        part.unlink()
    features = 1 + 0.2 * np.random.default_rng(0).random((len(image_ids), 8))
    features[image_ids.index(image_id)] = [9, 0, 0, 0, 0, 0, 0, 0]
    write_description(layout.EMBED, {"blocks": {"final": 8}})
    append(layout.EMBED, image_ids, [features.astype(np.float16)])


def _read() -> dict[str, dict[str, object]]:
    return {row["url"]: row for row in tables.read(layout.MANIFEST, MANIFEST).iter_rows(named=True)}


@pytest.mark.slow
def test_suspicions_are_flags_and_reject_nothing(rows) -> None:
    flags = {url: str(row["flags"]).split(":")[0] for url, row in rows.items() if row["flags"]}
    assert flags == {
        "missing0": "placeholder", "missing-again": "placeholder", "screenshot": "text-like", "strange": "off-topic",
    }  # fmt: skip
    assert rows["missing0"]["flags"] == "placeholder:7"
    assert rows["strange"]["kept"]
    assert rows["screenshot"]["kept"]
    figures = json.loads(layout.CLEAN_METRICS.read_text())
    assert figures["flagged"] == {"placeholder": 1, "text-like": 1, "off-topic": 1}


@pytest.mark.slow
@pytest.mark.usefixtures("suite")
def test_knobs_make_them_reasons_or_nothing(rows) -> None:
    for knob in ("placeholder", "text_like", "off_topic"):
        _set(knob, "reject")
    clean.run(config.load())
    again = _read()
    rejected = {url: (row["reason"], row["evidence"]) for url, row in again.items() if not row["kept"]}
    said = {url: tuple(str(rows[url]["flags"]).split(":")) for url in rejected}
    assert rejected == said
    assert set(rejected) == {"missing0", "missing-again", "screenshot", "strange"}
    assert not any(row["flags"] for row in again.values())
    for knob in ("placeholder", "text_like", "off_topic"):
        _set(knob, "ignore")
    clean.run(config.load())
    assert not any(row["flags"] for row in _read().values())
