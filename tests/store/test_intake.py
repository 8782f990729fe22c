"""What an intake takes for news, and what it leaves out."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from silverprint.fetch_result import Answer, Showing, Validators
from silverprint.imaging.measurement import measure
from silverprint.records import RAW
from silverprint.store import ShardReader, ShardWriter, tables
from silverprint.store.intake import Intake, judge_answer
from tests.helpers.web_pictures import encoded, exif

URL = "https://example.org/a.jpg"


def session(root: Path, *found: tuple[Showing, Answer]) -> Intake:
    with ShardWriter(root) as writer:
        intake = Intake(writer, "web", tables.read_parts(root, RAW))
        for showing, answer in found:
            intake.take(showing, answer)
    return intake


def fetched(data: bytes, **said: str) -> Answer:
    return Answer("present", data=data, status=200, robots="allowed", **said)


def test_a_picture_is_named_by_its_bytes_as_fetched(tmp_path: Path) -> None:
    data = encoded(1, exif=exif())
    session(tmp_path, (Showing(URL, "https://example.org/", "MIT", "rel-license", "bag"), fetched(data, etag='"1"')))
    [row] = ShardReader(tmp_path).index().iter_rows(named=True)
    [(image_id, stored)] = ShardReader(tmp_path).scan()
    assert row["image_id"] == image_id == hashlib.sha256(data).hexdigest()
    assert row["stored_sha256"] == hashlib.sha256(stored).hexdigest() != image_id
    assert (row["format"], row["source"], row["source_label"], row["license"]) == ("jpeg", "web", "bag", "MIT")
    assert (row["status"], row["etag"], row["robots"]) == (200, '"1"', "allowed")
    assert row["fetched_at"].endswith("Z")


FINDS = {
    "picture": fetched(encoded(1)),
    "refusal": Answer("refused", "robots"),
    "failure": Answer("failed", "http-404", status=404),
    "html": fetched(b"<html>"),
    "nothing": fetched(b""),
}


@pytest.mark.parametrize("name", FINDS)
def test_the_same_find_again_is_no_news(tmp_path: Path, name: str) -> None:
    first = session(tmp_path, (Showing(URL), FINDS[name]))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    second = session(tmp_path, (Showing(URL), FINDS[name]))
    assert first.counts.total() == 1
    assert first.counts["unchanged"] == 0
    assert second.counts == {"unchanged": 1}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_bytes_that_are_no_picture_fail(tmp_path: Path) -> None:
    intake = session(tmp_path, (Showing("a"), FINDS["html"]), (Showing("b"), FINDS["nothing"]))
    assert intake.reasons == {"not-an-image": 1, "empty": 1}
    assert ShardReader(tmp_path).index()["image_id"].null_count() == 2


@pytest.mark.parametrize(
    ("showing", "answer", "outcome"),
    [
        (Showing(URL), fetched(encoded(2)), "stored"),
        (Showing(URL, license="MIT"), fetched(encoded(1)), "duplicate"),
        (Showing(URL, source_label="bag"), fetched(encoded(1)), "duplicate"),
        (Showing(URL, "https://example.org/other"), fetched(encoded(1)), "duplicate"),
        (Showing("https://example.org/b.jpg"), fetched(encoded(1)), "duplicate"),
        (Showing(URL), Answer("failed", "http-404"), "failed"),
        (Showing(URL), Answer("refused", "robots"), "refused"),
    ],
)
def test_what_changed_is_news(tmp_path: Path, showing: Showing, answer: Answer, outcome: str) -> None:
    session(tmp_path, (Showing(URL), fetched(encoded(1))))
    assert session(tmp_path, (showing, answer)).counts == {outcome: 1}
    assert session(tmp_path, (showing, answer)).counts == {"unchanged": 1}
    stored = ShardReader(tmp_path).index().filter(pl.col("outcome") == "stored")
    assert stored["image_id"].n_unique() == len(stored)


def test_an_unchanged_picture_is_known_by_its_validators(tmp_path: Path) -> None:
    name = hashlib.sha256(encoded(1)).hexdigest()
    session(tmp_path, (Showing(URL), fetched(encoded(1), etag='"1"', last_modified="yesterday")))
    again = session(tmp_path, (Showing(URL), Answer("present", image_id=name, status=304)))
    assert again.counts == {"unchanged": 1}
    assert again.validators(URL) == Validators(name, '"1"', "yesterday")
    assert again.validators("https://example.org/other") is None


def test_an_answer_may_be_recorded_of_further_showings(tmp_path: Path) -> None:
    with ShardWriter(tmp_path) as writer:
        intake = Intake(writer, "web", tables.read_parts(tmp_path, RAW))
        answer = intake.take(Showing(URL, "one"), fetched(encoded(1)))
        assert answer.data is None
        intake.take(Showing(URL, "two"), answer)
    assert sorted(ShardReader(tmp_path).index()["outcome"]) == ["duplicate", "stored"]


def test_what_is_made_to_keep_us_busy_is_refused(tmp_path: Path) -> None:
    data = encoded(1)
    busy = data[:2] + b"\xff\xe1\0\4\1\x12" * 10_000 + data[2:]
    intake = session(tmp_path, (Showing(URL), fetched(busy)))
    assert intake.counts == {"refused": 1}
    [row] = ShardReader(tmp_path).index().iter_rows(named=True)
    assert (row["outcome"], row["reason"], row["image_id"], row["format"]) == ("refused", "too-many-parts", None, None)
    assert list(ShardReader(tmp_path).scan()) == []


def test_a_picture_that_was_judged_elsewhere_is_the_same_row(tmp_path: Path) -> None:
    data = encoded(2, exif=exif(6))
    session(tmp_path / "here", (Showing(URL), fetched(data)))
    session(tmp_path / "aside", (Showing(URL), judge_answer(fetched(data), URL)))
    here, aside = (ShardReader(tmp_path / name).index().drop("fetched_at") for name in ("here", "aside"))
    assert here.equals(aside)
    assert list(ShardReader(tmp_path / "here").scan()) == list(ShardReader(tmp_path / "aside").scan())


BROKEN = bytes(range(256)) * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "content_type", "data", "outcome"),
    [
        ("a/b.JPG", None, BROKEN, "stored"),
        ("https://example.org/b.webp?w=3", "application/octet-stream", BROKEN, "stored"),
        ("https://example.org/b", "Image/JPEG; q=1", BROKEN, "stored"),
        ("b.svg", None, b"<?xml version='1.0'?>\n<!-- made by hand -->\n<svg xmlns='x'/>", "stored"),
        ("b.heic", None, b"\0\0\0\x18ftypheic" + BROKEN, "stored"),
        ("b", None, b"\0\0\0\x18ftypheic" + BROKEN, "stored"),
        ("b.bin", "application/octet-stream", BROKEN, "not-an-image"),
        ("b.jpg", "image/jpeg", b"<!doctype html><title>Sign in</title>", "not-an-image"),
        ("b.jpg", "image/jpeg", "<html>größer</html>".encode("utf-16"), "not-an-image"),
        ("b.jpg", "image/jpeg", b'{"error": "gone"}', "not-an-image"),
        ("__MACOSX/._b.jpg", None, b"\0\5\x16\7\0\2\0\0Mac OS X", "not-an-image"),
        ("b.jpg", "image/jpeg", b"", "empty"),
    ],
)
def test_what_claims_to_be_a_picture_is_stored(
    tmp_path: Path, url: str, content_type: str | None, data: bytes, outcome: str
) -> None:
    intake = session(tmp_path, (Showing(url), Answer("present", data=data, content_type=content_type)))
    if outcome == "stored":
        assert intake.counts == {"stored": 1}
        [(image_id, stored)] = ShardReader(tmp_path).scan()
        assert stored == data
        row = measure(image_id, stored)
        assert row["decodable"] is False
        assert row["error"] in {"not-an-image", "unsupported", "truncated"}
    else:
        assert intake.reasons == {outcome: 1}


def test_what_an_earlier_version_took_for_no_picture_is_looked_at_again(tmp_path: Path) -> None:
    for url, etag in (("a.jpg", "1"), ("notes.txt", "1")):
        session(tmp_path, (Showing(url), Answer("failed", "not-an-image", etag=etag)))
    with ShardWriter(tmp_path) as writer:
        intake = Intake(writer, "web", tables.read_parts(tmp_path, RAW))
        assert intake.remembered("a.jpg", "1") is None
        known = intake.remembered("notes.txt", "1")
        assert known is not None
        assert known.reason == "not-an-image"
