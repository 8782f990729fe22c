"""Text on figures, in the font that matplotlib carries, so that it looks the same on every machine."""

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont


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
