"""Pages of writing, drawn."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont


def page(
    size: tuple[int, int], type_size: int, *, dark: bool = False, bars: bool = False, most: int = 1000, seed: int = 0
) -> NDArray[np.uint8]:
    """(H, W) grey: words of chance in lines, at most `most`; with a title bar and a side bar, as windows have them."""
    chance = np.random.default_rng(seed)
    width, height = size
    sheet = Image.new("L", size, 20 if dark else 250)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(type_size)
    if bars:
        pen.rectangle((0, 0, width, height // 12), fill=90)
        pen.rectangle((0, height // 12, width // 5, height), fill=200)
    tops = range(height // 10, height - 2 * type_size, round(1.5 * type_size))
    for top in tops[:most]:
        words = " ".join("".join(map(chr, chance.integers(97, 123, chance.integers(2, 9)))) for _ in range(60))
        fits = int(width * chance.uniform(0.4, 0.8) / (0.55 * type_size))
        pen.text((width // (4 if bars else 12), top), words[:fits], fill=230 if dark else 20, font=font)
    return np.asarray(sheet)
