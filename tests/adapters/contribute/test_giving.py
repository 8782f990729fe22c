"""Giving pictures by the page: with the script's uploads and by the plain form."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from PIL import Image

from silverprint import layout
from silverprint.adapters.contribute import agreement, inbox
from silverprint.adapters.contribute import journal as journal_file
from silverprint.adapters.contribute.invites import Invite
from silverprint.adapters.contribute.partial_uploads import PartialUploads
from silverprint.errors import DiskError
from silverprint.store import files
from tests.helpers.album import jpeg, png, tile
from tests.helpers.crowd import Crowd, add_crowd, found, running

PICTURE = jpeg(tile(0))
ID = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def crowd(project: Path) -> Iterator[Crowd]:
    add_crowd()
    with running() as made:
        yield made


def kept() -> list[str]:
    return sorted(path.name for path in (layout.inbox("crowd") / "pictures").iterdir())


def test_what_was_agreed_to_is_kept_word_for_word(crowd: Crowd) -> None:
    crowd.person().agree()
    (person,) = inbox.read_standing("crowd").contributors.values()
    text = (layout.inbox("crowd") / "agreements" / f"{person.agreement}.txt").read_text()
    assert agreement.digest(text) == person.agreement
    assert "I made these pictures." in text
    assert "No people are to be seen." in text
    assert (person.language, person.device, person.license) == ("en", "desktop", "CC-BY-4.0")


@pytest.mark.slow
def test_a_picture_is_kept_without_its_metadata_and_shown_to_its_sender_alone(crowd: Crowd) -> None:
    exif = Image.Exif()
    exif[0x010E] = "my garden, 51.05 N"
    data = jpeg(tile(0), exif=exif)
    ada, bo = crowd.person().agree(), crowd.person().agree()
    said = ada.give(data)
    assert said["state"] == "taken"
    assert said["picture"] == hashlib.sha256(data).hexdigest()
    assert kept() == [said["picture"]]
    assert b"my garden" not in (layout.inbox("crowd") / "pictures" / said["picture"]).read_bytes()
    preview = ada.get(f"/previews/{said['picture']}")
    assert (preview.status_code, preview.headers["content-type"]) == (200, "image/jpeg")
    assert preview.content != data
    assert bo.get(f"/previews/{said['picture']}").status_code == 404


def test_a_plain_form_gives_many_and_says_what_became_of_each(crowd: Crowd) -> None:
    person = crowd.person().agree()
    answer = person.send(PICTURE, b"no picture", jpeg(tile(1).resize((20, 20))), PICTURE)
    assert answer.status_code == 200
    assert "Picture 1: Taken." in answer.text
    assert "Picture 2: This is no picture." in answer.text
    assert "Picture 3: It is too small." in answer.text
    assert "Picture 4: You have given this one already." in answer.text
    assert "<script>0" not in answer.text
    assert kept() == [ID]


def test_duplicates_are_told_at_once_and_whose_they_are(crowd: Crowd) -> None:
    ada, bo = crowd.person().agree(), crowd.person().agree()
    assert ada.give(PICTURE)["state"] == "taken"
    assert ada.give(PICTURE)["reason"] == "yours"
    assert ada.give(jpeg(tile(0), quality=50))["reason"] == "yours-alike"
    assert bo.give(PICTURE)["reason"] == "known"
    assert bo.give(png(tile(0).resize((100, 100))))["reason"] == "alike"
    assert bo.give(jpeg(tile(1)))["state"] == "taken"


def test_what_was_taken_back_is_gone_and_may_be_given_again(crowd: Crowd) -> None:
    ada, bo = crowd.person().agree(), crowd.person().agree()
    ada.give(PICTURE)
    bo.post("/take-back", data={"form": bo.form, "picture": ID})
    assert kept() == [ID]
    assert ada.post("/take-back", data={"form": ada.form, "picture": ID}).status_code == 303
    assert kept() == []
    assert ada.get(f"/previews/{ID}").status_code == 404
    assert bo.give(PICTURE)["state"] == "taken"


def test_an_upload_goes_on_where_it_broke_off_and_its_answer_can_be_asked_for(crowd: Crowd) -> None:
    person, name = crowd.person().agree(), "0a" * 16
    half = len(PICTURE) // 2
    assert person.put(PICTURE[:half], name, 0, len(PICTURE)).json() == {"offset": half}
    place = f"/uploads/{name}"
    assert person.get(place, headers={"X-Form": person.form}).json() == {"offset": half}
    assert person.put(PICTURE, name, 0, len(PICTURE)).status_code == 409
    done = person.put(PICTURE[half:], name, half, len(PICTURE)).json()
    assert (done["state"], done["picture"]) == ("taken", ID)
    assert person.get(place, headers={"X-Form": person.form}).json() == done
    assert person.put(PICTURE, name, 0).json() == done
    assert [path.name for path in (layout.inbox("crowd") / "uploads").iterdir()] == []


def test_an_upload_that_was_begun_as_a_larger_file_begins_anew(crowd: Crowd) -> None:
    person, name = crowd.person().agree(), "0b" * 16
    assert person.put(b"x" * 900, name, 0, 10_000_000).json() == {"offset": 900}
    answer = person.put(PICTURE[900:], name, 900, 500)
    assert (answer.status_code, answer.json()) == (409, {"offset": 0})
    assert person.put(PICTURE, name, 0).json()["picture"] == ID


def test_quotas_of_a_person_a_theme_and_an_invite(project: Path) -> None:
    add_crowd({"per_person": 2, "wanted": 4})
    with running() as crowd:
        small = crowd.link(quota=1)
        ada, bo, cy = crowd.person().agree(), crowd.person(small).agree(), crowd.person().agree()
        assert [ada.give(jpeg(tile(number))).get("reason") for number in (0, 1, 2)] == [None, None, "enough"]
        assert "you may give 1 more" in bo.get().text
        assert [bo.give(jpeg(tile(number))).get("reason") for number in (2, 3)] == [None, "invite-spent"]
        assert [cy.give(jpeg(tile(number))).get("reason") for number in (3, 4)] == [None, "full"]
        assert "All that were wanted are here" in cy.get().text
        assert crowd.person(small).post("/agree", data={}).status_code == 400


def test_a_full_disk_is_told_and_nothing_of_the_picture_is_kept(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it fills up: at the first piece, at the picture, at its preview, at the journal's line, at a form."""
    person = crowd.person().agree()
    journal = (layout.inbox("crowd") / "journal").read_bytes()

    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "no space left on device")

    def no_second(*said: Any, **more: Any) -> None:
        if next(written):
            raise DiskError("a preview", "no space left to write it", "free some space and run again")
        files.write_bytes(*said, **more)

    written = iter([False, True])
    places = (
        (PartialUploads, "open", full),
        (files, "os", SimpleNamespace(**vars(os) | {"open": full})),
        (inbox, "write_bytes", no_second),
        (journal_file, "os", SimpleNamespace(**vars(os) | {"write": full})),
    )
    for number, (owner, name, broken) in enumerate(places):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, broken)
            answer = person.put(PICTURE, f"{number:032x}")
        assert (answer.status_code, answer.json().get("message")) == (507, "disk-full"), (owner, name)
        assert kept() == []
        assert (layout.inbox("crowd") / "journal").read_bytes() == journal
    with monkeypatch.context() as patch:
        patch.setattr(files, "os", SimpleNamespace(**vars(os) | {"open": full}))
        answer = person.send(PICTURE)
    assert answer.status_code == 507
    assert "We have no room for it at the moment" in answer.text
    assert person.give(PICTURE)["state"] == "taken"
    assert kept() == [ID]


AGENTS = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": "phone",
    "Mozilla/5.0 (Linux; Android 16; Pixel 11) AppleWebKit/537.36 Chrome/150 Mobile Safari/537.36": "phone",
    "Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": "tablet",
    "Mozilla/5.0 (Android 16; Tablet; rv:150.0) Gecko/150.0 Firefox/150.0": "tablet",
    "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0": "desktop",
    "": "desktop",
}


def test_of_a_browser_its_class_is_kept_and_nothing_else_and_of_an_address_nothing(crowd: Crowd) -> None:
    for agent in AGENTS:
        crowd.person(address="203.0.113.77").agree(agent=agent, email="ada@example.org")
    last = crowd.person(address="203.0.113.77").agree()
    last.give(PICTURE)
    devices = [one.device for one in inbox.read_standing("crowd").contributors.values()]
    assert devices == [*AGENTS.values(), "desktop"]
    for path in filter(Path.is_file, (*layout.INBOX.rglob("*"), *layout.CONTRIBUTE.rglob("*"))):
        data = path.read_bytes()
        for said in ("203.0.113.77", "ada@example.org", "Mozilla", "Android", "httpx"):
            assert said.encode() not in data, path


def test_links_that_are_none_or_over(crowd: Crowd) -> None:
    link = crowd.link()
    assert crowd.person(link[:20] + ("A" if link[20] != "A" else "B") + link[21:]).get().status_code == 404
    assert crowd.person(f"{link}=").get().status_code == 404
    assert crowd.person("x" * 600).get().status_code == 404
    assert crowd.person(crowd.link(until=1)).get().status_code == 410
    assert crowd.person(crowd.link(theme="cats")).get().status_code == 410


def test_a_link_is_good_for_no_more_people_than_pictures(crowd: Crowd) -> None:
    link = crowd.link(quota=1)
    person = crowd.person(link).agree()
    said = crowd.person(link).get().text  # before anybody agrees
    assert "This invitation has been used up." in said
    assert 'name="agreement"' not in said
    assert person.give(PICTURE)["state"] == "taken"
    for _ in range(2):
        said = person.get().text
        assert "This invitation has been used up." in said
        assert 'id="give"' not in said
        assert "contribute.js" not in said


def test_a_full_theme_is_told_before_anybody_agrees(project: Path) -> None:
    add_crowd({"wanted": 1})
    with running() as crowd:
        crowd.person().agree().give(PICTURE)
        said = crowd.person().get().text
        assert '<p class="message" role="alert">All that were wanted are here.' in said
        assert 'name="agreement"' not in said


def test_once_the_invite_is_over_nobody_gives_and_everybody_takes_back(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = crowd.link()
    person, late = crowd.person(link).agree(), crowd.person(link)
    assert person.give(PICTURE)["state"] == "taken"
    code = person.get("/done").text
    monkeypatch.setattr(Invite, "is_over", lambda _: True)
    assert late.get().status_code == late.post("/agree").status_code == 410
    said = person.get().text
    assert "This invitation has ended." in said
    assert 'id="give"' not in said
    assert 'id="code"' in code
    assert 'id="code"' in person.get("/done").text
    assert person.get(f"/previews/{ID}").status_code == 200
    assert person.send(PICTURE).status_code == person.put(PICTURE, "0a" * 16).status_code == 410
    assert person.post("/take-back", data={"form": person.form, "picture": ID}).status_code == 303
    assert kept() == []


@pytest.mark.parametrize(("key", "ended"), [("crowd-1.0123456789", "crowd-1"), ("0123456789", "0123456789")])
def test_nobody_more_begins_by_an_ended_link_and_who_began_finishes(crowd: Crowd, key: str, ended: str) -> None:
    link = crowd.site.signer.invite(Invite(key, "crowd", "birds", 9, 2**33))
    person, late = crowd.person(link).agree(), crowd.person(link)
    inbox.end_invites("crowd", ended)
    assert late.get().status_code == late.post("/agree").status_code == 410
    assert inbox.read_standing("crowd").is_ended(key)
    assert person.give(PICTURE)["state"] == "taken"
    assert crowd.person().get().status_code == 200


def test_a_form_of_too_many_or_of_none_says_so_and_a_link_to_a_language_leads_back(crowd: Crowd) -> None:
    person = crowd.person().agree()
    said = person.send(*[b"x"] * 61).text
    assert said.count("This is no picture.") == 20
    assert said.count("it is one more than can be sent at a time.") == 41
    assert "Choose at least one picture." in person.send(b"").text
    for place in ("/agree", "/pictures", "/take-back"):
        answer = person.get(f"{place}?language=de")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{person.base}?language=de")


def test_who_agreed_and_agrees_again_is_the_same_person(crowd: Crowd) -> None:
    person = crowd.person()
    digest = found(r'name="agreement" value="([0-9a-f]{64})"', person.get().text)
    for _ in range(2):
        said = {"language": "en", "agreement": digest, "license": "yes", "consent": "yes"}
        assert person.post("/agree", data=said).status_code == 303
    assert len(inbox.read_standing("crowd").contributors) == 1


def test_the_script_takes_back_without_leaving_the_page(crowd: Crowd) -> None:
    person = crowd.person().agree()
    person.give(PICTURE)
    answer = person.post(
        "/take-back?language=de",
        data={"form": person.form, "picture": ID},
        headers={"Accept": "application/json"},
    )
    assert answer.json()["given"].startswith("Sie haben noch kein Bild beigetragen, ")
    assert kept() == []


def test_nothing_is_taken_before_both_are_ticked(crowd: Crowd) -> None:
    person = crowd.person()
    answer = person.post("/agree", data={"license": "yes", "language": "en"})
    assert answer.status_code == 400
    assert "once you have ticked both" in answer.text
    assert inbox.read_standing("crowd").contributors == {}
    assert person.post("/pictures", files={"files": PICTURE}).status_code == 403
    assert person.put(PICTURE, "0a" * 16).status_code == 403


def test_other_pages_change_nothing(crowd: Crowd) -> None:
    person = crowd.person().agree()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = person.post("/take-back", data={"form": person.form, "picture": ID}, headers=headers)
        assert answer.status_code == 403
    person.form = crowd.person().agree().form
    assert person.send(PICTURE).status_code == 403
    assert person.put(PICTURE, "0a" * 16).status_code == 403
    assert person.ask("GET", "/health", headers={"Host": "evil.example"}).status_code == 400
    assert kept() == []


def test_every_answer_says_what_a_browser_may_do(crowd: Crowd) -> None:
    person = crowd.person().agree()
    for answer in (
        person.get(),
        person.get("/done"),
        person.get("/nothing"),
        person.ask("GET", "/static/contribute.js"),
    ):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in person.get().text


def test_too_much_at_once_is_told(project: Path) -> None:
    add_crowd()
    with running(per_second=0.5) as crowd:
        link = crowd.link()
        asked = [crowd.person(link).get().status_code for _ in range(6)]
        assert asked == [200, 200, 200, 200, 429, 429]
        assert crowd.person(link, address="203.0.113.8").get().status_code == 200


def test_languages_are_those_of_the_theme(crowd: Crowd) -> None:
    person = crowd.person()
    assert "Vögel in Ihrem Garten" in person.get(headers={"Accept-Language": "de-AT, en;q=0.5"}).text
    assert "Birds in your garden" in person.get(headers={"Accept-Language": "zh"}).text
    assert "Birds in your garden" in person.get("?language=zh").text


def test_the_code_is_the_same_each_time_and_another_for_each_person(crowd: Crowd) -> None:
    ada, bo = crowd.person().agree(), crowd.person().agree()
    for number, person in enumerate((ada, bo)):
        assert 'id="code"' not in person.get("/done").text  # nothing is given yet
        person.give(jpeg(tile(number)))
    assert ada.get("/done").text == ada.get("/done").text != bo.get("/done").text
