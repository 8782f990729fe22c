"""persons on real pictures in real shards, with a detector that knows what it finds."""

import json
from dataclasses import replace
from typing import ClassVar

import pytest
from matplotlib.cbook import get_sample_data
from PIL import Image

from silverprint import config, layout
from silverprint.config import Persons
from silverprint.errors import ConfigError, UnavailableError
from silverprint.imaging.decode import decode_stored
from silverprint.model import faces
from silverprint.records import FACES, MANIFEST
from silverprint.stages import clean, measure, persons
from silverprint.store import tables
from silverprint.store.executor import cores
from tests.helpers import needs
from tests.helpers.album import Found, acquire, embed, jpeg, tile


class Bright:
    """Finds a face wherever a picture is bright."""

    looked: ClassVar[int] = 0

    def __call__(self, pixels):
        Bright.looked += 1
        return faces.Faces(1, 0.9, 0.25) if pixels.mean() > 128 else faces.Faces(0, None, None)


@pytest.fixture
def params(project, monkeypatch):
    monkeypatch.setattr(faces, "FaceDetector", Bright)
    Bright.looked = 0
    loaded = config.load()
    return replace(loaded, sources={"web": loaded.sources["web"]}, persons=Persons(detector="mtcnn"))


def known():
    return {row["image_id"]: row for row in tables.read_parts(layout.PERSONS, FACES).to_dicts()}


def album(params, *numbers):
    """These pictures, acquired and measured."""
    found = [Found(jpeg(tile(number)), f"p{number}") for number in numbers]
    acquire("web", found)
    measure.run(params, "web")
    return found


@pytest.mark.slow
def test_each_picture_is_looked_at_once_and_another_detector_starts_over(params) -> None:
    acquire("web", [Found(b"no picture", "broken")])
    first = album(params, 0, 1, 2)
    persons.run(params)
    found = known()
    assert set(found) == {one.image_id for one in first}
    for row in found.values():
        assert (row["confidence"], row["size"]) == ((0.9, 0.25) if row["faces"] else (None, None))
    more = album(params, 3, 4)
    persons.run(params)
    assert Bright.looked == len(found) + len(more) == len(known())
    assert {name: known()[name] for name in found} == found
    before = {path.name: path.read_bytes() for path in layout.PERSONS.iterdir()}
    persons.run(params)
    assert {path.name: path.read_bytes() for path in layout.PERSONS.iterdir()} == before
    persons.run(replace(params, persons=Persons()))
    assert known() == {}
    assert json.loads((layout.PERSONS / "detector.json").read_text()) == {"detector": None}


@pytest.mark.slow
def test_a_kill_keeps_what_was_looked_at(params, monkeypatch) -> None:
    monkeypatch.setattr(persons, "PART", 2)
    album(params, *range(5))

    def interrupted(detector, pixels):
        if Bright.looked == 3:
            raise KeyboardInterrupt
        return Bright()(pixels)

    monkeypatch.setattr(persons, "_BATCH", 1)
    monkeypatch.setattr(cores, "available", lambda: 1)
    monkeypatch.setattr(faces, "FaceDetector", type("Cut", (), {"__call__": interrupted}))
    with pytest.raises(KeyboardInterrupt):
        persons.run(params)
    assert len(known()) == 3
    monkeypatch.setattr(faces, "FaceDetector", Bright)
    persons.run(params)
    assert len(known()) == 5


@pytest.mark.slow
def test_clean_hides_what_was_found_and_refuses_pictures_that_were_not_looked_at(params) -> None:
    pictures = album(params, 0, 1, 2, 3)
    embed(params)
    persons.run(params)
    clean.run(params)
    manifest = {row["image_id"]: row for row in tables.read(layout.MANIFEST, MANIFEST).to_dicts()}
    shown = {name for name, row in known().items() if row["faces"]}
    assert {name for name, row in manifest.items() if row["shown_to"] == "nobody"} == shown
    assert all(manifest[name]["personal"] == "face:0.9" for name in shown)
    assert 0 < len(shown) < len(pictures)
    album(params, 5)
    embed(params)
    with pytest.raises(UnavailableError, match="1 pictures: the detector of persons has not looked at them"):
        clean.run(params)


def test_a_package_that_is_not_there_is_told_with_the_command(project, monkeypatch) -> None:
    monkeypatch.setattr(faces, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"its package is not installed.*pip install --no-deps facenet-pytorch"):
        faces.FaceDetector()


@pytest.mark.slow
def test_a_real_face_is_found_and_its_size_is_a_share_of_the_picture() -> None:
    needs.module("facenet_pytorch", faces.INSTALL)
    with Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as portrait:
        data = jpeg(portrait.convert("RGB"))
    small = Found(jpeg(tile(0)), "none")
    detector = faces.FaceDetector()
    found, nothing = (detector(decode_stored("a", one, faces.SIDE)) for one in (data, small.data))
    assert found.faces == 1
    assert found.confidence > 0.95
    assert 0.2 < found.size < 0.6
    left, top, right, bottom = map(float, found.boxes.split(","))
    assert 0 < left < right < 1
    assert bottom - top == pytest.approx(found.size, abs=2e-4)
    assert nothing == faces.Faces(0, None, None)
