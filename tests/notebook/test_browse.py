"""The same campaign, looked at in a browser: what is selected on the map is asked in the next round."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.core.half_precision import to_half
from silverprint.records import MANIFEST, SCORES
from silverprint.stages import queue
from silverprint.store import scores, tables
from tests.e2e.harness import free_port
from tests.helpers import browser

TO_COME = "r03"


def before_the_last_round(folder: Path) -> None:
    """Takes the last round back to where its model has predicted the pool and nobody was asked."""
    params = config.load()
    for path in (layout.queue(TO_COME), layout.state(TO_COME), layout.votes(TO_COME), layout.metrics(TO_COME)):
        path.unlink()
    for made in (layout.labels(TO_COME), layout.model(TO_COME)):
        made.rename(folder / f"away-{made.name}")
    names = tables.read(layout.MANIFEST, MANIFEST).filter("kept")["image_id"].sort().to_list()
    chance = np.random.default_rng(0).dirichlet(np.ones(len(params.dataset.classes)), (5, len(names)))
    stored = to_half(chance.astype(np.float32))
    layout.score(TO_COME).mkdir(parents=True)
    scores.write(layout.score(TO_COME), scores.of(names, stored, params.dataset.classes, "m").select(*SCORES), stored)


@contextmanager
def browsing(log: Path) -> Iterator[str]:
    """The address that a browser is let in by; the server ends as by Ctrl+C."""
    command = [sys.executable, "-m", "silverprint", "browse", "--port", str(free_port())]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address, log.read_text()
            yield address
        finally:
            server.send_signal(2)
    assert server.returncode == 0, log.read_text()


@pytest.mark.slow
@pytest.mark.browser
def test_what_is_selected_on_the_map_is_asked_next(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.sync_api import expect

    with monkeypatch.context() as patch:
        patch.chdir(folder)
        before_the_last_round(folder)
        with browsing(tmp_path / "log") as address, browser.page() as page:
            broken = list[str]()
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
            page.goto(address)
            expect(page.locator("body[data-ready=yes]")).to_be_visible()
            assert address.partition("=")[2] not in page.url
            page.locator("#facets select[name=round]").select_option("=")
            expect(page.get_by_role("button", name="Remove: not asked yet")).to_be_visible()
            expect(page.locator("#grid[aria-busy=false]")).to_be_visible()
            box = page.locator("#map").bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + 3, box["y"] + 3)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] * 0.75, steps=4)
            page.mouse.up()
            expect(page.get_by_role("button", name="Remove: an area of the map")).to_be_visible()
            expect(page.locator("#grid[aria-busy=false]")).to_be_visible()
            ticks = page.get_by_role("checkbox")
            ticks.nth(0).click()
            ticks.nth(3).click(modifiers=["Shift"])
            expect(page.locator("#selected")).to_have_text("4")
            faults = browser.accessibility_faults(page)
            page.get_by_role("button", name="Include", exact=True).click()
            dialog = page.get_by_role("dialog")
            dialog.get_by_label("Why?").fill("cut off at the <edge>")
            faults += browser.accessibility_faults(page)
            dialog.get_by_role("button", name="Show what will be written").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("4 lines for data/include.csv")
            faults += browser.accessibility_faults(page)
            assert ledgers.included_images(config.load().round_names).is_empty()
            page.get_by_role("button", name="Write these 4 lines").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("4 lines are in data/include.csv")
            page.goto(address)  # not by the page's own link
            expect(page.locator("body[data-ready=yes]")).to_be_visible()
            expect(page.locator("#bar")).to_be_hidden()
            expect(page.get_by_text("include r03").first).to_be_visible()
            assert broken == []
            assert faults == []
        lines = ledgers.included_images(config.load().round_names)
        assert set(lines["why"]) == {"cut off at the <edge>"}
        queue.run(config.load(), TO_COME)
        asked = ledgers.queue(TO_COME).filter(strategy="include")
        assert asked["image_id"].sort().to_list() == lines["image_id"].sort().to_list()
        assert lines.height == 4
        before = pl.concat([ledgers.queue(name)["image_id"] for name in config.load().chain if name != TO_COME])
        assert not lines["image_id"].is_in(before.implode()).any()
