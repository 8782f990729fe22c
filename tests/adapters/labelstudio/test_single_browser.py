"""The page of one picture in a real browser at three sizes: the picture, its answers and the way on are in sight."""

from pathlib import Path

import pytest
from PIL import Image

from silverprint.adapters.labelstudio import Studio
from silverprint.annotation_backend import Task
from tests.adapters.labelstudio.conftest import by_image, open_project
from tests.helpers import browser

pytestmark = pytest.mark.browser
DESKTOP, TABLET, PHONE = (1280, 800), (820, 1180), (390, 844)
PICTURE = ".lsf-image img"
CHOSEN = ".ant-radio-wrapper-checked"
LEFT = "[...document.querySelectorAll('.lsf-choice__item')].filter(one => one.offsetParent !== null).length"
LARGEST = 4  # times its own size that a picture is enlarged at most


def opened(house, name: str, classes: int, *sizes: tuple[int, int], groups=()):
    """A project that asks about pictures of these sizes."""
    choices = (*(f"class {number:03d}" for number in range(1, classes + 1)), "not one of these", "unsure")
    project = open_project(house, name, choices=choices, groups=groups)
    tasks = []
    for number, size in enumerate(sizes):
        path = Path("var/serving/tests") / project.round / f"{number}.jpg"
        Image.new("RGB", size, (40, 99, 180)).save(path)
        tasks.append(Task.single(str(number), Studio.image_url(path), 1))
    house.push(project, tasks)
    return project


def open_page(page, house, project) -> None:
    page.goto(f"{house.url}/projects/{project.id}/data?labeling=1")
    close = page.get_by_role("button", name="Close modal")
    close.click(trial=True)  # once it has stopped moving
    assert in_window(page, close), "the instructions cannot be closed"
    close.click()
    page.locator(".lsf-modal-ls").wait_for(state="detached")
    page.wait_for_function(f"(document.querySelector('{PICTURE}') || {{}}).naturalWidth > 0")


def in_window(page, found) -> bool:
    box = found.bounding_box()
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    size = page.viewport_size
    is_inside = box["x"] >= 0 and box["y"] >= 0 and right <= size["width"] and bottom <= size["height"]
    return is_inside and box["width"] * box["height"] > 0


@pytest.mark.parametrize(("classes", "size"), [(3, (28, 28)), (10, (1600, 1200)), (100, (64, 48))])
def test_the_picture_its_answers_and_submit_are_in_sight(house, request, classes, size):
    project = opened(house, request.node.name, classes, size)
    with browser.page() as page:
        browser.sign_in(page, f"{house.url}/user/login/")
        for width, height in (DESKTOP, TABLET, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            open_page(page, house, project)
            picture, choices = page.locator(PICTURE), page.locator(".lsf-choice__item")
            box = picture.bounding_box()
            assert box["width"] <= LARGEST * size[0] + 1
            assert box["width"] >= min(LARGEST * size[0], 0.4 * width), "smaller than it need be"
            assert box["width"] / box["height"] == pytest.approx(size[0] / size[1], rel=0.02)
            assert all(in_window(page, found) for found in (picture, choices.nth(0), choices.nth(2)))
            assert in_window(page, page.get_by_role("button", name="Submit").first)
            choices.last.click()  # the list scrolls by itself
            page.locator(CHOSEN, has_text="unsure").wait_for()
            assert in_window(page, picture)


def test_classes_of_a_group_stand_below_its_title_and_keep_their_keys(house, request):
    groups = (("Shoes", ("class 002", "class 005")),)
    project = opened(house, request.node.name, 5, (64, 48), groups=groups)
    with browser.page() as page:
        browser.sign_in(page, f"{house.url}/user/login/")
        open_page(page, house, project)
        shown = page.locator(".answers").inner_text().split("\n")
        names = [line for line in shown if line.startswith(("class", "Shoes", "not one"))]
        order = ["class 001", "Shoes", "class 002", "class 005", "class 003", "class 004", "not one of these"]
        assert [name.partition("[")[0].strip() for name in names] == order
        page.keyboard.press("5")
        page.locator(CHOSEN, has_text="class 005").wait_for()
        page.keyboard.press("Control+Enter")
        page.get_by_text("No More Tasks Left in Queue").wait_for()
    assert [one.choices for one in house.annotations(project)] == [("class 005",)]


def test_a_class_without_a_key_is_found_by_its_letters(house, request):
    project = opened(house, request.node.name, 100, (64, 48), (64, 48))
    there = by_image(house, project)
    with browser.page() as page:
        browser.sign_in(page, f"{house.url}/user/login/")
        open_page(page, house, project)
        for image_id, typed in (("0", "s 07"), ("1", "077")):
            shown = "document.querySelector('.lsf-current-task__task-id')?.innerText.split('\\n')[0]"
            page.wait_for_function(f"{shown} === '{there[image_id].task_id}'")
            page.keyboard.press("/")
            page.keyboard.type(typed)
            page.wait_for_function(f"{LEFT} <= 10")
            page.keyboard.press("Enter")
            page.locator(CHOSEN).wait_for()
            page.keyboard.press("Control+Enter")  # in the box it submits nothing, and chooses no other answer
            page.locator(CHOSEN).wait_for(state="detached")
            page.keyboard.press("Enter")
            page.locator(CHOSEN).wait_for()
            page.get_by_role("button", name="Submit").first.click()
        page.get_by_text("No More Tasks Left in Queue").wait_for()
    given = {one.image_id: one.choices for one in house.annotations(project)}
    assert given == {"0": ("class 070",), "1": ("class 077",)}
