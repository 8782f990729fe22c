"""Drawing marks shared by the strip and the contact sheet, beside text."""

from typing import Final

from PIL import Image, ImageDraw

from silverprint.adapters.plots import palette

ARROW: Final = 62  # pixels between two columns, with an arrow in the middle


def paste(canvas: Image.Image, picture: Image.Image, left: int, top: int, frame: str = palette.LINE) -> None:
    """Puts the picture on the canvas. A hairline keeps pictures on white apart from the page."""
    canvas.paste(picture, (left, top))
    right, bottom = left + picture.width - 1, top + picture.height - 1
    ImageDraw.Draw(canvas).rectangle((left, top, right, bottom), outline=frame, width=1 if frame == palette.LINE else 3)


def arrow(canvas: Image.Image, left: float, middle: float) -> None:
    """An arrow to the right in the ARROW pixels from `left`, at the height `middle`."""
    pen = ImageDraw.Draw(canvas)
    start, end = left + 12, left + ARROW - 16
    pen.line((start, middle, end - 6, middle), fill=palette.MUTED, width=3)
    pen.polygon(((end, middle), (end - 13, middle - 8), (end - 13, middle + 8)), fill=palette.MUTED)
