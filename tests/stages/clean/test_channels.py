"""Every channel leads into one manifest; a picture that came by several has one row, or one that stands for all."""

import json
import tarfile
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.records import MANIFEST, RAW
from silverprint.stages import acquire as stage
from silverprint.stages import clean, measure
from silverprint.store import tables
from tests.helpers.album import Found, acquire, embed, jpeg, png, tile

EVERYWHERE, TAR_AND_OWN, PIXELS, ALONE = (jpeg(tile(number)) for number in (0, 2, 4, 6))
SAME_PIXELS = png(tile(9)), png(tile(9), compress_level=1)


@pytest.fixture
def manifest(project: Path, tmp_path: Path) -> pl.DataFrame:
    """A crawl's rows, a zip and a tar by partners, a folder of one's own, acquired, measured, cleaned."""
    place = tmp_path / "came"
    (place / "own/bag").mkdir(parents=True)
    (place / "own/bag/everywhere.jpg").write_bytes(EVERYWHERE)
    (place / "own/bag/tar.jpg").write_bytes(TAR_AND_OWN)
    (place / "own/bag/same.png").write_bytes(SAME_PIXELS[1])
    (place / "own/alone.jpg").write_bytes(ALONE)
    with ZipFile(place / "zip.zip", "w") as archive:
        archive.writestr("everywhere.jpg", EVERYWHERE)
        archive.writestr("manifest.csv", "path,contract,label,caption\neverywhere.jpg,2026-04,coat,A coat\n")
    with tarfile.open(place / "tar.tar.gz", "w:gz") as tar:
        for name, data in (("tar.jpg", TAR_AND_OWN), ("same.png", SAME_PIXELS[0])):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    text = layout.PARAMS.read_text()
    start, end = text.index("  web:"), text.index("clean:\n")
    web = text[start : text.index("  partner:")]
    layout.PARAMS.write_text(
        f"{text[:start]}{web}"
        f"  zip: {{kind: archive, path: {place}/zip.zip, license: CC-BY-4.0}}\n"
        f"  tar: {{kind: archive, path: {place}/tar.tar.gz}}\n"
        f"  own: {{kind: folder, path: {place}/own, license: CC0-1.0, consent: none to be seen}}\n\n{text[end:]}"
    )
    acquire("web", [Found(EVERYWHERE, "http://a.example/1.jpg", license=None, fetched_at="2020-01-01T00:00:00Z")])
    params = config.load()
    for source in params.sources:
        if source != "web":
            stage.run(params, source)
        measure.run(params, source)
    embed(params)
    clean.run(params)
    return tables.read(layout.MANIFEST, MANIFEST)


@pytest.mark.slow
def test_one_manifest_of_all_channels(manifest: pl.DataFrame) -> None:
    _one_row_a_picture_with_the_best_licence(manifest)
    _the_same_pixels_by_two_channels_are_one_picture_that_is_kept(manifest)
    _how_complete_each_channel_is()


def _one_row_a_picture_with_the_best_licence(manifest: pl.DataFrame) -> None:
    assert manifest["image_id"].is_unique().all()
    assert manifest.height == 5
    raw = pl.concat([tables.read_parts(layout.raw(source), RAW) for source in ("web", "zip", "tar", "own")])
    assert raw.filter(outcome="stored").height == 8
    by_file = {row["url"].rpartition("!")[2].rpartition("/")[2]: row for row in manifest.to_dicts()}
    everywhere = by_file["everywhere.jpg"]
    assert (everywhere["source"], everywhere["license"], everywhere["kept"]) in [
        ("own", "CC0-1.0", True),
        ("zip", "CC-BY-4.0", True),
    ]
    if everywhere["source"] == "zip":
        assert (everywhere["contract"], everywhere["caption"]) == ("2026-04", "A coat")
    assert (by_file["tar.jpg"]["source"], by_file["tar.jpg"]["license"]) == ("own", "CC0-1.0")
    assert by_file["tar.jpg"]["consent"] == "none to be seen"
    assert by_file["alone.jpg"]["kept"]


def _the_same_pixels_by_two_channels_are_one_picture_that_is_kept(manifest: pl.DataFrame) -> None:
    same = manifest.filter(pl.col("format") == "png")
    assert same["group"].n_unique() == 1
    assert same.height == 2
    # The one without a licence is out for that: no copy of it may stand for it.
    reasons = {row["source"]: (row["kept"], row["reason"]) for row in same.to_dicts()}
    assert reasons == {"own": (True, None), "tar": (False, "license-unknown")}


def _how_complete_each_channel_is() -> None:
    sources = json.loads(layout.CLEAN_METRICS.read_text())["sources"]
    assert sources["own"]["consent_fill"] == 1
    assert sources["own"]["contract_fill"] == 0
    assert "robots_fill" not in sources["own"]
    assert sources["tar"]["license_fill"] == 0
