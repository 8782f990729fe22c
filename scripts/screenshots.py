"""Pictures for the docs, from a finished demo whose servers still run: python scripts/screenshots.py

Writes docs/pictures/: strip.png, contact-sheet.png and curve.png as the report has them, the report, and the labelling
page of Label Studio. Each is below 300 KB.
"""

import json
import os
import shutil
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from silverprint import config, layout
from silverprint.adapters.plots import png
from silverprint.campaign import ledgers, served_copies
from silverprint.config import Params
from silverprint.console import say
from silverprint.store import files

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
LISTED = 24  # pictures in the list beside the labelling page
LAPTOP = {"width": 1280, "height": 860}


def main() -> None:
    parser = ArgumentParser(description=str(__doc__).split(":")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    params = config.load()
    for name in ("strip.png", "contact-sheet.png", "curve.png"):
        shutil.copy(layout.REPORT / name, out / name)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        report(browser, out)
        labelling(browser, out, params)
        browser.close()


def report(browser: Browser, out: Path) -> None:
    with opened(browser, LAPTOP, 1.5) as context:
        page = context.new_page()
        page.goto((layout.REPORT / "index.html").resolve().as_uri())
        keep(page, out / "report.png")


def labelling(browser: Browser, out: Path, params: Params) -> None:
    """The page of the last round that asks picture by picture, as an annotator sees it."""
    account = read(sorted(layout.PEOPLE.glob("*.json"))[0])
    name = [one for one in params.chain if not ledgers.shared_pages(one)][-1]
    first = ledgers.queue(name)["image_id"].head(LISTED).to_list()
    votes = ledgers.votes(name)
    named = set(votes.filter(votes["choice"].is_in(params.dataset.classes))["image_id"])
    first.sort(key=lambda image_id: image_id not in named)  # the one that is shown is a picture of some class
    with opened(browser, {"width": 1600, "height": 860}, 1.25) as context, served(params, name, first):
        page = context.new_page()
        page.goto(f"{account['url']}/user/login/")
        page.fill("input[name=email]", account["email"])
        page.fill("input[name=password]", account["password"])
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/user/login" not in url)
        project = newest_project(context, account["url"], name)
        task = task_of(context, account["url"], project, first[0])
        page.goto(f"{account['url']}/projects/{project}/data?task={task}")
        page.wait_for_selector("img[alt=image]", timeout=60_000)
        page.wait_for_load_state("networkidle")
        keep(page, out / "labelling.png")


def newest_project(context: BrowserContext, url: str, round_name: str) -> int:
    found = context.request.get(f"{url}/api/projects?page_size=1000").json()["results"]
    return max(int(project["id"]) for project in found if f" {round_name} " in f" {project['title']} ")


def task_of(context: BrowserContext, url: str, project: int, image_id: str) -> int:
    found = context.request.get(f"{url}/api/tasks?project={project}&page_size=1000&fields=all").json()["tasks"]
    return next(int(task["id"]) for task in found if task["data"]["image_id"] == image_id)


@contextmanager
def served(params: Params, round_name: str, image_ids: list[str]) -> Iterator[None]:
    """A closed round's serving cache is empty; these pictures come back for as long as the page is looked at."""
    campaign = params.dataset.campaign
    absent = [image_id for image_id in image_ids if not served_copies.path(campaign, round_name, image_id).exists()]
    served_copies.fill(params, campaign, round_name, absent)
    try:
        yield
    finally:
        served_copies.remove(campaign, round_name, absent)


@contextmanager
def opened(browser: Browser, size: Any, scale: float) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=size, device_scale_factor=scale)
    try:
        yield context
    finally:
        context.close()


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def keep(page: Page, path: Path) -> None:
    with Image.open(BytesIO(page.screenshot())) as picture:
        files.write_bytes(path, png.encode_small(picture.convert("RGB")))
    say(f"{path}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
