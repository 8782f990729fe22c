"""The page of a round's queue: every picture in its order with its reason, in one file, with filters but no script."""

import re

import numpy as np
import polars as pl
import pytest

from silverprint import layout
from silverprint.adapters.plots.thumbnails import data_uri, thumbnail
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.errors import UnavailableError
from silverprint.records import QUEUE, TAKEDOWNS, conform
from silverprint.stages import preview, report
from silverprint.store import tables
from tests.helpers import browser
from tests.helpers import report_campaign as fixture
from tests.stages.report.test_report_stage import parsed


def page(name: str = "r02") -> str:
    return layout.queue_page(name).read_text(encoding="utf-8")


def rewrite(name: str, **columns: pl.Expr) -> None:
    queue = ledgers.queue(name).with_columns(**columns)
    tables.write_ledger(queue, layout.queue(name), QUEUE, ["rank"])


def test_every_picture_is_there_in_its_order_with_its_reason(campaign: Params) -> None:
    preview.run(campaign, "r02")
    queue = ledgers.queue("r02")
    text = page()
    assert re.findall(r'id="rank-(\d+)" title="(\w+)"', text) == [
        (str(rank), image_id) for rank, image_id in queue.select("rank", "image_id").rows()
    ]
    assert re.findall(r"<p>(Chosen for the report, number \d+\.)</p>", text) == queue["why"].to_list()
    for role, n in queue["role"].value_counts().iter_rows():
        assert f"{role} {n}</label>" in text
    for guess, n in queue["predicted"].value_counts().iter_rows():
        assert f"{guess} ({n})</option>" in text


@pytest.mark.slow
def test_it_is_one_whole_file_without_a_script(campaign: Params) -> None:
    preview.run(campaign, "r01")
    html = parsed(re.sub(r"<input [^>]*>", "", page("r01")))
    assert html.open == []
    assert len(html.images) == ledgers.queue("r01").height
    assert all(image["alt"] for image in html.images)
    assert all(address.startswith(("data:", "#")) for address in html.addresses)
    assert "<script" not in page("r01")
    assert "<select" not in page("r01")  # before the first model there is nothing to filter by
    assert "Not for annotators" in page("r01")


def test_the_same_queue_gives_the_same_page(campaign: Params) -> None:
    preview.run(campaign, "r02")
    before = page()
    preview.run(campaign, "r02")
    assert page() == before


def test_withdrawn_and_unlicensed_pictures_are_not_shown(campaign: Params) -> None:
    gone, other = ledgers.queue("r02")["image_id"][:2]
    rows = pl.DataFrame([{"image_id": gone, "kind": "image", "target": gone, "why": "asked"}])
    preview.run(campaign, "r02")
    before, queue_before = pictures(), page()
    tables.write_ledger(conform(rows, TAKEDOWNS), layout.TAKEDOWNS, TAKEDOWNS, ["target"])
    manifest = pl.read_parquet(layout.MANIFEST)
    unlicensed = pl.when(pl.col("image_id") == other).then(pl.lit("license-unknown")).otherwise("reason")
    manifest.with_columns(reason=unlicensed).write_parquet(layout.MANIFEST)
    preview.run(campaign, "r02")
    after = pictures()
    assert gone in queue_before
    assert gone not in page()  # a purge takes a page that names it for one that shows it
    assert gone[:12] in page()
    changed = [place for place, (one, two) in enumerate(zip(before, after, strict=True)) if one != two]
    assert changed == [0, 1]
    assert after[0] != after[1]


def pictures() -> list[str]:
    return re.findall(r'src="(data:image/jpeg[^"]+)"', page())


def test_a_class_name_is_never_markup(campaign: Params) -> None:
    rewrite("r02", predicted=pl.lit("<script>alert(1)</script> }"), why=pl.lit("<b>no</b>"))
    preview.run(campaign, "r02")
    assert "<script" not in page()
    assert "<b>no" not in page()


def test_without_a_queue_it_says_what_to_run(params: Params) -> None:
    fixture.build(params, rounds=1)
    with pytest.raises(UnavailableError, match="silverprint repro queue@r02"):
        preview.run(params, "r02")


def test_a_thousand_photographs_are_below_ten_megabytes() -> None:
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    sizes = []
    for photograph in load_sample_images().images:
        for _ in range(25):
            side = int(rng.integers(120, 400))
            y, x = rng.integers(0, photograph.shape[0] - side), rng.integers(0, photograph.shape[1] - side)
            sizes.append(len(data_uri(thumbnail(photograph[y : y + side, x : x + side], preview.SIDE))))
    assert 1000 * (np.mean(sizes) + 1000) < 10e6  # with a kilobyte of text each


@pytest.mark.slow
def test_the_report_links_the_pages_that_are_there(campaign: Params) -> None:
    preview.run(campaign, "r02")
    report.run(campaign)
    written = (layout.REPORT / "index.html").read_text(encoding="utf-8")
    links = [address for address in parsed(written).addresses if not address.startswith(("data:", "#"))]
    assert links == ["../rounds/r02/queue.html"]
    assert (layout.REPORT / links[0]).resolve() == layout.queue_page("r02").resolve()


@pytest.mark.browser
@pytest.mark.slow
def test_the_reports_link_opens_the_page(campaign: Params) -> None:
    preview.run(campaign, "r03")
    report.run(campaign)
    with browser.page() as tab:
        tab.goto((layout.REPORT / "index.html").resolve().as_uri())
        faults = browser.accessibility_faults(tab)
        tab.get_by_role("link", name="The whole queue of r03").click()
        assert tab.get_by_role("heading", name="The queue of r03").is_visible()
        assert faults + browser.accessibility_faults(tab) == []


@pytest.mark.browser
@pytest.mark.slow
def test_the_filters_work_by_keyboard_and_together(campaign: Params) -> None:
    preview.run(campaign, "r02")
    queue = ledgers.queue("r02")
    guess = queue.filter(pl.col("role") == "control")["predicted"][0]
    with browser.page() as tab:
        tab.goto(layout.queue_page("r02").resolve().as_uri())

        def shown() -> list[str]:
            return tab.eval_on_selector_all(
                ".cards > li", "all => all.filter(li => li.offsetParent).map(li => li.title)"
            )

        assert shown() == queue["image_id"].to_list()
        tab.keyboard.press("Tab")
        roles = [tab.evaluate("document.activeElement.id")]
        for _ in range(2):
            tab.keyboard.press("ArrowRight")
            roles.append(tab.evaluate("document.activeElement.id"))
        assert roles == ["role-all", "role-train", "role-control"]
        control = queue.filter(pl.col("role") == "control")
        assert shown() == control["image_id"].to_list()
        tab.keyboard.press("Tab")
        tab.keyboard.type(guess)
        assert shown() == control.filter(pl.col("predicted") == guess)["image_id"].to_list()
        tab.emulate_media(media="print")
        assert not tab.locator(".filters").is_visible()
