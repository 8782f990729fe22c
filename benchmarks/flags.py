"""How well suspicions are founded: precision and recall of each flag, at the thresholds of params.yaml.

text-like: pages that are drawn (light and dark, with and without a window's bars, 10 to 60 pixels of type) among sample
products and crops of photographs. off-topic: crops of photographs among sample products, by the packaged backbone.
placeholder: products on one to three pages each, and pictures, saved anew each time, on 2 to 40.

    python benchmarks/flags.py [--pictures 1500]
"""

import argparse
import json
from io import BytesIO
from itertools import pairwise
from itertools import product as combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from benchmarks.pages import page
from silverprint import config
from silverprint.core import hashing
from silverprint.core.cleaning import outliers, placeholders
from silverprint.core.duplicates import colour_agreement
from silverprint.core.duplicates.near_duplicates import Sameness, components
from silverprint.core.measures import gray_levels
from silverprint.core.measures import image_quality as figures
from silverprint.demo.image_rendering import jpeg, landscape, product
from silverprint.records import RAW, conform

LIMITS = config.load(Path(__file__).resolve().parents[1] / "params.yaml").clean
SIZES = [(256, 256), (640, 480), (1280, 800), (1200, 1700), (1920, 1080)]
TYPE = [10, 14, 20, 28, 60]
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1500)
    count = parser.parse_args().pictures
    tiles = range(0, 5000, 5000 // count)
    shop = [product(tile, SEED) for tile in tiles][:count]
    photos = [landscape(number, SEED) for number in range(count // 5)]
    found = {"text-like": text_like(shop, photos), "placeholder": placeholder(shop)}
    found |= {f"off-topic, {share:.1%} of them": off_topic(shop, photos, share) for share in (0.012, 0.004)}
    print(json.dumps(found, indent=2))


def text_like(shop: list[Image.Image], photos: list[Image.Image]) -> dict[str, Any]:
    """By the smallest type that a page has once it is reduced to 256 pixels, too."""
    others = [_lines(np.asarray(picture.convert("L"))) for picture in [*shop, *photos]]
    pages: list[tuple[float, int]] = []
    for number, (size, type_size, dark, bars) in enumerate(combinations(SIZES, TYPE, [False, True], [False, True])):
        drawn = page(size, type_size, dark=dark, bars=bars, seed=number)
        pages.append((type_size * gray_levels.SCORING_SIDE / max(size), _lines(drawn)))
    hits = np.array([lines >= LIMITS.text_lines for _, lines in pages])
    small = np.array([seen < 3 for seen, _ in pages])
    few = np.array([size[1] / type_size < 12 for size, type_size, *_ in combinations(SIZES, TYPE, "ld", "wb")])
    figures = _figures(np.array(others) >= LIMITS.text_lines, hits)
    figures["recall, type of 3 pixels or more once reduced, 6 lines or more"] = _share(hits[~small & ~few])
    return figures | {"recall, smaller type": _share(hits[small]), "recall, fewer lines": _share(hits[few])}


def placeholder(shop: list[Image.Image]) -> dict[str, Any]:
    """The last twenty products are shown on many pages."""
    chance = np.random.default_rng(SEED)
    rows, hashes, shown = [], [], []
    many = np.linspace(2, 40, 20).round().astype(int)
    for number, picture in enumerate(shop):
        rank = number - (len(shop) - 20)
        times = int(many[rank]) if rank >= 0 else int(chance.integers(1, 4))
        for copy in range(times):
            data = jpeg(picture, 70 + copy % 25 if rank >= 0 else 90)
            name = f"{number}-{copy % 25}" if rank >= 0 else f"{number}"
            rows.append({"image_id": name, "source": "web", "url": name, "page_url": f"{number}/{copy}"})
            if name not in {one for one, _ in hashes[-25:]}:
                pixels = np.asarray(Image.open(BytesIO(data)).convert("RGB"))
                shown.append(colour_agreement.miniature(pixels))
                levels = gray_levels.to_gray(pixels)
                hashes.append((name, hashing.phash(gray_levels.shrink(levels, hashing.SIDE), 256)))
    names = pl.Series([name for name, _ in hashes])
    raw = conform(pl.DataFrame(rows), RAW)
    every = np.arange(len(names))
    by_hash = Sameness.by_hash(np.stack([bits for _, bits in hashes]), every, len(names), LIMITS.duplicate_radius)
    counted = placeholders.page_counts(raw, names, components(by_hash.seen(every, np.stack(shown))))
    flagged = counted.filter(pl.col("pages") >= LIMITS.placeholder_pages)["image_id"]
    numbers = {int(name.split("-")[0]) for name in flagged}
    is_flagged = np.array([number in numbers for number in range(len(shop))])
    meant = many >= LIMITS.placeholder_pages
    return _figures(np.r_[is_flagged[:-20], is_flagged[-20:][~meant]], is_flagged[-20:][meant])


def off_topic(shop: list[Image.Image], photos: list[Image.Image], share: float) -> dict[str, Any]:
    from silverprint.model.backbones import backbone
    from silverprint.model.embedder import Embedder

    pictures = [*shop, *photos[: max(1, round(share * len(shop)))]]
    embedder = Embedder(config.load().embed.backbone, config.load().embed.size)
    encoded = ((str(number), jpeg(picture)) for number, picture in enumerate(pictures))
    rows = np.concatenate([batch for _, batch in embedder.stream(encoded, 16)]).astype(np.float32)
    widths = np.cumsum([0, *backbone(config.load().embed.backbone).blocks.values()]).tolist()
    blocks = [slice(start, end) for start, end in pairwise(widths)]
    sample = rows[np.random.default_rng(SEED).permutation(len(rows))[: outliers.SAMPLE]]
    found = outliers.distances([(np.arange(len(rows)), rows)], len(rows), blocks, sample)
    strange = outliers.outlier_scores(found)
    flagged = strange >= LIMITS.off_topic_strangeness
    return _figures(flagged[: len(shop)], flagged[len(shop) :])


def _lines(levels: NDArray[np.uint8]) -> int:
    saved = BytesIO()
    Image.fromarray(levels).save(saved, "JPEG", quality=80)
    return figures.figures_of(np.asarray(Image.open(saved))).text_lines


def _figures(sound: NDArray[np.bool_], meant: NDArray[np.bool_]) -> dict[str, Any]:
    """`sound` and `meant` say of pictures that should not, and should, be flagged whether they were."""
    flagged = int(sound.sum() + meant.sum())
    precision = float(meant.sum() / flagged) if flagged else None
    return {"precision": precision, "recall": _share(meant), "pictures": len(meant), "among": len(sound)}


def _share(hits: NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), 3)


if __name__ == "__main__":
    main()
