"""Strip: a campaign in one figure, columns of real thumbnails from the crawl to the labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from silverprint.adapters.plots import drawing, png
from silverprint.adapters.plots.drawing import font, shorten
from silverprint.store import files

TILE: Final = 78  # pixels; a page shows the strip at half its size, sharp on any screen
ROWS: Final = 6
_PITCH: Final = TILE + 6
_TEXT: Final = 214  # width of the words beside a row
_MARGIN: Final = 22
_HEAD: Final = 92
_FOOT: Final = 26


@dataclass(frozen=True)
class Row:
    pictures: list[Image.Image]  # TILE x TILE
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Column:
    title: str
    note: str
    rows: list[Row]  # at most ROWS
    rest: str = ""  # what more there is, below the rows

    @property
    def tiles_width(self) -> int:
        return max((len(row.pictures) for row in self.rows), default=0) * _PITCH

    @property
    def width(self) -> int:
        words = any(row.title for row in self.rows)
        return max(self.tiles_width + (_TEXT if words else 0), 200)


def draw(columns: list[Column], path: Path) -> None:
    """Writes the columns, left to right with arrows between, as a PNG of less than 300 KB."""
    width = 2 * _MARGIN + sum(column.width for column in columns) + drawing.ARROW * (len(columns) - 1)
    height = _HEAD + ROWS * _PITCH + _FOOT + _MARGIN
    canvas = Image.new("RGB", (width, height), drawing.PAPER)
    pen = ImageDraw.Draw(canvas)
    left = _MARGIN
    for number, column in enumerate(columns):
        if number:
            drawing.arrow(canvas, left - drawing.ARROW, _HEAD + ROWS * _PITCH / 2)
        _column(canvas, pen, column, left)
        left += column.width + drawing.ARROW
    files.write_bytes(path, png.encode_small(canvas))


def _column(canvas: Image.Image, pen: ImageDraw.ImageDraw, column: Column, left: int) -> None:
    pen.text((left, 20), column.title, fill=drawing.INK, font=font(27, bold=True))
    pen.text((left, 56), shorten(column.note, column.width + 30, font(19)), fill=drawing.MUTED, font=font(19))
    for number, row in enumerate(column.rows[:ROWS]):
        top = _HEAD + number * _PITCH
        for place, picture in enumerate(row.pictures):
            drawing.paste(canvas, picture, left + place * _PITCH, top)
        beside = left + column.tiles_width + 8
        room = left + column.width - beside
        pen.text((beside, top + 17), shorten(row.title, room, font(21)), fill=drawing.INK, font=font(21))
        pen.text((beside, top + 45), shorten(row.note, room, font(18)), fill=drawing.MUTED, font=font(18))
    pen.text((left, _HEAD + ROWS * _PITCH + 2), column.rest, fill=drawing.MUTED, font=font(18))
