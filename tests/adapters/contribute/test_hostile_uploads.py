"""Whatever strangers send gets a clear answer, and nothing of it is served back or believed."""

import io
import random
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from silverprint import layout
from silverprint.adapters.contribute import inbox
from silverprint.adapters.contribute.partial_uploads import PartialUploads
from tests.helpers.album import gif, jpeg, png, tile
from tests.helpers.crowd import Crowd, Person, add_crowd, running

MARK = "<script>alert('5e1f')</script>"
GOOD = jpeg(tile(0))
FEW = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it has this size, and is nearly empty."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def tiff() -> bytes:
    buffer = io.BytesIO()
    tile(3).save(buffer, "TIFF")
    return buffer.getvalue()


REFUSED = {  # what is sent -> the reason that is told
    "nothing but a byte": (b"x", "not-an-image"),
    "a page": (f"<!doctype html>{MARK}".encode(), "not-an-image"),
    "an svg": (f"<svg xmlns='http://www.w3.org/2000/svg'>{MARK}</svg>".encode(), "other-format"),
    "a bomb": (png_of(60_000, 60_000), "too-many-pixels"),
    "a broad bomb": (png_of(2**31 - 1, 1), "too-many-pixels"),
    "a picture cut off": (GOOD[: len(GOOD) // 2], "truncated"),
    "a head alone": (GOOD[:4], "truncated"),
    "a moving picture": (gif([tile(1), tile(2)]), "other-format"),
    "a tiff": (tiff(), "other-format"),
    "a tiny one": (jpeg(tile(4).resize((10, 10))), "too-small"),
    "one colour": (png(Image.new("RGB", (200, 200), "teal")), "flat"),
    "a strip": (jpeg(tile(5).resize((900, 60))), "extreme-aspect"),
    "many parts": (GOOD[:2] + b"\xff\xfe\x00\x03x" * 3_000 + GOOD[2:], "too-many-parts"),
}
POLYGLOTS = {  # pictures that are something else, too: kept as the picture alone
    "a page behind": jpeg(tile(6)) + MARK.encode() * 50,
    "a page in a comment": jpeg(tile(7), comment=MARK.encode()),
    "a page behind a png": png(tile(8)) + MARK.encode(),
    "an archive behind": jpeg(tile(9)) + b"PK\x03\x04" + MARK.encode(),
}


@pytest.fixture
def crowd(project: Path) -> Iterator[Crowd]:
    add_crowd({"per_person": 100, "wanted": 1_000}, max_bytes=300_000)
    with running(per_second=100_000.0) as made:
        yield made


@pytest.fixture
def person(crowd: Crowd) -> Person:
    return crowd.person().agree()


def seen_by(person: Person) -> bytes:
    """All that the pages show this person."""
    shown = person.get("?language=en").content + person.get("/done").content
    for image_id in inbox.read_standing("crowd").pictures:
        shown += person.get(f"/previews/{image_id}").content
    return shown


def test_each_has_its_reason(person: Person) -> None:
    told = {name: person.give(data).get("reason") for name, (data, _) in REFUSED.items()}
    assert told == {name: reason for name, (_, reason) in REFUSED.items()}
    assert inbox.waiting("crowd") == []
    assert MARK.encode() not in seen_by(person)


def test_what_is_no_part_of_the_picture_is_dropped(person: Person) -> None:
    for name, data in POLYGLOTS.items():
        assert person.give(data).get("state") == "taken", name
    kept = [path.read_bytes() for path in (layout.inbox("crowd") / "pictures").iterdir()]
    assert len(kept) == len(POLYGLOTS)
    assert not [data for data in [*kept, seen_by(person)] if b"5e1f" in data or b"PK\x03\x04" in data]


@FEW
@given(st.binary(max_size=2_000), st.integers(0, len(GOOD) - 1), st.integers(0, 2**32))
def test_broken_pictures_are_answered(person: Person, noise: bytes, at: int, seed: int) -> None:
    broken = bytearray(GOOD)
    broken[at : at + len(noise)] = noise
    for _ in range(3):
        broken[random.Random(seed).randrange(len(broken))] ^= 0xFF
    for data in (noise, bytes(broken)):
        said = person.give(data) if data else {"state": "refused"}
        assert said["state"] in ("taken", "refused")


@FEW
@given(st.binary(max_size=3_000), st.sampled_from(["", "x", "--", "boundary", "\u00e4", "a" * 300]))
def test_forms_that_are_none_are_answered(person: Person, body: bytes, boundary: str) -> None:
    kind = f"multipart/form-data; boundary={boundary}".encode()
    for content in (body, f"--{boundary}\r\n".encode() + body, f"--{boundary}\r\n\r\n\r\n--{boundary}--".encode()):
        answer = person.post("/pictures", content=content, headers={b"content-type": kind})
        assert 400 <= answer.status_code < 500, answer.text
    for path in ("/agree", "/take-back"):
        answer = person.post(path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
        assert 400 <= answer.status_code < 500, answer.text


@FEW
@given(st.text(max_size=300), st.text(alphabet="0123456789abcdef/.%\\-_", max_size=80))
def test_no_field_and_no_name_does_more_than_it_says(person: Person, text: str, path: str) -> None:
    said = {"form": person.form, "picture": text, "language": text, text or "x": MARK}
    assert person.post("/take-back", data=said).status_code in (303, 400)
    assert person.post("/agree", data=said).status_code == 400
    for below in ("uploads", "previews", "examples"):
        answer = person.get(f"/{below}/{path}", headers={"X-Form": person.form})
        assert answer.status_code in (200, 404, 405, 307), answer.text
        assert MARK not in answer.text
    assert {path.name for path in Path("data/inbox").iterdir()} == {"crowd", ".gitignore"}


@pytest.mark.parametrize("name", [f"../../{MARK}.jpg", "a" * 5_000, "\x00", "..\\..\\x.png", "\u202egpj.exe"])
def test_names_of_files_are_nothing_to_us(person: Person, name: str) -> None:
    answer = person.post("/pictures", data={"form": person.form}, files=[("files", (name, GOOD, f"text/html;{MARK}"))])
    assert answer.status_code == 200
    assert "Picture 1: Taken." in answer.text
    assert "5e1f" not in answer.text
    assert [path.name for path in (layout.inbox("crowd") / "pictures").iterdir()] == [
        picture.image_id for picture in inbox.waiting("crowd")
    ]


def test_a_body_of_chunks_is_refused_unread(person: Person) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"

    answer = person.ask("PUT", f"{person.base}/uploads/{'a' * 32}", content=chunks())
    assert (answer.status_code, answer.headers["connection"]) == (411, "close")
    assert "Content-Security-Policy" in answer.headers


def test_wrong_lengths_and_places(person: Person) -> None:
    name = "0a" * 16
    for offset, length in (("-1", "5"), ("x", "5"), ("0", ""), ("0", "9" * 30), ("\u0663", "5"), ("1e3", "5")):
        headers = {"X-Form": person.form, "Upload-Offset": offset.encode(), "Upload-Length": length.encode()}
        answer = person.ask("PUT", f"{person.base}/uploads/{name}", content=GOOD, headers=headers)
        assert answer.status_code == 400, (offset, length)
    assert person.put(GOOD, name, 7).json() == {"offset": 0}
    assert person.put(GOOD, name, 0, len(GOOD) - 1).status_code == 413
    assert person.put(GOOD, name, 0, 300_001).json()["reason"] == "too-large"
    assert person.put(b"", name, 0, 0).json()["reason"] == "empty"
    assert person.put(GOOD, "../" + "a" * 29).status_code in (404, 405)
    assert inbox.waiting("crowd") == []


def test_what_is_too_large_is_told_and_the_others_are_taken(person: Person) -> None:
    answer = person.send(bytes(300_001), GOOD)
    assert "Picture 1: The file is too large." in answer.text
    assert "Picture 2: Taken." in answer.text
    assert person.send(*[b"x"] * 400).status_code == 400
    assert person.post("/agree", data={"license": "x" * 30_000}).status_code == 413
    assert person.ask("POST", f"{person.base}/pictures", headers={"content-length": "9" * 14}).status_code in (400, 413)


def test_an_open_upload_makes_room_for_others(person: Person) -> None:
    for number in range(10):
        assert person.put(GOOD[:9], f"{number:032x}", 0, len(GOOD)).json() == {"offset": 9}
    assert len(list((layout.inbox("crowd") / "uploads").iterdir())) == 6


def test_a_whole_upload_that_made_room_before_it_was_looked_at_begins_again(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PartialUploads.read

    def late(uploads: PartialUploads, pseudonym: str, upload: str) -> bytes:
        uploads.drop(pseudonym, upload)
        return read(uploads, pseudonym, upload)

    with monkeypatch.context() as patched:
        patched.setattr(PartialUploads, "read", late)
        answer = person.put(GOOD, "0b" * 16)
    assert (answer.status_code, answer.json()) == (409, {"offset": 0})
    assert person.put(GOOD, "0b" * 16).json()["state"] == "taken"
