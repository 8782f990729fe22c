"""The page on a phone, in a browser: pictures, reasons, a connection that is lost in the middle, and the code."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from silverprint import cli, layout
from silverprint.adapters.contribute import inbox
from silverprint.adapters.contribute.invites import Invite, new_key, signer
from silverprint.records import RAW
from silverprint.store import tables
from tests.e2e.harness import free_port
from tests.helpers import browser
from tests.helpers.album import jpeg, png, tile
from tests.helpers.crowd import LOOPBACK, add_crowd, pattern, serving

PHONE = (390, 844)
AGENT = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150 Mobile Safari/537.36"
)
BAD = {
    jpeg(tile(4).resize((20, 20))): "It is too small.",
    b"no picture": "This is no picture.",
    jpeg(tile(4).filter(ImageFilter.GaussianBlur(12))): "It is not sharp.",
    jpeg(tile(4).point(lambda _: 90)): "There is nothing to be seen on it.",
    jpeg(tile(4))[:1_500]: "The file is damaged or cut off.",
    pattern(0): "You have given this one already.",
    png(Image.open(BytesIO(pattern(1)))): "You have given one that looks the same.",
}
EXAMPLES = {"good": "a bird on a branch", "bad": "a dot in the sky"}


def start(pictures: Path) -> str:
    """A theme with examples, and an invite's path."""
    shown = {}
    for number, (kind, text) in enumerate(EXAMPLES.items()):
        (pictures / f"{kind}.jpg").write_bytes(jpeg(tile(40 + number)))
        shown[kind] = [{"text": {"en": text, "de": text}, "picture": str(pictures / f"{kind}.jpg")}]
    add_crowd(shown | {"wanted": 30, "per_person": 20})
    return f"/i/{signer().invite(Invite(new_key(), 'crowd', 'birds', 30, 2**33))}"


@pytest.mark.slow
@pytest.mark.browser
def test_a_phone_gives_pictures_and_loses_the_connection(project: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    bodies = [*map(pattern, range(12)), *BAD]
    files = [tmp_path / f"{number}.jpg" for number in range(len(bodies))]
    for path, body in zip(files, bodies, strict=True):
        path.write_bytes(body)
    large = tmp_path / "large.jpg"
    assert len(files) + 1 == 20
    large.write_bytes(jpeg(tile(10, side=2_400), quality=98))
    assert large.stat().st_size > 512 * 1024  # more than one piece

    path, port = start(tmp_path), free_port()
    with serving(port), browser.page(*PHONE) as page:
        page.set_extra_http_headers({"User-Agent": AGENT})
        broken = list[str]()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if "Content Security" in line.text else None)
        page.goto(f"{LOOPBACK}:{port}{path}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Birds in your garden")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        faults = browser.accessibility_faults(page)
        page.get_by_label("I grant this licence").focus()
        page.keyboard.press("Space")
        page.get_by_label("I agree to this").check()
        page.get_by_role("button", name="Begin").click()

        page.get_by_label("Choose pictures").set_input_files(files[:12])
        expect(page.locator('#sent li[data-state="taken"]')).to_have_count(12)
        page.get_by_label("Choose pictures").set_input_files(files[12:])
        expect(page.locator('#sent li[data-state="refused"]')).to_have_count(len(BAD))
        for reason in BAD.values():
            expect(page.get_by_text(reason)).to_be_visible()
        expect(page.locator("#wanted")).to_have_text("18 more are wanted")
        expect(page.locator("#given")).to_have_text("You have given 12 pictures; you may give 8 more")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        faults += browser.accessibility_faults(page)
        page.screenshot(path=tmp_path / "phone.png", full_page=True)

        cut = list[str]()

        def lose_one(route: Any) -> None:
            if len(cut) < 2 and route.request.headers.get("upload-offset") == str(512 * 1024):
                cut.append("lost")
                route.abort("connectionreset")
            else:
                route.continue_()

        page.route("**/uploads/*", lose_one)
        page.get_by_label("Choose pictures").set_input_files(large)
        expect(page.get_by_text("The connection is lost.")).to_be_visible()
        expect(page.locator('#sent li[data-state="taken"]')).to_have_count(13)
        assert cut == ["lost", "lost"]

        held, let_go = list[Any](), list[bool]()

        def hold(route: Any) -> None:
            route.continue_() if let_go else held.append(route)

        page.unroute("**/uploads/*")
        page.route("**/uploads/*", hold)  # the picture is being sent until somebody lets it go on
        with page.expect_request("**/uploads/*"):
            page.get_by_label("Choose pictures").set_input_files(files[12])  # too small, whichever is taken back
        page.get_by_role("button", name="Take back picture 2").click()
        expect(page.get_by_text("Taken back.")).to_be_focused()
        expect(page.locator("#given")).to_have_text("You have given 12 pictures; you may give 8 more")
        for reason in BAD.values():  # they were told before, and stay
            expect(page.get_by_text(reason).first).to_be_visible()
        page.get_by_role("link", name="I am done").click()
        expect(page.locator("#leaving")).to_contain_text("Pictures that are not sent yet: 1.")
        page.screenshot(path=tmp_path / "leaving.png", full_page=True)
        let_go.append(True)
        for route in held:  # several, where the script asked again meanwhile
            route.continue_()
        expect(page.locator('#sent li[data-state="refused"]')).to_have_count(len(BAD) + 1)
        expect(page.locator("#leaving")).to_be_empty()
        page.get_by_role("link", name="I am done").click()
        (pseudonym,) = inbox.read_standing("crowd").contributors
        expect(page.locator("#code")).to_have_text(signer().completion(pseudonym))
        assert broken == []
        assert faults + browser.accessibility_faults(page) == []
    assert len(inbox.waiting("crowd")) == 12
    assert cli.main(["acquire", "crowd"]) == 0
    rows = tables.read_parts(layout.raw("crowd"), RAW)
    assert rows.filter(outcome="stored").height == 12
    assert rows["license"].unique().to_list() == ["CC-BY-4.0"]
    assert rows["consent"].str.ends_with("on a phone").all()
    assert inbox.waiting("crowd") == []


@contextmanager
def closing_down() -> Iterator[None]:
    try:
        yield
    finally:
        assert cli.main(["contribute", "down"]) == 0


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_works_without_a_script(project: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    (tmp_path / "bird.jpg").write_bytes(jpeg(tile(0)))
    path, port = start(tmp_path), free_port()
    assert cli.main(["contribute", "up", "--port", str(port)]) == 0
    with closing_down(), browser.page() as page:
        page.route("**/contribute.js", lambda route: route.abort())
        page.goto(f"{LOOPBACK}:{port}{path}?language=de")
        page.get_by_label("Ich erteile diese Lizenz").check()
        page.get_by_label("Ich stimme dem zu").check()
        page.get_by_role("button", name="Beginnen").click()
        page.get_by_label("Bilder wählen").set_input_files([tmp_path / "bird.jpg"])
        page.get_by_role("button", name="Senden").click()
        expect(page.get_by_text("Bild 1: Angenommen.")).to_be_visible()
        expect(page.get_by_role("img", name="Ihr Bild 1")).to_be_visible()
        faults = browser.accessibility_faults(page)
        page.goto(f"{LOOPBACK}:{port}/i/nobody-s")
        expect(page.get_by_role("alert")).to_be_visible()
        assert faults + browser.accessibility_faults(page) == []
    assert len(inbox.waiting("crowd")) == 1
