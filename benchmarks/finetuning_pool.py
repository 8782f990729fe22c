"""What pictures without a label teach a fine-tuned network: Ω against labels alone, on real pictures.

    python -m benchmarks.finetuning_pool [--data digits] [--labels 40] [--seeds 5] [--omegas none fixmatch flexmatch]

`digits` are scikit-learn's 1,797 hand-written digits, `fashion` Debian's Fashion-MNIST (apt-get install
dataset-fashion-mnist). Each seed draws as many labels of each class, and from the rest the pictures to judge by; all
others are the pool. Every Ω learns from the same labels in as many steps as the labels alone, from the same first
weights. Without `--weights` these are drawn by chance: with so small a network it learns in minutes on one core. On a
GPU, at full size:

    python -m benchmarks.finetuning_pool --data fashion --labels 40 100 --backbone torchvision/resnet18 \
        --weights var/weights/resnet18.pth --size 96 --steps 3000 --batch 32 --ratio 7

Prints for each Ω the mean share of the judged pictures that it gets right, and what it gains over labels alone, each
with its 95 % interval over the seeds (Student's t).
"""

import argparse
import gzip
import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from silverprint.config import Augment, Embed, Finetune, Unlabelled
from silverprint.model.finetune.fit import fit
from silverprint.model.finetune.lesson import Lesson
from silverprint.model.finetune.network import Network

CLASSES = 10
FASHION = Path("/usr/share/datasets/fashion-mnist")
AUGMENT = Augment(flip=False)


@dataclass(frozen=True)
class Album:
    pictures: list[bytes]

    def read(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((name, self.pictures[int(name)]) for name in image_ids)


def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.images * 15.9).astype(np.uint8), found.target.astype(np.int64)


def fashion() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pictures = np.frombuffer(gzip.decompress((FASHION / "train-images-idx3-ubyte.gz").read_bytes()), np.uint8, -1, 16)
    labels = np.frombuffer(gzip.decompress((FASHION / "train-labels-idx1-ubyte.gz").read_bytes()), np.uint8, -1, 8)
    return pictures.reshape(-1, 28, 28)[:12_000], labels[:12_000].astype(np.int64)


DATA = {"digits": digits, "fashion": fashion}


def album(pictures: NDArray[np.uint8], size: int) -> Album:
    sized = (cv2.resize(one, (size, size), interpolation=cv2.INTER_CUBIC) for one in pictures)
    return Album([cv2.imencode(".png", one)[1].tobytes() for one in sized])


def drawn(truth: NDArray[np.int64], labels: int, judged: int, seed: int) -> tuple[NDArray[np.int64], ...]:
    """Places of the labelled pictures, as many of each class, of those to judge by, and of the pool."""
    order = np.random.default_rng(seed).permutation(len(truth))
    shown = np.concatenate([order[truth[order] == one][: labels // CLASSES] for one in range(CLASSES)])
    rest = order[~np.isin(order, shown)]
    return shown, rest[:judged], rest[judged:]


def first_weights(options: argparse.Namespace, folder: Path) -> Embed:
    path = options.weights
    if path is None:
        import timm

        torch.manual_seed(0)
        path = folder / "first.pth"
        torch.save(timm.create_model(options.backbone.partition("/")[2], pretrained=False).state_dict(), path)
    return Embed(options.backbone, options.size, 16, str(path), hashlib.sha256(path.read_bytes()).hexdigest())


def right(
    given: Lesson, judged: list[str], truth: NDArray[np.int64], omega: str, embed: Embed, options: argparse.Namespace,
    seed: int,
) -> float:  # fmt: skip
    """The share of the judged pictures that a network gets right which learnt from `given`."""
    of_pool = 0 if omega == "none" else len(given.pool) / (options.batch * options.ratio)
    steps = max(np.ceil(len(given.image_ids) / options.batch), np.ceil(of_pool))
    knobs = Finetune(
        epochs=max(1, round(options.steps / steps)),
        batch=options.batch,
        learning_rate=options.learning_rate,
        layer_decay=0.8 if options.weights else 1.0,
        augment=AUGMENT,
        unlabelled=Unlabelled(omega, ratio=options.ratio),
    )
    network = Network.pretrained(embed, CLASSES, seed)
    with tempfile.TemporaryDirectory() as folder:
        fit(network, given, knobs, seed=seed, checkpoint=Path(folder) / "x.ckpt", every_s=1e9)
    return float((network.logits(given.pictures.read(judged)).argmax(axis=1) == truth).mean())


def interval(figures: Sequence[float]) -> str:
    half = stats.t.ppf(0.975, len(figures) - 1) * stats.sem(figures) if len(figures) > 1 else float("nan")
    return f"{np.mean(figures):.1%} ± {half:.1%}"


def row(labels: int, omega: str, found: list[float], alone: list[float], spent: float) -> str:
    gain = "" if omega == "none" else interval(np.subtract(found, alone).tolist())
    return f"| {labels} | {omega} | {interval(found)} | {gain} | {spent / len(found):.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--data", choices=DATA, default="digits")
    parser.add_argument("--labels", type=int, nargs="+", default=[40])
    parser.add_argument("--omegas", nargs="+", default=["none", "fixmatch", "flexmatch"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--judged", type=int, default=600)
    parser.add_argument("--backbone", default="timm/test_resnet")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--ratio", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=0.002)
    options = parser.parse_args()
    pictures, truth = DATA[options.data]()
    shown = album(pictures, options.size)
    print("| labels | Ω | right | gain | CPU s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        embed = first_weights(options, Path(folder))
        for labels in options.labels:
            found: dict[str, list[float]] = {}
            for omega in options.omegas:
                begun = time.process_time()
                found[omega] = []
                for seed in range(options.seeds):
                    taught, judged, pool = drawn(truth, labels, options.judged, seed)
                    names = [[str(place) for place in part] for part in (taught, judged, pool)]
                    y = truth[taught]
                    given = Lesson(shown, names[0], y, np.eye(CLASSES, dtype=np.float32)[y], names[2])
                    found[omega].append(right(given, names[1], truth[judged], omega, embed, options, seed))
                alone = found.get("none", found[omega])
                print(row(labels, omega, found[omega], alone, time.process_time() - begun), flush=True)


if __name__ == "__main__":
    main()
