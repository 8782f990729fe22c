"""Real product pictures from the sheet that the demo ships."""

from functools import cache

from silverprint.demo import fashion, image_rendering


@cache
def jpeg(tile: int) -> bytes:
    """Tile 0..4999 as the sample site would serve it."""
    return image_rendering.jpeg(image_rendering.product(tile, seed=7))


def label(tile: int) -> str:
    return fashion.labels()[tile]
