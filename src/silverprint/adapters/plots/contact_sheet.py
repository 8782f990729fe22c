"""Contact sheet: what was acquired, what each reason rejected or flagged of it, and what was kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from silverprint.adapters.plots import drawing, png
from silverprint.adapters.plots.drawing import font, shorten
from silverprint.adapters.plots.sheet_layout import HEAD, LINES, MARGIN, WORDS, Layout
from silverprint.store import files

TILE: Final = 76  # side in pixels of the square tiles that are passed in
PILE: Final = 120  # pictures: more than there is ever room for
_TILES: Final = (TILE, 68, 60, 52, 44)  # sides to draw them in: the largest whose sheet is small enough


@dataclass(frozen=True)
class Row:
    reason: str
    flags: bool  # whether it only flags, and does not reject
    figures: str
    evidence: str
    examples: list[list[Image.Image]]  # each one picture, or a copy and the one that is kept instead


@dataclass(frozen=True)
class Pile:
    title: str
    note: str
    pictures: list[Image.Image]  # the first ones are drawn


@dataclass(frozen=True)
class Sheet:
    acquired: Pile
    rejected: str
    rows: list[Row]  # rejecting rows first, flagging rows last
    kept: Pile


def draw(sheet: Sheet, path: Path) -> None:
    """Writes the sheet as a PNG of less than 300 KB, as high as its rows need."""
    drawn = (png.encode(render(sheet, tile), colours) for tile in _TILES for colours in (256, 128))
    small = next((data for data in drawn if len(data) < png.MAX_BYTES), None)
    files.write_bytes(path, small or png.encode_small(render(sheet, _TILES[-1])))


def render(sheet: Sheet, tile: int) -> Image.Image:
    """The sheet with tiles of `tile` pixels."""
    at = layout(sheet, tile)
    canvas = Image.new("RGB", at.size, drawing.PAPER)
    _pile(canvas, sheet.acquired, MARGIN, at)
    _head(canvas, at.middle, "Rejected", sheet.rejected, at.right - drawing.ARROW - at.middle)
    _rows(canvas, sheet.rows, at)
    _pile(canvas, sheet.kept, at.right, at)
    for left in (at.middle, at.right):
        drawing.arrow(canvas, left - drawing.ARROW, HEAD + at.body / 2)
    return canvas


def layout(sheet: Sheet, tile: int) -> Layout:
    """Where everything lies."""
    flagging = sum(row.flags for row in sheet.rows)
    widest = max((sum(map(len, row.examples)) for row in sheet.rows), default=0)
    return Layout(tile, widest, len(sheet.rows) - flagging, flagging)


def _pile(canvas: Image.Image, pile: Pile, left: int, at: Layout) -> None:
    _head(canvas, left, pile.title, pile.note, at.pile_width)
    for one, corner in zip(pile.pictures, at.places(left), strict=False):
        drawing.paste(canvas, _sized(one, at.tile), *corner)


def _head(canvas: Image.Image, left: int, title: str, note: str, width: int) -> None:
    pen = ImageDraw.Draw(canvas)
    pen.text((left, 20), title, fill=drawing.INK, font=font(27, bold=True))
    pen.text((left, 56), shorten(note, width, font(19)), fill=drawing.MUTED, font=font(19))


def _rows(canvas: Image.Image, rows: list[Row], at: Layout) -> None:
    pen = ImageDraw.Draw(canvas)
    if at.flagging:
        right = at.right - drawing.ARROW
        pen.rectangle((at.middle - 10, at.band + 6, right, HEAD + at.body), fill=drawing.FLAGGED_SHADE)
        said = "Kept, and flagged for a person to look at"
        pen.text((at.middle, at.band + 16), said, fill=drawing.INK, font=font(19))
    for row, top in zip(rows, at.tops, strict=True):
        _words(pen, row, at.middle, top + (at.row - LINES) // 2)
        left = at.middle + WORDS
        for example in row.examples:
            _example(canvas, example, left, top + (at.row - at.tile) // 2, at)
            left += len(example) * at.step


def _words(pen: ImageDraw.ImageDraw, row: Row, left: int, top: int) -> None:
    pen.rectangle((left, top + 2, left + 4, top + LINES - 2), fill=drawing.FLAGGED if row.flags else drawing.REJECTED)
    lines = (row.reason, font(20, bold=True), drawing.INK), (row.figures, font(18), drawing.INK)
    for place, (text, face, colour) in enumerate((*lines, (row.evidence, font(17), drawing.MUTED))):
        pen.text((left + 14, top + 22 * place), shorten(text, WORDS - 30, face), fill=colour, font=face)


def _example(canvas: Image.Image, example: list[Image.Image], left: int, top: int, at: Layout) -> None:
    """A picture; right beside a copy, framed, the one that is kept instead."""
    for place, one in enumerate(example):
        frame = drawing.MODEL if place else drawing.LINE
        drawing.paste(canvas, _sized(one, at.tile), left + place * at.tile, top, frame)


def _sized(picture: Image.Image, side: int) -> Image.Image:
    return picture if picture.width == side else picture.resize((side, side), Image.Resampling.LANCZOS)
