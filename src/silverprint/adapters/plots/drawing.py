"""Drawing of the report's figures: text, frames, arrows, and the colours that its page has too (html/style.html)."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

# Blue and orange differ for every eye.
INK: Final = "#22252a"
MUTED: Final = "#6a6e76"
LINE: Final = "#dcdad4"
PAPER: Final = "#ffffff"
SHADE: Final = "#efede8"
MODEL: Final = "#1f5f99"
RANDOM: Final = "#c2631a"
REJECTED: Final = "#a3372f"
FLAGGED: Final = "#b07d12"
FLAGGED_SHADE: Final = "#faf4e3"

ARROW: Final = 62  # pixels between two columns, with an arrow in the middle


@lru_cache(maxsize=32)
def font(size: float, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, `size` in pixels."""
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def shorten(text: str, width: float, face: ImageFont.FreeTypeFont) -> str:
    """`text`, cut with an ellipsis where it is wider than `width` pixels."""
    if not text or face.getlength(text) <= width:
        return text
    while text and face.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def paste(canvas: Image.Image, picture: Image.Image, left: int, top: int, frame: str = LINE) -> None:
    """Puts the picture on the canvas. A hairline keeps pictures on white apart from the page."""
    canvas.paste(picture, (left, top))
    right, bottom = left + picture.width - 1, top + picture.height - 1
    ImageDraw.Draw(canvas).rectangle((left, top, right, bottom), outline=frame, width=1 if frame == LINE else 3)


def arrow(canvas: Image.Image, left: float, middle: float) -> None:
    """An arrow to the right in the ARROW pixels from `left`, at the height `middle`."""
    pen = ImageDraw.Draw(canvas)
    start, end = left + 12, left + ARROW - 16
    pen.line((start, middle, end - 6, middle), fill=MUTED, width=3)
    pen.polygon(((end, middle), (end - 13, middle - 8), (end - 13, middle + 8)), fill=MUTED)
