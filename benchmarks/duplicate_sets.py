"""Base pictures and copies as the web makes them, for benchmarks/near_duplicates.py: product photos and photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from silverprint.core import quality
from silverprint.demo.pictures import jpeg, product
from silverprint.demo.sheet import PICTURES

SEED, COPIED = 7, 400
TILE, LONGER = 256, 1536  # pixels: of a piece of a photograph, and of the photograph that is cut
# Photographs of Debian's packages mate-backgrounds, lomiri-wallpapers-16.04 and lomiri-wallpapers-20.04.
WALLPAPERS = ("mate/nature/*.jpg", "*_by_*.jpg")
DRAWN = {"Fossa_by_Jasper_Roks", "Painting-Colors_by__herobrine7gamer", "umang_by_Abhishek_Mudgal",
         "analogpattern_by_Peter_Nerlich"}  # fmt: skip


@dataclass(frozen=True)
class Set:
    """Pictures of which no two are copies; of the first `copied`, copies are made."""

    pictures: list[Image.Image]
    copied: int
    reported: NDArray[np.bool_]  # (n,) the half that is reported on; thresholds are chosen on the other


def products() -> Set:
    return Set([product(tile, SEED) for tile in range(PICTURES)], COPIED, np.arange(PICTURES) % 2 == 1)


def photographs(folder: Path) -> Set:
    """Pieces of photographs that do not overlap, as far as they are sharp; halves share no photograph."""
    own = Path(sklearn.__file__).parent / "datasets" / "images"
    paths = [path for pattern in WALLPAPERS for path in sorted(folder.glob(pattern)) if path.stem not in DRAWN]
    pictures, halves = [], []
    for number, path in enumerate([*paths, *sorted(own.glob("*.jpg"))]):
        photo = Image.open(path).convert("RGB")
        photo.thumbnail((LONGER, LONGER))
        for top in range(0, photo.height - TILE + 1, TILE):
            for left in range(0, photo.width - TILE + 1, TILE):
                piece = photo.crop((left, top, left + TILE, top + TILE))
                figures = quality.figures(quality.gray(np.asarray(piece)))
                if figures.sharpness >= 10 and figures.contrast >= 4:  # below, a photo looks blurred, or blank
                    pictures.append(piece)
                    halves.append(number % 2 == 1)
    return Set(pictures, len(pictures), np.array(halves))


def cropped(share: float, corner: bool = False) -> Callable[[Image.Image], Image.Image]:
    """Takes `share` of either length away: evenly, or all of it on the right and at the bottom."""

    def crop(picture: Image.Image) -> Image.Image:
        across, down = round(picture.width * share), round(picture.height * share)
        left, top = (0, 0) if corner else (across // 2, down // 2)
        return picture.crop((left, top, left + picture.width - across, top + picture.height - down))

    return crop


def framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=round(picture.width / 25), fill="white")


def reduced(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.LANCZOS)


TRANSFORMS: dict[str, Callable[[Image.Image], bytes]] = {
    "resized to 3/4": lambda picture: jpeg(reduced(picture)),
    "quality 50": lambda picture: jpeg(picture, 50),
    "brighter by 1/10": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.1)),
    "half the colour": lambda picture: jpeg(ImageEnhance.Color(picture).enhance(0.5)),
    "cropped by 5 %": lambda picture: jpeg(cropped(0.05)(picture)),
    "cropped by 5 %, at a corner": lambda picture: jpeg(cropped(0.05, corner=True)(picture)),
    "cropped by 10 %": lambda picture: jpeg(cropped(0.1)(picture)),
    "bordered by 4 %": lambda picture: jpeg(framed(picture)),
    "mirrored": lambda picture: jpeg(ImageOps.mirror(picture)),
}
