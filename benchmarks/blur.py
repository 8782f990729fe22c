"""What `clean.min_sharpness` rejects: sharp pictures falsely, and pictures that were blurred by a known radius.

    apt install mate-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 dataset-fashion-mnist
    python -m benchmarks.blur [--photographs /usr/share/backgrounds] [--skimage .../site-packages/skimage/data]

Photographs as they are, and with half and a quarter of their contrast, saved at 1024 and at 256 pixels; products of
Fashion-MNIST's test set (28 pixels; the sample site has others, of its training set) enlarged to 56 and to 128. Radii
are standard deviations in pixels at 256, where sharpness is measured. Everything goes through the bytes of a JPEG.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import polars as pl
import sklearn
from numpy.typing import NDArray
from PIL import Image

from benchmarks.duplicate_sets import DRAWN, WALLPAPERS
from silverprint import config
from silverprint.core.cleaning.rules import BY_REASON
from silverprint.core.measures.gray_levels import SCORING_SIDE
from silverprint.demo.image_rendering import jpeg
from silverprint.imaging.measurement import measure

LIMITS: Final = config.load(Path(__file__).resolve().parents[1] / "params.yaml").clean
RADII: Final = (0, 1, 2, 4, 8)
THRESHOLDS: Final = (2, 5, 8, 10, 12, 15, 20)
QUALITY: Final = 80
PRODUCTS: Final = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
# Those of scikit-image that a camera took and nobody blurred.
CAMERA: Final = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins", "grass", "gravel", "hubble_deep_field",
                 "motorcycle_left", "rocket")  # fmt: skip

Levels = NDArray[np.uint8]  # (H, W) grey


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, default=Path("/usr/share/backgrounds"))
    parser.add_argument("--skimage", type=Path, help="scikit-image's folder of pictures")
    parser.add_argument("--products", type=int, default=2_000)
    arguments = parser.parse_args()
    paths = list(_paths(arguments.photographs, arguments.skimage))
    sets: dict[str, Callable[[], Iterable[Levels]]] = {
        f"photographs, {side} pixels, contrast x {contrast:g}": lambda side=side, contrast=contrast: (  # type: ignore[misc]
            _photograph(path, side, contrast) for path in paths
        )
        for side in (1024, 256)
        for contrast in (1, 0.5, 0.25)
    }
    for side in (56, 128):
        sets[f"products, {side} pixels"] = lambda side=side: _products(arguments.products, side)  # type: ignore[misc]
    print(json.dumps({name: _trial(pictures()) for name, pictures in sets.items()}, indent=2))


def _trial(pictures: Iterable[Levels]) -> dict[str, object]:
    """By radius: quantiles of sharpness, and for each threshold the share that is rejected."""
    rows = [[_figures(_blurred(picture, radius)) for radius in RADII] for picture in pictures]
    by_radius = {radius: pl.DataFrame([row[place] for row in rows]) for place, radius in enumerate(RADII)}
    return {
        "pictures": len(rows),
        "least, lowest 1/20, median": {
            radius: [round(float(found["sharpness"].quantile(share) or 0), 1) for share in (0, 0.05, 0.5)]
            for radius, found in by_radius.items()
        },
        "rejected": {
            threshold: {radius: _rejected(found, threshold) for radius, found in by_radius.items()}
            for threshold in THRESHOLDS
        },
    }


def _figures(picture: Levels) -> dict[str, float]:
    found = measure("", jpeg(Image.fromarray(picture), QUALITY))
    return {name: float(found[name]) for name in ("contrast", "sharpness")}


def _rejected(figures: pl.DataFrame, threshold: float) -> float:
    """The share that the rule `blurred` of `clean` rejects."""
    rejects = BY_REASON["blurred"].rejects
    assert rejects is not None
    return round(figures.select(rejects(replace(LIMITS, min_sharpness=threshold)).mean()).item(), 4)


def _blurred(picture: Levels, radius: float) -> Levels:
    if radius == 0:
        return picture
    scale = max(1.0, max(picture.shape) / SCORING_SIDE)
    return _levels(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), radius * scale))


def _levels(values: NDArray[np.floating]) -> Levels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _paths(folder: Path, skimage: Path | None) -> Iterator[Path]:
    yield from (path for way in WALLPAPERS for path in sorted(folder.glob(way)) if path.stem not in DRAWN)
    yield from sorted((Path(sklearn.__file__).parent / "datasets" / "images").glob("*.jpg"))
    if skimage:
        yield from (path for name in CAMERA for path in sorted(skimage.glob(f"{name}.*")))


def _photograph(path: Path, side: int, contrast: float) -> Levels:
    """As faded as `contrast` says: what is left of it around the mean."""
    photo = Image.open(path).convert("L")
    photo.thumbnail((side, side))
    levels = np.asarray(photo, dtype=np.float32)
    return _levels(levels.mean() + contrast * (levels - levels.mean()))


def _products(count: int, side: int) -> Iterator[Levels]:
    tiles = np.frombuffer(gzip.decompress(PRODUCTS.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)
    for tile in tiles[:count]:
        yield np.asarray(Image.fromarray(255 - tile).resize((side, side), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
