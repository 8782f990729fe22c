"""The contact sheet: nothing covers anything, every reason is there, nobody sees what is hidden, and it stays small."""

import re
from base64 import b64decode
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from silverprint import layout
from silverprint.adapters.plots import contact_sheet
from silverprint.adapters.plots.contact_sheet import Pile, Row, Sheet
from silverprint.adapters.plots.drawing import ARROW
from silverprint.adapters.plots.sheet_layout import HEAD, LINES, MARGIN, WORDS, Layout
from silverprint.config import Params
from silverprint.core.cleaning.rules import FLAGS, REASONS
from silverprint.records import MANIFEST
from silverprint.stages import report
from silverprint.store import ShardWriter, tables
from tests.stages.report.test_report_stage import page, parsed

LAYOUTS = some.builds(
    Layout, some.sampled_from([76, 60, 44]), some.integers(0, 8), some.integers(0, 30), some.integers(0, 5)
)


@given(LAYOUTS)
def test_nothing_covers_anything_and_all_of_it_is_on_the_sheet(at: Layout) -> None:
    width, height = at.size
    bottoms = [top + at.row for top in at.tops]
    assert all(bottom <= top for bottom, top in zip(bottoms, at.tops[1:], strict=False))
    assert all(top >= HEAD for top in at.tops)
    assert all(bottom <= height for bottom in bottoms)
    assert at.row >= max(at.tile, LINES)
    assert at.middle + WORDS + at.widest * at.step + ARROW <= at.right
    for left in (MARGIN, at.right):
        corners = list(at.places(left))
        assert len(set(corners)) == len(corners)
        assert all(x % at.step == left % at.step and (y - HEAD) % at.step == 0 for x, y in corners)
        assert all(left <= x and x + at.tile <= left + at.pile_width <= width for x, _ in corners)
        assert all(y >= HEAD and y + at.tile <= height for _, y in corners)


@given(LAYOUTS)
def test_its_height_follows_the_rows(at: Layout) -> None:
    more = Layout(at.tile, at.widest, at.rejecting + 7, at.flagging)
    assert more.size[1] > at.size[1]
    assert more.size[0] == at.size[0]
    assert len(list(more.places(0))) > len(list(at.places(0)))


def noise() -> Image.Image:
    side = contact_sheet.TILE
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8))


def sheet(rows: int, flags: int, picture: Image.Image) -> Sheet:
    pile = Pile("Acquired", "1,234,567 from 12 sources", [picture] * contact_sheet.PILE)
    kinds = [False] * rows + [True] * flags
    long = [
        Row("a-reason-with-a-very-long-name", flag, "1,234 · 99.9 %", "evidence " * 9, [[picture]] * 8)
        for flag in kinds
    ]
    return Sheet(pile, "1,234 · 9.9 %", long, pile)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "flags"), [(0, 0), (1, 0), (0, 1), (16, 3), (25, 0)])
def test_any_number_of_reasons_in_less_than_300_kb(rows: int, flags: int, tmp_path: Path) -> None:
    contact_sheet.draw(sheet(rows, flags, noise()), tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size < 300_000


@pytest.mark.slow
def test_photographs_keep_their_words_legible(tmp_path: Path) -> None:
    """Tiles give way, not letters: a sheet of photographs is drawn at its full size."""
    from sklearn.datasets import load_sample_image

    side = contact_sheet.TILE
    photograph = Image.fromarray(load_sample_image("china.jpg")).resize((side, side))
    drawn = sheet(16, 3, photograph)
    contact_sheet.draw(drawn, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as found:
        assert found.size in [contact_sheet.layout(drawn, tile).size for tile in (76, 68, 60, 52, 44)]


def test_it_draws_each_picture_and_frames_what_is_kept_instead() -> None:
    side = contact_sheet.TILE
    copy, kept = Image.new("RGB", (side, side), (200, 0, 0)), Image.new("RGB", (side, side), (0, 200, 0))
    row = Row("near-duplicate", False, "1 · 1.0 %", "both 9×9", [[copy, kept]])
    drawn = contact_sheet.render(Sheet(Pile("", "", [copy]), "", [row], Pile("", "", [kept])), side)
    pixels = np.asarray(drawn)
    for colour, times in (((200, 0, 0), 2), ((0, 200, 0), 2)):
        area = (pixels == colour).all(axis=2).sum()
        assert times * (side - 6) ** 2 <= area <= times * side**2
    assert (pixels == (0x1F, 0x5F, 0x99)).all(axis=2).sum() == side**2 - (side - 6) ** 2


@pytest.mark.slow
def test_nobody_sees_what_is_withdrawn_or_has_no_licence(campaign: Params) -> None:
    """Pictures of one loud colour are hidden for every reason there is; no picture of the report has it."""
    magenta = BytesIO()
    Image.new("RGB", (96, 96), (255, 0, 255)).save(magenta, "PNG")
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    rows = []
    with ShardWriter(layout.raw("web")) as writer:
        for number, reason in enumerate(("withdrawn", "license-unknown", "license-not-allowed")):
            data = magenta.getvalue() + b"\0" * number
            image_id = "0000" + sha256(data).hexdigest()[4:]  # the first of all
            writer.add({"image_id": image_id, "outcome": "stored", "source": "web", "format": "png"}, data)
            rows.append({"image_id": image_id, "kept": False, "reason": reason, "evidence": "seen", "source": "web"})
    taken = rows[0]["image_id"]
    rows.append(rows[0] | {"image_id": "0001" + taken[4:], "evidence": taken})  # as a takedown of one picture has it
    hidden = pl.DataFrame(rows)
    tables.write(pl.concat([manifest, hidden], how="diagonal").sort("image_id"), layout.MANIFEST, MANIFEST)
    report.run(campaign)
    assert len(re.findall(r'alt="not shown; rejected as ', page())) >= 4
    assert f'alt="not shown; rejected as withdrawn: {taken[:12]}"' in page()
    assert taken not in page()  # by it a proof would say that the page shows the picture
    shown = [Image.open(BytesIO(b64decode(found))) for found in re.findall(r"base64,([^\"]+)", page())]
    shown += [Image.open(path) for path in layout.REPORT.glob("*.png")]
    assert len(shown) > 200
    assert not any(magentas(one) for one in shown)
    tables.write(
        tables.read(layout.MANIFEST, MANIFEST).with_columns(
            kept=pl.col("kept") | (pl.col("evidence") == "seen").fill_null(False),
            reason=pl.when(pl.col("evidence") == "seen").then(None).otherwise("reason"),
        ),
        layout.MANIFEST, MANIFEST,
    )  # fmt: skip
    report.run(campaign)
    with Image.open(layout.REPORT / "contact-sheet.png") as drawn:
        assert magentas(drawn)  # they would have been seen


def magentas(picture: Image.Image) -> int:
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), dtype=int), 2, 0)
    return int(((red > 200) & (green < 60) & (blue > 200)).sum())


@pytest.mark.usefixtures("reported")
def test_the_page_has_every_reason_in_order_with_its_evidence() -> None:
    section = page()[page().index('id="rejected"') : page().index('id="mistakes"')]
    names = re.findall(r"<b>([a-z-]+)</b> <span[^>]*>[\d,]+ · ", section)
    assert names == [reason for reason in REASONS if reason in names[:-2]] + ["text-like", "off-topic"]
    idle = re.search(r"Looked for and not found: ([a-z, -]+)\.", section)
    assert idle
    assert set(names) | set(idle[1].split(", ")) == set(REASONS)
    for words in (
        "side 20 &lt; 48",
        "contrast 0.0 &lt; 4",
        "12 lines ≥ 6",
        "7.3 ≥ 6 deviations",
        "both 128×128",
        "truncated",
    ):
        assert words in section, words
    assert section.count('alt="kept in its place"') == 4
    assert section.count('<li class="flagged">') == len(FLAGS) - 1
    assert "Acquired: 220" in section
    assert "Kept: 194, 88.2 % of acquired" in section


@pytest.mark.slow
def test_a_page_where_nothing_was_rejected(campaign: Params) -> None:
    kept = {"kept": True, "reason": None, "evidence": None, "flags": None}
    clean = tables.read(layout.MANIFEST, MANIFEST).with_columns(
        pl.lit(value).alias(name) for name, value in kept.items()
    )
    tables.write(clean.cast(MANIFEST), layout.MANIFEST, MANIFEST)
    report.run(campaign)
    assert "Cleaning rejected nothing." in page()
    assert parsed(page()).open == []
    assert (layout.REPORT / "contact-sheet.png").stat().st_size < 300_000
