"""measure@<source>: real decoders, every kind of bad picture, parts written once."""

import io
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from ruamel.yaml import YAML

from silverprint import config, layout
from silverprint.core import hashing
from silverprint.errors import UnavailableError
from silverprint.imaging import heif, measurement
from silverprint.records import MEASURED, THUMBNAILS, conform
from silverprint.stages import measure
from silverprint.store import ShardWriter, tables
from silverprint.store.shards.purge import purge
from tests.helpers.album import CHINA, Found, acquire, gif, jpeg, png, tile


def _measure() -> dict[str, bytes]:
    measure.run(config.load(), "web")
    return {path.name: path.read_bytes() for path in sorted(layout.measured("web").iterdir())}


def test_every_kind_of_picture_is_a_row():
    whole = jpeg(tile(0))
    turned = Image.Exif()
    turned[0x0112] = 6
    pictures = {
        "photo": jpeg(CHINA),
        "turned": jpeg(CHINA, exif=turned.tobytes()),
        "cmyk": jpeg(tile(1).convert("CMYK")),
        "grey": jpeg(tile(2).convert("L")),
        "animated": gif([tile(3), tile(4), tile(5)]),
        "pixel": png(Image.new("RGB", (1, 1), "red")),
        "truncated": whole[: len(whole) // 2],
        "html": b"<!doctype html><title>no</title>",
        "empty": b"",
    }
    frame = measure.measure(pictures.items())
    assert dict(frame.schema) == MEASURED | THUMBNAILS
    rows = {row["image_id"]: row for row in frame.iter_rows(named=True)}
    assert sorted(rows) == frame["image_id"].to_list() == sorted(pictures)
    errors = {name: row["error"] for name, row in rows.items() if not row["decodable"]}
    assert errors == {"truncated": "truncated", "html": "not-an-image", "empty": "empty"}
    assert (rows["photo"]["width"], rows["photo"]["height"]) == (640, 427)
    assert (rows["turned"]["width"], rows["turned"]["height"]) == (427, 640)
    assert [rows[name]["mode"] for name in ("photo", "cmyk", "grey")] == ["RGB", "CMYK", "L"]
    assert rows["animated"]["frames"] == 3
    assert (rows["pixel"]["contrast"], rows["pixel"]["sharpness"]) == (0.0, 0.0)
    assert frame.filter(~pl.col("decodable")).select(pl.exclude("image_id", "decodable", "error").is_null().all()).row(
        0
    ) == ((True,) * (len(MEASURED | THUMBNAILS) - 3))


def test_same_pixels_in_other_bytes_have_the_same_hashes():
    rows = measure.measure([("a", png(tile(0))), ("b", png(tile(0), compress_level=1)), ("c", jpeg(tile(0), 60))])
    words = rows.select("^phash256_.$").to_numpy()
    assert hashing.hamming(words[0], words[1]) == 0
    assert hashing.hamming(words[0], words[2]) <= 16


def test_it_ends_with_what_happened_and_what_comes_next(project: Path, capsys: pytest.CaptureFixture[str]):
    acquire(
        "web", [*(Found(jpeg(tile(number)), f"http://a/{number}") for number in range(3)), Found(b"?", "http://a/3")]
    )
    _measure()
    broken = "4 pictures measured, of which 1 do not decode; next: embed, clean"
    assert capsys.readouterr().err.endswith(f"measure web: 4 new, {broken}\n")
    _measure()
    assert capsys.readouterr().err.endswith(f"measure web: 0 new, {broken}\n")


def test_parts_are_measured_once_and_only_new_ones_added(project: Path, monkeypatch: pytest.MonkeyPatch):
    first = [Found(jpeg(tile(number)), f"http://a/{number}") for number in range(4)]
    acquire("web", [*first, Found(first[0].data, "http://a/copy")])
    before = _measure()
    assert list(before) == ["part-00000.parquet", "version.txt"]
    part = tables.read(layout.measured("web") / "part-00000.parquet", MEASURED)
    assert part["image_id"].to_list() == sorted(one.image_id for one in first)

    decoded: list[bytes] = []
    real = measurement.decode_gray
    monkeypatch.setattr(measurement, "decode_gray", lambda data, *rest: decoded.append(data) or real(data, *rest))
    acquire("web", [Found(jpeg(tile(9)), "http://a/9"), Found(first[1].data, "http://a/again")])
    after = _measure()
    assert len(decoded) == 1
    assert {name: after[name] for name in before} == before
    assert _measure() == after
    assert len(decoded) == 1


def test_a_purged_picture_is_seen_no_more(project: Path):
    pictures = [Found(jpeg(tile(number)), f"http://a/{number}") for number in range(2)]
    acquire("web", pictures)
    _measure()
    purge(layout.raw("web"), [pictures[0].image_id])
    _measure()
    rows = tables.read_parts(layout.measured("web"), MEASURED | THUMBNAILS)
    shown = dict(rows.select("image_id", pl.col("thumbnail").is_not_null()).iter_rows())
    assert shown == {pictures[0].image_id: False, pictures[1].image_id: True}
    assert rows["phash64"].is_not_null().all()


def test_a_part_of_refusals_alone_is_an_empty_part(project: Path):
    with ShardWriter(layout.raw("web")) as writer:
        writer.add({"outcome": "failed", "reason": "http-404", "url": "http://a/1", "source": "web"})
    _measure()
    assert tables.read(layout.measured("web") / "part-00000.parquet", MEASURED).is_empty()


def test_stale_parts_and_other_versions_are_measured_again(project: Path, monkeypatch: pytest.MonkeyPatch):
    acquire("web", [Found(jpeg(tile(0)), "http://a/0")])
    before = _measure()
    out = layout.measured("web")
    other = conform(pl.DataFrame({"image_id": ["0" * 64]}), MEASURED)
    tables.write(other, out / "part-00000.parquet", MEASURED)
    tables.write(other, out / "part-00001.parquet", MEASURED)
    assert _measure() == before

    monkeypatch.setattr(measure, "VERSION", 99)
    monkeypatch.setattr(measure, "measure", lambda *_: conform(other, MEASURED | THUMBNAILS).clear())
    measure.run(config.load(), "web")
    assert tables.read(out / "part-00000.parquet", MEASURED).is_empty()
    assert (out / "version.txt").read_text() == "99\n"


def test_its_version_is_the_one_in_versions_yaml(project: Path):
    assert YAML(typ="safe").load(Path("versions.yaml"))["measure"] == measure.VERSION


@pytest.mark.parametrize("lost", ["raw", "measured"])
def test_what_was_not_pulled_is_not_started_from_nothing(project: Path, lost: str):
    acquire("web", [Found(jpeg(tile(0)), "http://a/0")])
    path = f"data/{lost}/web"
    document = {"stages": {f"{lost}@web": {"outs": [{"path": path}]}}}
    with Path("dvc.lock").open("w") as handle:
        YAML().dump(document, handle)
    if lost == "raw":
        layout.raw("web").rename("elsewhere")
    with pytest.raises(UnavailableError, match=f"dvc pull {path}"):
        measure.run(config.load(), "web")


def test_pixels_of_a_16_bit_png_are_measured():
    buffer = io.BytesIO()
    Image.fromarray((np.arange(64 * 64).reshape(64, 64) * 16).astype(np.uint16)).save(buffer, "PNG")
    row = measure.measure([("a", buffer.getvalue())]).row(0, named=True)
    assert row["decodable"]
    assert 100 < row["brightness"] < 156


def test_another_limit_of_pixels_measures_again(project: Path):
    acquire("web", [Found(png(tile(0)), "http://a/0"), Found(jpeg(CHINA), "http://a/1")])
    _measure()
    assert tables.read_parts(layout.measured("web"), MEASURED)["decodable"].all()
    text = Path("params.yaml").read_text()
    changed = re.sub("max_megapixels: 128", "max_megapixels: 0.2", text)  # China has 0.27
    assert changed != text
    Path("params.yaml").write_text(changed)
    found = _measure()
    assert sorted(tables.read_parts(layout.measured("web"), MEASURED)["error"].drop_nulls()) == ["too-many-pixels"]
    assert _measure() == found


def test_heic_without_its_decoder_is_a_row_and_the_remedy_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(heif, "is_installed", lambda: False)
    acquire("web", [Found(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(9), "http://a/0")])
    _measure()
    [row] = tables.read(layout.measured("web") / "part-00000.parquet", MEASURED).to_dicts()
    assert row["error"] == "unsupported"
    said = capsys.readouterr()
    assert "pip install 'silverprint[heic]'" in said.out + said.err
