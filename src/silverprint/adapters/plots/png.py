"""PNG files small enough for a README."""

from io import BytesIO
from typing import Final

from PIL import Image

MAX_BYTES: Final = 290_000

_STRIDE: Final = 3  # looking at every pixel takes ten times as long and gives hardly nearer colours

# First fewer colours, then fewer pixels: (scale, colours).
_STEPS: Final = ((1.0, 256), (1.0, 128), (0.85, 128), (0.7, 128), (0.55, 64), (0.4, 64), (0.3, 32))


def encode_small(picture: Image.Image) -> bytes:
    """`picture` as a palette PNG of less than 300 KB, as large and colourful as that allows."""
    for scale, colours in _STEPS:
        size = (round(picture.width * scale), round(picture.height * scale))
        resized = picture if scale == 1.0 else picture.resize(size, Image.Resampling.LANCZOS)
        data = encode(resized, colours)
        if len(data) < MAX_BYTES:
            break
    return data


def encode(picture: Image.Image, colours: int) -> bytes:
    """`picture` as a PNG with a palette of `colours`, found from every third pixel of every third row."""
    size = (max(1, picture.width // _STRIDE), max(1, picture.height // _STRIDE))
    sample = picture.resize(size, Image.Resampling.NEAREST)
    # Maximum coverage keeps colours that few pixels have (a legend's marker); the mean then corrects large areas.
    palette = sample.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=1)
    buffer = BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
