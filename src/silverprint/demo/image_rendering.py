"""Rendering of sample images: tiles made into small product photos, and photographs of something else."""

from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from silverprint.demo import fashion
from silverprint.errors import UnavailableError

SIDE: Final = 128  # pixels of a product photo
QUALITY: Final = 90


def product(tile: int, seed: int) -> Image.Image:
    """The tile as a photo: dark on light as it was taken, 128 x 128, three in five with a slight tint of their own.

    Fashion-MNIST holds negatives of catalogue photos; this turns them back.
    """
    chance = np.random.default_rng([seed, tile])
    tinted = chance.random() < 0.6
    paper = 255 - tinted * chance.uniform(0, 14) * chance.dirichlet((2, 2, 2)) * 3
    ink = tinted * chance.uniform(10, 60) * chance.dirichlet((2, 2, 2)) * 3
    grey = Image.fromarray(255 - fashion.tiles()[tile]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    levels = np.linspace(ink, paper, 256).clip(0, 255).round().astype(np.uint8)
    return Image.fromarray(levels[np.asarray(grey)])


def landscape(number: int, seed: int) -> Image.Image:
    """A crop of a real photograph (a palace, a flower): something that is no product at all."""
    chance = np.random.default_rng([seed, number, 1])
    photo = _photographs()[number % 2]
    side = int(chance.integers(100, 260))
    left, top = (int(chance.integers(0, extent - side)) for extent in photo.size)
    crop = photo.crop((left, top, left + side, top + side))
    return crop.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def jpeg(picture: Image.Image, quality: int = QUALITY, **options: bytes) -> bytes:
    return _encode(picture, "JPEG", quality=quality, **options)


def png(picture: Image.Image) -> bytes:
    return _encode(picture, "PNG")


def gif(frames: list[Image.Image]) -> bytes:
    return _encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=400, loop=0)


def _encode(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@cache
def _photographs() -> tuple[Image.Image, Image.Image]:
    spec = find_spec("sklearn")  # its folder alone: importing it takes seconds
    folder = Path(spec.origin).parent / "datasets" / "images" if spec and spec.origin else Path("sklearn")
    try:
        china, flower = (Image.open(folder / name).convert("RGB") for name in ("china.jpg", "flower.jpg"))
    except FileNotFoundError as error:
        rule = "the sample site shows crops of scikit-learn's photographs"
        raise UnavailableError(str(error.filename), rule, "run: pip install scikit-learn") from None
    return china, flower
