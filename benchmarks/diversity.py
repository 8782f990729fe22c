"""What effective number and coverage say of real features: sample products and crops of photographs, as JSON.

    python -m benchmarks.diversity [--pictures 600]

Effective number of products, of the same once more (two files of each), of one class, of products with a tenth of
crops, for features as they are and centred. Coverage of the products by a sixth of them labelled: at random, by
`maxherding`, and of two classes in ten alone; medians of 5 draws.
"""

import argparse
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silverprint import config
from silverprint.core.reporting.diversity import Sample, cosines, coverage, effective_number
from silverprint.core.selection import select
from silverprint.demo import fashion
from silverprint.demo.image_rendering import jpeg, landscape, product
from silverprint.model.backbones import backbone
from silverprint.model.embedder import Embedder

SEED, DRAWS = 7, 5
Rows = NDArray[np.float32]


def features(count: int) -> tuple[Rows, Rows, NDArray[np.str_]]:
    """The final block of products and of a tenth as many crops; the products' classes."""
    embed = config.load().embed
    tiles = range(0, fashion.IMAGES, fashion.IMAGES // count)[:count]
    shop = [product(tile, SEED) for tile in tiles]
    pictures = [*shop, *(landscape(number, SEED) for number in range(count // 10))]
    encoded = ((str(number), jpeg(picture)) for number, picture in enumerate(pictures))
    rows = np.concatenate([batch for _, batch in Embedder(embed.backbone, embed.size).stream(encoded, 16)])
    final = rows[:, : next(iter(backbone(embed.backbone).blocks.values()))].astype(np.float32)
    return final[:count], final[count:], np.array(fashion.labels())[tiles]


def effective(shop: Rows, crops: Rows, labels: NDArray[np.str_]) -> dict[str, Any]:
    sets = {
        "products": shop,
        "each twice": np.repeat(shop, 2, axis=0),
        "a tenth of them": shop[::10],
        "of one class, mean": [shop[labels == name] for name in np.unique(labels)],
        "with a tenth of crops": np.concatenate([shop, crops]),
    }
    centre = shop.mean(axis=0)
    ways: dict[str, Callable[[Rows], Rows]] = {"as they are": lambda rows: rows, "centred": lambda rows: rows - centre}
    return {
        way: {name: _effective(rows if isinstance(rows, list) else [rows], seen) for name, rows in sets.items()}
        for way, seen in ways.items()
    }


def _effective(sets: list[Rows], seen: Callable[[Rows], Rows]) -> float:
    return round(float(np.mean([effective_number(cosines(seen(rows))) for rows in sets])), 1)


def covered(shop: Rows, labels: NDArray[np.str_]) -> dict[str, float]:
    everything = np.arange(len(shop))
    size = len(shop) // 6
    two = everything[np.isin(labels, np.unique(labels)[:2])]

    def chosen(seed: int) -> NDArray[np.int64]:
        nobody = np.empty(0, dtype=np.int64)
        return select("maxherding", embeddings=shop, probabilities=None, labeled=nobody, budget=size, seed=seed)

    ways: dict[str, Callable[[int], NDArray[np.int64]]] = {
        "at random": lambda seed: np.random.default_rng(seed).choice(everything, size, replace=False),
        "by maxherding": chosen,
        "of two classes": lambda seed: np.random.default_rng(seed).choice(two, size, replace=False),
    }
    whole = Sample(everything, shop)
    found = {}
    for way, draw in ways.items():
        shares = []
        for seed in range(DRAWS):
            pool = np.random.default_rng(100 + seed).choice(everything, size, replace=False)
            names = draw(seed)
            shares.append(coverage(whole, Sample(pool, shop[pool]), Sample(names, shop[names])))
        found[way] = round(float(np.median(shares)), 3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=600)
    shop, crops, labels = features(parser.parse_args().pictures)
    print(json.dumps({"effective": effective(shop, crops, labels), "coverage": covered(shop, labels)}, indent=2))


if __name__ == "__main__":
    main()
