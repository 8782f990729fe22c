"""What Lightning costs: score's predictions of a pool against a bare forward loop over the same loader.

    python benchmarks/score.py [--rounds 5] [--pictures 100000] [--classes 10]

Features of the packaged backbone's widths, made up, memory-mapped from float16 parts as `embed` writes them; a head of
five members. Both sides read the same batches and end with one (M, N, C) array. Rounds are paired, and which side goes
first alternates. `processor` counts the seconds of all cores, so that neighbours on the machine do not; ratios are of
pictures a second, Lightning to bare, medians over rounds.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from silverprint.model.backbones import backbone
from silverprint.model.head import Head
from silverprint.model.predict import loader, predict
from silverprint.store import features as store
from silverprint.store.features import Features

MEMBERS, PART = 5, 16_384


def pool(root: Path, pictures: int) -> list[str]:
    blocks = backbone("efficientnet_lite0").blocks
    store.write_description(root, {"backbone": "b", "size": 128, "weights_sha256": "w", "blocks": blocks})
    rng = np.random.default_rng(7)
    image_ids = [f"{number:064x}" for number in range(pictures)]
    for start in range(0, pictures, PART):
        ids = image_ids[start : start + PART]
        store.append(root, ids, [rng.standard_normal((len(ids), sum(blocks.values())), dtype=np.float32).astype("f2")])
    return image_ids


def head(width: int, classes: int) -> Head:
    rng = np.random.default_rng(7)
    return Head.of(
        centre=rng.normal(size=width), scale=np.ones(width), weight=rng.normal(size=(MEMBERS, width, classes)) / 9,
        bias=rng.normal(size=(MEMBERS, classes)), temperature=np.array(1.3),
    )  # fmt: skip


def bare(model: Head, features: Features, image_ids: list[str]) -> NDArray[np.float32]:
    with torch.inference_mode():
        return torch.cat([model(batch) for _, batch in loader(features, image_ids)], dim=1).numpy()


def timed(work: Callable[..., NDArray[np.float32]], *arguments: object) -> tuple[NDArray[np.float32], float, float]:
    wall, spent = time.perf_counter(), time.process_time()
    found = work(*arguments)
    return found, time.perf_counter() - wall, time.process_time() - spent


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        image_ids = pool(root, options.pictures)
        features = Features(root)
        model = head(features.width, options.classes)
        sides = {"lightning": predict, "bare": bare}
        results = [side(model, features, image_ids) for side in sides.values()]  # warms both, and compares them
        np.testing.assert_array_equal(*results)
        rounds = []
        for number in range(options.rounds):
            order = list(sides) if number % 2 else list(reversed(sides))
            rounds.append({name: timed(sides[name], model, features, image_ids)[1:] for name in order})
    kinds = enumerate(("wall", "processor"))
    ratios = {kind: [one["bare"][place] / one["lightning"][place] for one in rounds] for place, kind in kinds}
    rate = statistics.median(options.pictures / one["lightning"][0] for one in rounds)
    document = {
        "pictures": options.pictures,
        "width": features.width,
        "classes": options.classes,
        "threads": torch.get_num_threads(),
        "lightning_a_second": round(rate),
        "ratio": {kind: round(statistics.median(values), 3) for kind, values in ratios.items()},
        "ratios": {kind: [round(value, 3) for value in values] for kind, values in ratios.items()},
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
