"""A headless Chromium for tests of pages. Importing this module needs nothing; `page` needs Chromium."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOW = "no Chromium here: apt-get install chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The browser's path. A test that finds none is skipped for a user and fails in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(HOW)
    return found


@contextmanager
def page(width: int = 1280, height: int = 800) -> Iterator["Page"]:
    """A blank page of a fresh browser, its patience 30 s, that of `expect` too."""
    path = chromium()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            context = browser.new_context(viewport={"width": width, "height": height})
            context.set_default_timeout(30_000)
            yield context.new_page()
        finally:
            browser.close()


def accessibility_faults(on: "Page") -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA, or its best practices: a line for each rule, with the elements."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{found['id']} ({found['impact']}): {[node['html'][:120] for node in found['nodes']]}"
        for found in Axe().run(on).response["violations"]
    ]


def sign_in(on: "Page", address: str) -> None:
    """Opens an address of Label Studio as ada, whose account lies in var/people."""
    account = json.loads(Path("var/people/ada.json").read_text())
    on.goto(address)
    on.fill("input[name=email]", account["email"])
    on.fill("input[name=password]", account["password"])
    on.click("[type=submit]")
    on.wait_for_url(lambda url: "/user/login" not in url)
