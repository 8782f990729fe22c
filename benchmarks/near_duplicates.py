"""What the perceptual hashes find among look-alikes: copies recalled, and pictures flagged falsely, at each radius.

    python benchmarks/near_duplicates.py > docs/benchmarks/near-duplicates.md

The 5,000 sample product photos (128 px; hardly two are the same) and, of the first 1,000, copies as the web makes them.
Everything goes through the bytes of a JPEG and `measure`, as in the pipeline. 64 bits at 10 is what imagededup's PHash
does by default.
"""

from collections.abc import Callable

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from silverprint.core.duplicates import near_duplicate_groups
from silverprint.core.groups import stand_ins
from silverprint.core.hashing import hamming
from silverprint.demo.pictures import jpeg, product
from silverprint.demo.sheet import PICTURES
from silverprint.records import MEASURED
from silverprint.store.measuring import measured

SEED, COPIED = 7, 1_000
RADII = {256: (8, 12, 16, 20, 24, 32, 36, 40, 48, 64), 64: (2, 4, 6, 8, 10)}
Words = NDArray[np.uint64]


def cropped(pixels: int) -> Callable[[Image.Image], Image.Image]:
    return lambda picture: picture.crop((pixels, pixels, picture.width - pixels, picture.height - pixels))


def framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=5, fill="white")


TRANSFORMS: dict[str, Callable[[Image.Image], bytes]] = {
    "resized to 3/4": lambda picture: jpeg(picture.resize((96, 96), Image.Resampling.LANCZOS)),
    "quality 50": lambda picture: jpeg(picture, 50),
    "brighter by 1/10": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.1)),
    "half the colour": lambda picture: jpeg(ImageEnhance.Color(picture).enhance(0.5)),
    "cropped by 1 px a side": lambda picture: jpeg(cropped(1)(picture)),
    "cropped by 3 px a side (5 %)": lambda picture: jpeg(cropped(3)(picture)),
    "bordered by 5 px": lambda picture: jpeg(framed(picture)),
    "flipped": lambda picture: jpeg(ImageOps.mirror(picture)),
}


def hashed(files: list[bytes]) -> dict[int, Words]:
    """Bits -> (n, words)."""
    rows = pl.DataFrame([measured(str(number), data) for number, data in enumerate(files)], schema=MEASURED)
    return {64: rows.select("phash64").to_numpy(), 256: rows.select("^phash256_.$").to_numpy()}


def table(bits: int, originals: Words, copies: dict[str, Words]) -> list[str]:
    heads = [f"bits of {bits}", "pictures dropped falsely", "largest group", *(f"found: {name}" for name in copies)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    distances = {name: hamming(originals[: len(words)], words) for name, words in copies.items()}
    for radius in RADII[bits]:
        dropped = int((stand_ins(originals, radius) != np.arange(len(originals))).sum())
        largest = int(np.bincount(near_duplicate_groups(originals, radius)).max())
        found = [f"{100 * float((distance <= radius).mean()):.1f} %" for distance in distances.values()]
        share = f"{dropped:,} ({100 * dropped / len(originals):.1f} %)"
        lines.append(f"| {radius} | {share} | {largest:,} | {' | '.join(found)} |")
    return lines


def main() -> None:
    cv2.setNumThreads(1)
    pictures = [product(tile, SEED) for tile in range(PICTURES)]
    originals = hashed([jpeg(picture) for picture in pictures])
    copies = {name: hashed([way(one) for one in pictures[:COPIED]]) for name, way in TRANSFORMS.items()}
    print(
        "# Near-duplicates among look-alikes\n\nWritten by `benchmarks/near_duplicates.py`, which says what was done."
    )
    for bits in RADII:
        lines = table(bits, originals[bits], {name: words[bits] for name, words in copies.items()})
        print(f"\n## {bits} bits\n", *lines, sep="\n")


if __name__ == "__main__":
    main()
