"""The policy blur: from the detector's boxes to whatever shows a picture to people."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.adapters.plots.thumbnails import Gallery, thumbnail
from silverprint.campaign import served_copies, withheld_signs
from silverprint.config import Params, Persons
from silverprint.errors import ConfigError, UnavailableError
from silverprint.imaging.blur import blurred_jpeg
from silverprint.imaging.decode import decode_known
from silverprint.model import faces
from silverprint.records import MANIFEST
from silverprint.stages import clean, measure, persons
from silverprint.store import ShardReader, shown_pictures, tables
from tests.helpers.album import Found, acquire, embed, jpeg, tile

BOX = "0.2500,0.2500,0.7500,0.7500"


class Bright:
    """Finds a face in the middle of what is bright."""

    def __call__(self, pixels: np.ndarray) -> faces.Faces:
        return faces.Faces(1, 0.9, 0.5, BOX) if pixels.mean() > 128 else faces.Faces(0, None, None)


@pytest.fixture
def params(project: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """Of a campaign that was cleaned, of which some pictures are bright."""
    monkeypatch.setattr(faces, "FaceDetector", Bright)
    loaded = config.load()
    blurring = replace(loaded, sources={"web": loaded.sources["web"]}, persons=Persons(detector="mtcnn", policy="blur"))
    acquire("web", [Found(jpeg(tile(number)), f"p{number}") for number in range(8)])
    measure.run(blurring, "web")
    embed(blurring)
    persons.run(blurring)
    clean.run(blurring)
    return blurring


def who() -> tuple[list[str], list[str]]:
    """image_ids of pictures with a person, and without."""
    rows = tables.read(layout.MANIFEST, MANIFEST)
    shown = pl.col("personal").is_not_null()
    found, none = rows.filter(shown)["image_id"].to_list(), rows.filter(~shown)["image_id"].to_list()
    assert min(len(found), len(none)) >= 2
    return found, none


def test_people_see_faces_blurred_and_everything_else_as_it_is(params: Params) -> None:
    found, none = who()
    assert tables.read(layout.MANIFEST, MANIFEST)["shown_to"].drop_nulls().is_empty()
    stored = dict(ShardReader(layout.raw("web")).scan())
    wanted = {name: blurred_jpeg(name, stored[name], BOX) for name in found} | {name: stored[name] for name in none}
    names = [*none, *found]
    pictures = shown_pictures.shown(params)
    assert list(pictures.read(names)) == [(name, wanted[name]) for name in names]
    served_copies.fill(params, "garments", "r01", names)
    gallery = Gallery(pictures, withheld_signs.of(names))
    for name in names:
        assert served_copies.path("garments", "r01", name).read_bytes() == served_copies.shown(name, wanted[name], None)
        assert gallery.thumbnail(name, 112) == thumbnail(decode_known(wanted[name], 112).pixels, 112)
        differs = decode_known(wanted[name]).pixels != decode_known(stored[name]).pixels
        assert differs.any() == (name in found)


@pytest.mark.slow
def test_what_somebody_else_found_is_hidden_for_nobody_knows_where_it_is(params: Params) -> None:
    found, none = who()
    lines = [f"{found[0]},plate,0.9,d 1", f"{none[0]},face,0.9,d 1", f"{found[1]},face,0.1,d 1"]
    layout.PERSONAL.write_text("\n".join(["image_id,kind,confidence,detector", *lines, ""]))
    clean.run(params)
    rows = dict(tables.read(layout.MANIFEST, MANIFEST).select("image_id", "shown_to").iter_rows())
    assert {name for name, whom in rows.items() if whom == "nobody"} == {found[0], none[0]}
    assert set(shown_pictures.blurred_boxes(params)) == set(found) - {found[0]}
    assert withheld_signs.of([])[found[0]] == "☺"


@pytest.mark.slow
def test_without_the_table_nothing_is_shown_and_another_policy_removes_it(params: Params) -> None:
    layout.BLURRED.rename("away")
    with pytest.raises(UnavailableError, match=r"blurred\.parquet.*dvc pull data/clean"):
        shown_pictures.shown(params)
    Path("away").rename(layout.BLURRED)
    flagging = replace(params, persons=Persons(detector="mtcnn", policy="flag"))
    assert shown_pictures.blurred_boxes(flagging)  # as long as `clean` has not run
    clean.run(flagging)
    assert shown_pictures.blurred_boxes(flagging) == {}


def test_blurring_needs_a_detector(project: Path) -> None:
    path = Path("params.yaml")
    text = path.read_text()
    assert "\n  policy: hide " in text
    path.write_text(text.replace("\n  policy: hide ", "\n  policy: blur "))
    with pytest.raises(ConfigError, match=r"persons\.policy = 'blur'.*set persons\.detector: mtcnn"):
        config.load()
