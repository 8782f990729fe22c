"""An engineer in a real browser, before a real MLflow server filled from three rounds."""

import re

import pytest

from silverprint.adapters.tracking import rounds_page, tracking_uri
from silverprint.commands import track
from tests.helpers import browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUNDS = ("r01", "r02", "r03")


@pytest.fixture
def experiment(params, server):
    """The address of the experiment's page."""
    assert tracking_uri.resolve() == server
    track.sync(params)
    from mlflow import MlflowClient  # two seconds

    found = MlflowClient(server).get_experiment_by_name(params.dataset.name)
    address = f"{server}/#/experiments/{found.experiment_id}/runs?workflowType=machine_learning"
    assert rounds_page.find(server, params.dataset.name) == address
    assert rounds_page.find(server, "another") is None
    return address


def test_the_rounds_are_compared_and_the_campaign_draws_its_curve(params, experiment, tmp_path) -> None:
    from playwright.sync_api import expect

    with browser.page(1500, 1000) as page:
        page.goto(experiment)
        for name in ROUNDS:
            row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True)).first
            row.get_by_label("toggle row selection").check()
        page.screenshot(path=tmp_path / "runs.png")
        page.get_by_role("button", name="Compare", exact=True).click()
        expect(page.get_by_text("Comparing 3 Runs from 1 Experiment")).to_be_visible()
        for text in (*ROUNDS, "round.strategy", "Overview/accuracy", "balanced_accuracy"):  # a lead's come first
            expect(page.get_by_text(text, exact=True).first).to_be_attached()
        page.screenshot(path=tmp_path / "compare.png")

        page.goto(experiment)
        page.get_by_role("link", name=f"campaign {params.dataset.campaign}").first.click()
        page.get_by_role("tab", name="Model metrics").click()
        page.get_by_placeholder("Search metric charts").fill("^accuracy$")
        curve = page.locator(".js-plotly-plot").first
        expect(curve.locator(".scatterlayer path.js-line").first).to_be_visible()
        trace = curve.locator(".scatterlayer .trace").filter(has=page.locator(".point")).first
        expect(trace.locator(".point")).to_have_count(len(ROUNDS))
        page.screenshot(path=tmp_path / "curve.png")

        page.goto(experiment)
        page.get_by_role("link", name="r03", exact=True).first.click()
        page.get_by_role("tab", name="Artifacts").click()
        page.get_by_text("figures", exact=True).click()
        page.get_by_text("hardest.png").click()
        shown = page.locator("img[src^='blob:'], img[src*='get-artifact'], img[alt*='hardest']").first
        expect(shown).to_be_visible()
        expect(shown).to_have_js_property("complete", True)
        page.screenshot(path=tmp_path / "hardest.png")
        assert shown.evaluate("picture => picture.naturalWidth") > 800

        page.goto(re.sub("#.*", f"#/models/{params.dataset.name}", experiment))
        expect(page.get_by_text("best").first).to_be_visible()
        page.screenshot(path=tmp_path / "registry.png")
