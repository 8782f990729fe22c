"""An annotator in a real browser: signs in, reads, looks, presses a key, submits, gets the next picture by rank."""

from pathlib import Path

import pytest
from PIL import Image

from silverprint.adapters.labelstudio import Studio
from silverprint.annotation_backend import Task
from tests.adapters.labelstudio.conftest import by_image
from tests.helpers import browser

pytestmark = pytest.mark.browser
CHOSEN = ".ant-radio-wrapper-checked"


def picture(name: str, colour: str) -> str:
    path = Path("var/serving/tests") / name / f"{colour}.jpg"
    Image.new("RGB", (64, 48), colour).save(path)
    return Studio.image_url(path)


@pytest.fixture
def asked_of_people(house, opened):
    """Four pictures: the second is answered already, the first two have a pre-label."""
    house.push(
        opened,
        [
            Task.single("first", picture(opened.round, "red"), 1, "dress", 0.9),
            Task.single("second", picture(opened.round, "green"), 1, "coat", 0.8),
            Task.single("third", picture(opened.round, "blue"), 2),
            Task.single("fourth", picture(opened.round, "white"), 1),
        ],
    )
    return opened


def choice(page) -> str:
    return page.locator(CHOSEN).inner_text().split("[")[0].strip()


def loaded_width(page) -> int:
    """The picture's own width once the browser has decoded it."""
    found = page.wait_for_function("[...document.querySelectorAll('.lsf-image img')].find(i => i.naturalWidth > 0)")
    return int(found.evaluate("image => image.naturalWidth"))


def await_task(page, there, image_id: str) -> None:
    # The page writes the # before the number by its style.
    shown = "document.querySelector('.lsf-current-task__task-id')?.innerText.split('\\n')[0]"
    page.wait_for_function(f"{shown} === '{there[image_id].task_id}'")


def test_an_annotator_answers_by_keys(house, asked_of_people, persons):
    there = by_image(house, asked_of_people)
    persons[1].answer(there["second"].task_id, "coat")
    with browser.page() as page:
        browser.sign_in(page, f"{house.url}/projects/")
        page.get_by_text(asked_of_people.title).first.click()
        page.get_by_text("Label All Tasks").click()

        page.get_by_text("A <coat> opens in front.").wait_for()
        page.get_by_role("button", name="Close modal").click()
        page.locator(".lsf-modal-ls").wait_for(state="detached")
        page.get_by_role("heading", name="Which garment is this?").wait_for()
        assert loaded_width(page) == 64
        assert choice(page) == "dress"  # the pre-label
        await_task(page, there, "first")

        page.keyboard.press("3")
        page.locator(CHOSEN, has_text="bag").wait_for()
        page.keyboard.press("Control+Enter")

        # The second is done by somebody else: the third comes, with nothing chosen and nothing to submit.
        await_task(page, there, "third")
        assert loaded_width(page) == 64
        assert page.locator(CHOSEN).count() == 0
        page.keyboard.press("z")
        page.locator(CHOSEN, has_text="unsure").wait_for()
        page.get_by_role("button", name="Submit").first.click()

        await_task(page, there, "fourth")
        page.get_by_text("not one of these").click()
        page.locator(CHOSEN, has_text="not one of these").wait_for()
        page.keyboard.press("Control+Enter")
        page.get_by_text("No More Tasks Left in Queue").wait_for()

    given = {a.image_id: (a.choices, a.shown_prediction) for a in house.annotations(asked_of_people)}
    assert given == {
        "first": (("bag",), "dress"),
        "second": (("coat",), "coat"),
        "third": (("unsure",), None),
        "fourth": (("not one of these",), None),
    }
    assert house.progress(asked_of_people).by[persons[0].pseudonym] == 3


def test_without_chromium_the_test_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        browser.chromium()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        browser.chromium()
