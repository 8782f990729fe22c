"""Exact hashes where they are needed: remembered by this machine, lost without harm, kept through a purge."""

from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from silverprint import config, layout
from silverprint.campaign import exact_copies
from silverprint.core import hashing
from silverprint.imaging import measurement
from silverprint.imaging.decode import decode
from silverprint.records import MEASURED, RAW
from silverprint.stages import measure
from silverprint.store import tables
from silverprint.store.shards.purge import fingerprints, purge
from tests.helpers.album import Found, acquire, jpeg, png, tile

TWINS = [Found(png(tile(0)), "a"), Found(png(tile(0), compress_level=1), "b")]
SINGLE = Found(jpeg(tile(5)), "c")


def pixels() -> pl.DataFrame:
    measure.run(config.load(), "web")
    raw = tables.read_parts(layout.raw("web"), RAW)
    return exact_copies.pixel_hashes(["web"], raw, tables.read_parts(layout.measured("web"), MEASURED))


@pytest.mark.slow
def test_only_possible_copies_are_hashed_and_only_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire("web", [*TWINS, SINGLE])
    found = pixels()
    assert set(found["image_id"]) == {one.image_id for one in TWINS}
    assert found["pixel_sha256"].unique().to_list() == [hashing.pixel_sha256(decode(TWINS[0].data).pixels)]

    with monkeypatch.context() as patch:
        patch.setattr(exact_copies, "pixel_sha256", lambda data: pytest.fail("hashed a second time"))
        assert pixels().equals(found)
    layout.PIXELS.unlink()
    assert pixels().equals(found)


@pytest.mark.slow
def test_a_purged_picture_leaves_its_fingerprint(project: Path) -> None:
    acquire("web", [SINGLE])
    assert pixels().is_empty()
    purge(layout.raw("web"), [SINGLE.image_id])
    kept = fingerprints(layout.raw("web")).row(0, named=True)
    figures = measurement.measure(SINGLE.image_id, SINGLE.data)
    assert kept["pixel_sha256"] == hashing.pixel_sha256(decode(SINGLE.data).pixels)
    assert {name: kept[name] for name in ("image_id", "width", "height", "phash64", "phash256_3")} == {
        name: figures[name] for name in ("image_id", "width", "height", "phash64", "phash256_3")
    }
    assert pixels()["image_id"].to_list() == [SINGLE.image_id]
    acquire("web", [Found(png(tile(5)), "another"), Found(png(tile(6)), "stranger")])
    assert pixels()["pixel_sha256"].n_unique() == pixels().height  # not the same pixels: JPEG lost some


@pytest.mark.parametrize("killed", [False, True])
def test_a_copy_that_comes_after_the_purge_and_a_new_measurement_is_found(project: Path, killed: bool) -> None:
    """In another format, with the old measurements gone; and where the first purge was killed after its shard."""
    acquire("web", [SINGLE])
    index = next(layout.raw("web").glob("index-*"))
    before = index.read_bytes()
    purge(layout.raw("web"), [SINGLE.image_id])
    if killed:
        index.write_bytes(before)
        purge(layout.raw("web"), [SINGLE.image_id])
    for part in layout.measured("web").glob("part-*"):
        part.unlink()
    later = Found(png(Image.fromarray(decode(SINGLE.data).pixels)), "later")
    acquire("web", [later])
    found = pixels()
    assert set(found["image_id"]) == {SINGLE.image_id, later.image_id}
    assert found["pixel_sha256"].n_unique() == 1
