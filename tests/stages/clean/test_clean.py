"""clean: each reason on real pictures, what is kept of copies and why, withdrawals, the stage's errors."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from silverprint import config, layout
from silverprint.core.cleaning.rules import REASONS, RULES
from silverprint.core.duplicates import colour_agreement
from silverprint.core.features.nearest_neighbours import nearest
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.records import MANIFEST, MINIATURES, NEIGHBOURS, TAKEDOWNS, WITHDRAWN
from silverprint.stages import clean, measure
from silverprint.stages.clean import look_alikes
from silverprint.store import ShardWriter, tables
from silverprint.store.shards.purge import purge
from tests.helpers.album import CHINA, FLOWER, Found, acquire, gif, jpeg, manifest, png, tile


def _sparks(paper: int, ink: int) -> Image.Image:
    """One dot in each square of 16 pixels: contrast, and hardly any light or shade."""
    picture = Image.new("L", (128, 128), paper)
    for at in range(64):
        picture.putpixel((at % 8 * 16 + at % 5, at // 8 * 16 + at % 3), ink)
    return picture


WHOLE = jpeg(tile(30))
DIRT = {
    "withdrawn": Found(jpeg(tile(20)), "withdrawn"),
    "license-unknown": Found(jpeg(tile(21)), "license-unknown", license=None),
    "license-not-allowed": Found(jpeg(tile(22)), "license-not-allowed", license="CC-BY-NC-4.0"),
    "undecodable": Found(WHOLE[: len(WHOLE) // 2], "undecodable"),
    "animated": Found(gif([tile(23), tile(24)]), "animated"),
    "too-small": Found(png(tile(25, side=40)), "too-small"),
    "extreme-aspect": Found(jpeg(CHINA.crop((0, 200, 640, 400)).resize((640, 150))), "extreme-aspect"),
    "flat": Found(png(Image.new("RGB", (128, 128), "grey")), "flat"),
    "too-dark": Found(png(_sparks(paper=0, ink=250)), "too-dark"),
    "too-bright": Found(png(_sparks(paper=255, ink=0)), "too-bright"),
    "blurred": Found(jpeg(tile(26).filter(ImageFilter.GaussianBlur(12))), "blurred"),
}
EVIDENCE = {
    "license-unknown": "unknown", "license-not-allowed": "CC-BY-NC-4.0", "undecodable": "truncated",
    "animated": "2 frames", "too-small": "40x40", "extreme-aspect": "4.267", "flat": "0.0",
}  # fmt: skip


def _withdraw(*image_ids: str) -> None:
    rows = pl.DataFrame({"image_id": image_ids}).with_columns(target="image_id", why=pl.lit("asked"))
    tables.write_ledger(rows, layout.TAKEDOWNS, TAKEDOWNS, ["image_id"])


def _set(knob: str, value: str) -> None:
    lines = [
        f"  {knob}: {value}" if line.startswith(f"  {knob}:") else line
        for line in layout.PARAMS.read_text().splitlines()
    ]
    if not any(line.startswith(f"  {knob}:") for line in lines):
        lines.insert(lines.index("clean:") + 1, f"  {knob}: {value}")
    layout.PARAMS.write_text("\n".join(lines))


def _both(web: list[Found], partner: list[Found] | None = None) -> dict[str, dict[str, object]]:
    acquire("web", web)
    acquire("partner", partner or [])
    return manifest()


@pytest.mark.slow
@pytest.mark.usefixtures("suite")
def test_each_reason_with_its_evidence_and_the_figures(project: Path):
    good = [Found(jpeg(tile(number)), f"good{number}") for number in range(6)]
    _withdraw(DIRT["withdrawn"].image_id)
    rows = _both([*good, *DIRT.values()])
    assert {url: row["reason"] for url, row in rows.items() if not row["kept"]} == {name: name for name in DIRT}
    assert {name: rows[name]["evidence"] for name in EVIDENCE} == EVIDENCE
    assert rows["withdrawn"]["evidence"] == DIRT["withdrawn"].image_id
    assert float(rows["too-dark"]["evidence"]) < 4 < 251 < float(rows["too-bright"]["evidence"])
    assert all(row["reason"] is row["evidence"] is None for row in rows.values() if row["kept"])
    assert rows["too-dark"]["group"] == rows["too-bright"]["group"]  # one is the other inverted
    assert len({row["group"] for row in rows.values()}) == len(rows) - 1

    figures = json.loads(layout.CLEAN_METRICS.read_text())
    assert (figures["acquired"], figures["kept"]) == (17, 6)
    others = {
        "blocked": 0,
        "reserved": 0,
        "person": 0,
        "placeholder": 0,
        "text-like": 0,
        "off-topic": 0,
        "same-pixels": 0,
        "near-duplicate": 0,
    }
    assert figures["rejected"] == dict.fromkeys([*DIRT], 1) | others
    assert (figures["groups"], figures["largest_group"]) == (6, 1)
    assert figures["license_fill"] == pytest.approx(16 / 17, abs=1e-6)
    fill = {"license_fill": figures["license_fill"], "license_evidence_fill": 0, "page_url_fill": 0}
    shares = {"acquired": 17, "kept": 6, "fetched_at_fill": 1, "robots_fill": 1}
    assert figures["sources"] == {"web": shares | fill}


def test_the_same_tables_give_the_same_bytes(project: Path):
    pictures = [Found(jpeg(tile(number)), f"good{number}") for number in range(5)]
    _both(pictures, [Found(jpeg(tile(1), 70), "copy", fetched_at="2024-01-01")])
    before = [layout.MANIFEST.read_bytes(), layout.CLEAN_METRICS.read_bytes()]
    clean.run(config.load())
    assert [layout.MANIFEST.read_bytes(), layout.CLEAN_METRICS.read_bytes()] == before


def test_one_row_a_picture_the_best_licensed_then_earliest(project: Path):
    data = jpeg(tile(0))
    rows = _both(
        [
            Found(data, "unknown", license=None, fetched_at="2024-01-01"),
            Found(data, "late", fetched_at="2024-03-01"),
            Found(data, "refused", license="CC-BY-NC-4.0", fetched_at="2024-01-01"),
        ],
        [Found(data, "early", fetched_at="2024-02-01")],
    )
    assert list(rows) == ["early"]
    assert (rows["early"]["source"], rows["early"]["kept"]) == ("partner", True)


def test_a_picture_that_every_address_reserves_since_is_rejected(project: Path):
    said = "tdmrep:1@tdmrep.json"
    reserved, shown_twice = Found(jpeg(tile(0)), "reserved"), Found(jpeg(tile(1)), "shown")
    acquire("web", [reserved, shown_twice, Found(shown_twice.data, "elsewhere"), Found(jpeg(tile(2)), "free")])
    refused = {"outcome": "refused", "reason": "reserved", "reservation": said, "source": "web"}
    with ShardWriter(layout.raw("web")) as writer:
        for url in ("reserved", "shown"):
            writer.add(refused | {"url": url})
    acquire("partner", [])
    rows = {row["image_id"]: row for row in manifest().values()}
    assert (rows[reserved.image_id]["reason"], rows[reserved.image_id]["evidence"]) == ("reserved", said)
    assert rows[shown_twice.image_id]["kept"]


def test_same_pixels_keep_the_earliest(project: Path):
    late = Found(png(tile(0)), "late", fetched_at="2024-03-01")
    early = Found(png(tile(0), compress_level=1), "early", fetched_at="2024-02-01")
    rows = _both([late, early])
    assert rows["early"]["kept"]
    assert (rows["late"]["reason"], rows["late"]["evidence"]) == ("same-pixels", early.image_id)
    assert rows["late"]["group"] == rows["early"]["group"]


def test_near_duplicates_keep_the_largest(project: Path):
    large = Found(jpeg(tile(0, side=160)), "large", fetched_at="2024-03-01")
    small = Found(jpeg(tile(0, side=120)), "small", fetched_at="2024-01-01")
    poor = Found(jpeg(tile(0, side=160), 55), "poor", fetched_at="2024-04-01")
    rows = _both([small, large, poor, Found(jpeg(tile(7)), "other")])
    kept = {url for url, row in rows.items() if row["kept"]}
    assert kept == {"large", "other"}
    assert {rows[url]["reason"] for url in ("small", "poor")} == {"near-duplicate"}
    assert {rows[url]["evidence"] for url in ("small", "poor")} == {large.image_id}
    assert rows["small"]["group"] == rows["poor"]["group"] == rows["large"]["group"] != rows["other"]["group"]


def _inked(ink: tuple[int, int, int]) -> Image.Image:
    """A shirt in one colour on nearly white paper."""
    picture = Image.new("RGB", (128, 128), (250, 250, 250))
    draw = ImageDraw.Draw(picture)
    points = [(40, 20), (88, 20), (118, 48), (102, 62), (90, 52), (90, 112), (38, 112), (38, 52), (26, 62), (10, 48)]
    draw.polygon(points, ink)
    draw.ellipse([54, 12, 74, 32], (250, 250, 250))
    return picture


INKS = [(208, 32, 32), (32, 160, 64), (32, 96, 208), (240, 128, 32), (128, 48, 160), (224, 192, 32)]


def test_what_differs_in_colour_alone_is_kept_and_asked_once(project: Path):
    """Copies of one of them are dropped for it all the same."""
    variants = [Found(png(_inked(ink)), f"ink{number}") for number, ink in enumerate(INKS)]
    copies = [
        Found(jpeg(_inked(INKS[2]), 60), "saved anew"),
        Found(jpeg(_inked(INKS[2]).resize((96, 96), Image.Resampling.LANCZOS)), "small"),
    ]
    rows = _both([*variants, *copies, Found(jpeg(tile(7)), "other")])
    assert {url for url, row in rows.items() if not row["kept"]} == {"saved anew", "small"}
    assert {rows[url]["evidence"] for url in ("saved anew", "small")} == {variants[2].image_id}
    assert len({row["group"] for row in rows.values()}) == 2


@pytest.mark.slow
def test_of_a_purged_picture_no_colours_are_kept(project: Path):
    pictures = [Found(png(_inked(ink)), f"ink{number}") for number, ink in enumerate(INKS[:3])]
    _both([*pictures, Found(jpeg(tile(7)), "other")])

    def known() -> set[str]:
        return set(tables.read_cached(layout.MINIATURES, colour_agreement.RULE, MINIATURES)["image_id"])

    assert known() == {one.image_id for one in pictures}
    _withdraw(pictures[0].image_id)
    purge(layout.raw("web"), [pictures[0].image_id])
    rows = manifest()
    assert {url for url, row in rows.items() if row["kept"]} == {"ink1", "ink2", "other"}
    assert known() == {one.image_id for one in pictures[1:]}


@pytest.mark.parametrize("change", ["hue", "grey"])
def test_a_photograph_with_other_colours_is_grouped_and_not_dropped(project: Path, change: str):
    photo = tile(30)
    hue, saturation, value = photo.convert("HSV").split()
    turned = Image.merge("HSV", (hue.point(lambda level: (level + 85) % 256), saturation, value)).convert("RGB")
    other = {"hue": turned, "grey": photo.convert("L").convert("RGB")}[change]
    _set("group_radius", "40")
    rows = _both([Found(png(photo), "photo"), Found(png(other), "other"), Found(jpeg(tile(7)), "third")])
    assert all(row["kept"] for row in rows.values())
    assert rows["photo"]["group"] == rows["other"]["group"] != rows["third"]["group"]


@pytest.mark.slow
def test_a_garment_in_six_colours_is_no_placeholder(project: Path):
    rows = _both([Found(png(_inked(ink)), f"ink{number}") for number, ink in enumerate(INKS)])
    assert all(row["flags"] is None for row in rows.values())
    anew = [Found(jpeg(_inked(INKS[0]), 60 + number), f"anew{number}") for number in range(5)]
    rows = _both(anew)
    assert {url for url, row in rows.items() if row["flags"] == "placeholder:6"} == {
        "ink0",
        *(f"anew{n}" for n in range(5)),
    }


def test_what_is_rejected_stands_for_nothing(project: Path):
    unlicensed = Found(jpeg(tile(0, side=160)), "unlicensed", license=None)
    rows = _both([unlicensed, Found(jpeg(tile(0)), "licensed")])
    assert rows["licensed"]["kept"]
    assert rows["unlicensed"]["reason"] == "license-unknown"
    assert rows["licensed"]["group"] == rows["unlicensed"]["group"]


def test_a_crop_stays_and_is_grouped_by_features_and_thumbnails(project: Path):
    whole = Found(jpeg(tile(0, side=256)), "whole")
    crop = Found(jpeg(tile(0, side=256).crop((0, 0, 243, 243))), "crop")
    _set("group_radius", "20")
    rows = _both([whole, crop, *(Found(jpeg(tile(number)), f"other{number}") for number in (9, 14, 27))])
    assert all(row["kept"] for row in rows.values())
    assert rows["whole"]["group"] == rows["crop"]["group"]
    assert len({row["group"] for row in rows.values()}) == 4

    _set("alike_limit", "0")
    clean.run(config.load())
    assert len(set(tables.read(layout.MANIFEST, MANIFEST)["group"])) == 5


@pytest.mark.slow
def test_what_this_machine_keeps_of_the_comparison_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch):
    pictures = [Found(jpeg(tile(number)), f"picture{number}") for number in (9, 14, 27)]
    _both([*pictures, Found(jpeg(tile(0, side=256).crop((0, 0, 243, 243))), "crop")])
    before, kept = layout.MANIFEST.read_bytes(), [layout.ALIKE.read_bytes(), layout.NEAREST.read_bytes()]
    sought = []
    monkeypatch.setattr(look_alikes, "nearest", lambda *given: sought.append(len(given[0])) or nearest(*given))
    _set("max_aspect", "2.9")
    clean.run(config.load())
    assert sought == []
    assert [layout.ALIKE.read_bytes(), layout.NEAREST.read_bytes()] == kept
    for path in (layout.ALIKE, layout.NEAREST, layout.PIXELS, layout.MINIATURES):
        path.write_bytes(path.read_bytes()[:200] if path.exists() else b"damaged")
    clean.run(config.load())
    assert layout.MANIFEST.read_bytes() == before
    assert [layout.ALIKE.read_bytes(), layout.NEAREST.read_bytes()] == kept
    rows = _both([Found(jpeg(tile(0, side=256)), "whole")])
    assert rows["whole"]["group"] == rows["crop"]["group"]
    assert sought == [4, 5]
    after = layout.MANIFEST.read_bytes()
    layout.ALIKE.unlink()
    layout.NEAREST.unlink()
    clean.run(config.load())
    assert layout.MANIFEST.read_bytes() == after


@pytest.mark.slow
def test_pictures_are_grouped_by_looks_by_hash_or_only_with_what_is_dropped_for_them(project: Path, capsys):
    whole, crop = tile(0, side=256), tile(0, side=256).crop((0, 0, 243, 243))
    near, anew = _inked(INKS[1]), Found(jpeg(_inked(INKS[0]), 60), "anew")
    found = [Found(jpeg(whole), "whole"), Found(jpeg(crop), "crop"), Found(png(near), "near"), anew]
    rows = _both(
        [*found, Found(png(_inked(INKS[0])), "first", fetched_at="2024-01-01")],
        [Found(png(_inked(INKS[2])), "partner")],
    )
    told = capsys.readouterr().err
    assert "5 pictures lie in 2 groups, of which each is asked about once; the largest: 3 like " in told
    assert "clean.group" in told

    def groups(knob: str, value: str) -> set[frozenset[str]]:
        _set(knob, value)
        clean.run(config.load())
        table = tables.read(layout.MANIFEST, MANIFEST).group_by("group").agg("url")
        return {frozenset(urls) for urls in table["url"]}

    assert {row["reason"] for url, row in rows.items() if url == "anew"} == {"near-duplicate"}
    inked = {"near", "first", "anew", "partner"}
    assert groups("group", "look") == {frozenset({"whole", "crop"}), frozenset(inked)}
    assert groups("group", "hash") == {frozenset({"whole"}), frozenset({"crop"}), frozenset(inked)}
    apart = {frozenset({name}) for name in ("whole", "crop", "near", "partner")}
    assert groups("group", "none") == {*apart, frozenset({"first", "anew"})}


@pytest.mark.parametrize("level", ["black", "white"])
def test_framed_and_letterboxed_copies_are_grouped_and_not_dropped(project: Path, level: str):
    photo = FLOWER.crop((150, 50, 400, 300))
    framed, barred = (ImageOps.expand(photo, border, level) for border in (26, (0, 43)))
    others = [Found(jpeg(ImageOps.expand(tile(number), 26, level)), f"other{number}") for number in range(3)]
    rows = _both([Found(jpeg(photo), "photo"), Found(jpeg(framed), "framed"), Found(jpeg(barred), "barred"), *others])
    assert [row["kept"] for row in rows.values()] == [True] * 6
    assert rows["photo"]["group"] == rows["framed"]["group"] == rows["barred"]["group"]
    assert len({row["group"] for row in rows.values()}) == 4


def _changed(photo: Image.Image, way: str) -> Image.Image:
    return ImageOps.invert(photo) if way == "inverted" else photo.transpose(Image.Transpose[way])


@pytest.mark.slow
def test_turned_mirrored_and_inverted_copies_are_grouped_and_not_dropped(project: Path):
    """Each way of another photograph: no copy is grouped by way of another copy."""
    places = [(100, 60), (380, 60), (20, 200), (260, 220), (400, 220)]
    ways = ["ROTATE_90", "ROTATE_180", "ROTATE_270", "FLIP_LEFT_RIGHT", "inverted"]
    photos = [CHINA.crop((left, top, left + 240, top + 200)) for left, top in places]
    copies = [Found(jpeg(_changed(photo, way), 80), f"{way} copy") for photo, way in zip(photos, ways, strict=True)]
    others = [Found(jpeg(tile(number)), f"other{number}") for number in (9, 14)]
    rows = _both([*(Found(jpeg(photo), way) for photo, way in zip(photos, ways, strict=True)), *others], copies)
    assert all(row["kept"] for row in rows.values())
    assert all(rows[way]["group"] == rows[f"{way} copy"]["group"] for way in ways)
    assert len({row["group"] for row in rows.values()}) == 7
    before = layout.MANIFEST.read_bytes()
    clean.run(config.load())
    layout.ROTATED.write_bytes(b"damaged")
    clean.run(config.load())
    assert layout.MANIFEST.read_bytes() == before


@pytest.mark.parametrize(("radii", "together"), [("{}", True), ("{web: 0}", False), ("{partner: 0}", False)])
def test_of_two_sources_the_smaller_radius_counts(project: Path, radii: str, together: bool):
    _set("group", "hash")
    _set("duplicate_radius", "4")
    _set("group_radius", "64")
    _set("group_radii", radii)
    crop = tile(0, side=256).crop((3, 3, 253, 253))
    rows = _both([Found(jpeg(tile(0, side=256)), "whole")], [Found(jpeg(crop), "crop")])
    assert all(row["kept"] for row in rows.values())
    assert (rows["whole"]["group"] == rows["crop"]["group"]) == together


def test_a_radius_of_no_source_is_refused(project: Path):
    _set("group_radii", "{nobody: 4}")
    with pytest.raises(ConfigError, match=r"clean.group_radii.nobody = 4: names no source"):
        config.load()


def test_look_alikes_stay_and_are_grouped(project: Path):
    """A small crop is too far for the strong rule, and near enough for the weak one."""
    _set("duplicate_radius", "4")
    _set("group_radius", "64")
    crop = tile(0, side=256).crop((3, 3, 253, 253))
    rows = _both([Found(jpeg(tile(0, side=256)), "whole"), Found(jpeg(crop), "crop"), Found(jpeg(tile(9)), "other")])
    assert all(row["kept"] for row in rows.values())
    assert rows["whole"]["group"] == rows["crop"]["group"] != rows["other"]["group"]
    figures = json.loads(layout.CLEAN_METRICS.read_text())
    assert (figures["groups"], figures["largest_group"]) == (2, 2)


def test_blank_pictures_are_no_group(project: Path):
    blank = [Found(png(Image.new("RGB", (100 + number, 100), "white")), f"blank{number}") for number in range(4)]
    rows = _both([*blank, Found(jpeg(tile(0)), "good")])
    assert len({row["group"] for row in rows.values()}) == 5


def test_a_withdrawal_takes_the_same_pixels_with_it(project: Path):
    named = Found(png(tile(0)), "named")
    same = Found(png(tile(0), compress_level=1), "same")
    near = Found(jpeg(tile(0), 60), "near")
    _withdraw(named.image_id, "f" * 64)
    rows = _both([named, same], [near])
    assert {url: (row["reason"], row["evidence"]) for url, row in rows.items()} == {
        "named": ("withdrawn", named.image_id),
        "same": ("withdrawn", named.image_id),
        "near": (None, None),
    }


@pytest.mark.slow
def test_what_was_purged_stays_withdrawn_and_takes_later_copies_with_it(project: Path):
    named, other = Found(png(tile(0)), "named"), Found(jpeg(tile(1)), "other")
    _withdraw(named.image_id)
    _both([named, other], [Found(jpeg(tile(2)), "third")])
    assert purge(layout.raw("web"), [named.image_id])
    acquire("partner", [Found(png(tile(0), compress_level=1), "later copy")])
    rows = manifest()
    assert {url: row["reason"] for url, row in rows.items()} == {
        "named": "withdrawn", "later copy": "withdrawn", "other": None, "third": None,
    }  # fmt: skip
    found = tables.read_ledger(layout.WITHDRAWN, WITHDRAWN)
    assert sorted(found["how"]) == ["named", "same-pixels"]


def test_look_alikes_of_a_withdrawn_picture_are_named_for_a_decision(project: Path, capsys):
    named, near = Found(png(tile(0)), "named"), Found(jpeg(tile(0), 60), "near")
    _withdraw(named.image_id)
    _both([named], [near])
    neighbours = tables.read_ledger(layout.CLEAN / "near-withdrawn.csv", NEIGHBOURS)
    assert neighbours.rows() == [(near.image_id, named.image_id, named.image_id)]
    assert "1 kept pictures look like withdrawn ones" in capsys.readouterr().err


def test_a_licence_binds_even_where_a_threshold_also_rejects(project: Path):
    rows = _both([Found(png(Image.new("RGB", (4, 4))), "both", license=None), Found(jpeg(tile(0)), "good")])
    assert rows["both"]["reason"] == "license-unknown"


@pytest.mark.slow
@pytest.mark.usefixtures("suite")
def test_unknown_licences_may_be_kept(project: Path):
    _set("unknown_license", "keep")
    rows = _both([Found(jpeg(tile(0)), "unknown", license=None), Found(jpeg(tile(0), 60), "known")])
    assert rows["known"]["kept"]  # of two alike, the licensed one
    assert rows["unknown"]["reason"] == "near-duplicate"


def test_an_empty_pool_says_what_rejected_most_and_what_to_turn(project: Path):
    _set("min_brightness", "250.0")
    _set("max_brightness", "251.0")
    with pytest.raises(DataError, match=r"2 pictures are too-dark: none of 3 acquired .* lower clean.min_brightness"):
        _both([Found(jpeg(tile(0)), "a"), Found(jpeg(tile(3)), "b"), Found(jpeg(tile(5)), "c", license=None)])
    assert not layout.MANIFEST.exists()


def test_every_reason_has_a_knob():
    assert all(rule.remedy for rule in RULES)
    assert {rule.reason for rule in RULES} >= set(REASONS)


def test_nothing_acquired_is_an_error(project: Path):
    with pytest.raises(DataError, match="no source has given a picture"):
        _both([])


def test_a_picture_that_was_not_measured_names_the_stage_to_run(project: Path):
    acquire("web", [Found(jpeg(tile(0)), "a")])
    params = config.load()
    for source in params.sources:
        layout.raw(source).mkdir(parents=True, exist_ok=True)
        measure.run(params, source)
    acquire("web", [Found(jpeg(tile(1)), "b")])
    with pytest.raises(UnavailableError, match="run: silverprint repro measure@web"):
        clean.run(params)


@pytest.mark.slow
@pytest.mark.usefixtures("suite")
def test_a_failed_expectation_stops_before_anything_is_written(project: Path):
    suite = layout.SUITES / "clean.json"
    document = json.loads(suite.read_text())
    document["expectations"][0]["kwargs"]["min_value"] = 5
    suite.write_text(json.dumps(document))
    with pytest.raises(DataError, match=r"expect_table_row_count_to_be_between \(min_value=5.*: 1"):
        _both([Found(jpeg(tile(0)), "a")])
    assert not layout.MANIFEST.exists()
    assert not layout.CLEAN_METRICS.exists()


def test_more_light_is_still_the_same_picture(project: Path):
    brighter = ImageEnhance.Brightness(tile(0)).enhance(1.1)
    rows = _both([Found(jpeg(tile(0)), "a", fetched_at="2024-01-01"), Found(jpeg(brighter), "b")])
    assert rows["b"]["reason"] == "near-duplicate"


HEAVY = "{'torch', 'pytorch_lightning', 'mlflow', 'scrapy', 'label_studio_sdk', 'matplotlib'} & sys.modules.keys()"


@pytest.mark.slow
def test_cleaning_loads_no_torch(project: Path):
    _both([Found(jpeg(tile(0)), "a")])
    imports = "import sys; from silverprint import config; from silverprint.stages import clean"
    subprocess.run([sys.executable, "-c", f"{imports}; clean.run(config.load()); assert not ({HEAVY})"], check=True)
