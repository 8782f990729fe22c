"""PNG files small enough for a README."""

from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_BYTES: Final = 290_000

_STRIDE: Final = 3  # looking at every pixel takes ten times as long and gives hardly nearer colours
_LARGE: Final = 0.01  # share of the pixels

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
    pixels = np.asarray(picture.convert("RGB"))
    sample = Image.fromarray(pixels[::_STRIDE, ::_STRIDE].copy())
    # Maximum coverage keeps colours that few pixels have (a legend's marker); the mean then corrects large areas.
    palette = np.array(sample.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=1).getpalette()).reshape(-1, 3)
    _keep_exact(palette, sample)
    flat = Image.fromarray(_nearest(pixels, palette))
    flat.putpalette(palette.astype(np.uint8).tobytes())
    buffer = BytesIO()
    flat.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _keep_exact(palette: NDArray[np.int64], sample: Image.Image) -> None:
    """Gives the colours of large areas, such as a white ground, a place of their own: a mean would tint them."""
    total = sample.width * sample.height
    for count, colour in sorted(sample.getcolors(total) or (), reverse=True):
        if count < _LARGE * total:
            break
        exact = np.asarray(colour, dtype=np.int64)
        palette[_squared(exact[None], palette)[0].argmin()] = exact


def _nearest(pixels: NDArray[np.uint8], palette: NDArray[np.int64]) -> NDArray[np.uint8]:
    """(H, W): the place of each pixel's nearest colour; Pillow looks only near it, and takes grey for white."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    found, where = np.unique(packed, return_inverse=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    parts = [_squared(part, palette).argmin(axis=1) for part in np.array_split(colours, len(colours) // 8_192 + 1)]
    places = np.concatenate(parts).astype(np.uint8)
    return np.asarray(places[where], dtype=np.uint8).reshape(packed.shape)


def _squared(colours: NDArray[np.integer], palette: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, 256) squared distances, less each colour's own square."""
    entries = palette.astype(np.float32)
    return np.asarray((entries**2).sum(axis=1) - 2 * colours.astype(np.float32) @ entries.T, dtype=np.float32)
