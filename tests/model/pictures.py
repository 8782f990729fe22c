"""Real product pictures from the sheet that the demo ships."""

from functools import cache

from silverprint.demo import pictures, sheet


@cache
def jpeg(tile: int) -> bytes:
    """Tile 0..4999 as the sample site would serve it."""
    return pictures.jpeg(pictures.product(tile, seed=7))


def label(tile: int) -> str:
    return sheet.labels()[tile]
