"""A page of many pictures in a real browser: what is wrong is changed, and everything submitted at once."""

import json
from pathlib import Path

import pytest
from PIL import Image

from silverprint.adapters.labelstudio import Studio
from silverprint.annotation_backend import AskedImage, Task
from tests.adapters.labelstudio.conftest import open_project
from tests.helpers import browser

pytestmark = pytest.mark.browser
ANSWERS = "[...document.querySelectorAll('.cell [data-testid^=select-trigger]')].map(one => one.dataset.value || '')"
PHONE = (390, 844)


@pytest.fixture
def sheet(house, request):
    """A page of 24 pictures, all taken for coats, and one with a page of its own."""
    project = open_project(house, request.node.name, grid=True)
    folder = Path("var/serving/tests") / project.round
    images = []
    for number in range(25):
        path = folder / f"{number}.jpg"
        Image.new("RGB", (64 + 3 * number, 80), (10 * number, 99, 180)).save(path)
        images.append(AskedImage(f"{number:02d}", Studio.image_url(path), "coat" if number < 24 else None, 0.9))
    house.push(project, [Task(tuple(images[:24]), 1, grid=True), Task((images[24],), 1, grid=True)])
    return project


def open_page(page, house, project) -> None:
    browser.sign_in(page, f"{house.url}/user/login/")
    page.goto(f"{house.url}/projects/{project.id}/data?labeling=1")
    page.get_by_role("button", name="Close modal").click()
    page.locator(".lsf-modal-ls").wait_for(state="detached")


def await_answers(page, *wanted: str) -> None:
    page.wait_for_function(f"JSON.stringify({ANSWERS}) === {json.dumps(json.dumps(wanted, separators=(',', ':')))}")


def is_in_view(page, selector: str) -> bool:
    """Whether the first such element, once it is there, lies in the window and has a size."""
    page.locator(selector).first.wait_for()
    box = page.locator(selector).first.bounding_box()
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    return box["x"] >= 0 and box["y"] >= 0 and right <= width and bottom <= height and box["width"] * box["height"] > 0


def choose(page, place: int, choice: str) -> None:
    page.locator(".cell [data-testid^=select-trigger]").nth(place).click()
    page.get_by_role("option", name=choice, exact=True).click()
    page.get_by_role("option").first.wait_for(state="detached")  # an open list takes the keys


def test_what_is_wrong_on_a_page_is_changed_and_everything_submitted_at_once(house, sheet):
    with browser.page() as page:
        open_page(page, house, sheet)
        page.get_by_text("These look like: coat. Change what is wrong, then submit.").wait_for()
        await_answers(page, *["coat"] * 24)
        assert is_in_view(page, ".cell img")
        columns = page.evaluate("new Set([...document.querySelectorAll('.cell')].map(c => c.offsetLeft)).size")
        assert columns == 8
        page.keyboard.press("1")  # no key changes a picture that nobody pointed at
        page.keyboard.press("b")
        choose(page, 5, "bag")
        await_answers(page, *["coat"] * 5, "bag", *["coat"] * 18)
        choose(page, 7, "dress")
        await_answers(page, *["coat"] * 5, "bag", "coat", "dress", *["coat"] * 16)
        page.keyboard.press("Control+Enter")
        await_answers(page, "")  # the next one has a page of its own, with nothing chosen
    given = {one.image_id: (one.choices, one.shown_prediction) for one in house.annotations(sheet)}
    changed = {"05": ("bag",), "07": ("dress",)}
    assert given == {f"{number:02d}": (changed.get(f"{number:02d}", ("coat",)), "coat") for number in range(24)}


def test_a_page_works_on_a_phone(house, sheet):
    with browser.page(*PHONE) as page:
        open_page(page, house, sheet)
        await_answers(page, *["coat"] * 24)
        submit = page.get_by_role("button", name="Submit").first
        assert is_in_view(page, ".cell img")
        choose(page, 1, "bag")
        submit.click()
        await_answers(page, "")
        assert is_in_view(page, ".cell img")
        choose(page, 0, "dress")
        page.get_by_role("button", name="Submit").first.click()
        page.get_by_text("No More Tasks Left in Queue").wait_for()
    given = {one.image_id: one.choices for one in house.annotations(sheet)}
    assert given == {f"{number:02d}": ("coat",) for number in range(24)} | {"01": ("bag",), "24": ("dress",)}
