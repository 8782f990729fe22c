"""A fine-tuned backbone against a head on the frozen one: the same labels, the same pictures to judge by.

    python -m benchmarks.finetuning [--labels 100] [--seeds 1] [--size 64] [--judged 500] [--epochs 20]

Pictures are the demo's product photos, the packaged backbone; both recipes are the defaults of params.yaml. The head
learns from 1,000 unlabelled pictures as well, as it does in a campaign; the network learns from the labels alone.
Prints a row for each number of labels: the share of the judged pictures that each gets right, and the seconds that it
learnt. Fine-tuning is timed without the folds of its held-out predictions, which take twice as long again.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silverprint.config import Embed, Finetune, Model
from silverprint.core.features.lens import Lens
from silverprint.demo import fashion, image_rendering
from silverprint.model.backbones import backbone
from silverprint.model.embedder import Embedder
from silverprint.model.finetune.fit import fit
from silverprint.model.finetune.lesson import Lesson
from silverprint.model.finetune.network import Network
from silverprint.model.learning import Material, learn

POOL = 1_000
CLASSES = len(fashion.CLASSES)


class Photos:
    def read(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((name, image_rendering.jpeg(image_rendering.product(int(name), seed=7))) for name in image_ids)


def labels_of(tiles: Sequence[str]) -> NDArray[np.int64]:
    return np.array([fashion.CLASSES.index(fashion.labels()[int(tile)]) for tile in tiles], dtype=np.int64)


def head(shown: list[str], pool: list[str], judged: list[str], size: int, seed: int) -> tuple[NDArray[np.int64], float]:
    embedder, blocks, start = Embedder("efficientnet_lite0", size), {}, 0
    for name, width in backbone("efficientnet_lite0").blocks.items():
        blocks[name] = slice(start, start + width)
        start += width
    rows, others, asked = (
        np.concatenate([batch for _, batch in embedder.stream(Photos().read(names), 16)]).astype(np.float32)
        for names in (shown, pool, judged)
    )
    begun, y = time.perf_counter(), labels_of(shown)
    lens = Lens.of(np.concatenate([others, rows]), blocks, rows, y)
    everyone = np.ones(len(y), dtype=np.bool_)
    learnt = learn(Material(lens(rows), y, np.eye(CLASSES)[y], everyone, lens(others), CLASSES), lens, Model(5), seed)
    spent = time.perf_counter() - begun
    return np.asarray(learnt.head.predict(asked).mean(axis=0).argmax(axis=1), dtype=np.int64), spent


def finetuned(
    shown: list[str], judged: list[str], size: int, epochs: int, seed: int
) -> tuple[NDArray[np.int64], float]:
    y = labels_of(shown)
    lesson = Lesson(Photos(), shown, y, np.eye(CLASSES, dtype=np.float32)[y])
    network = Network.pretrained(Embed("efficientnet_lite0", size, 16), CLASSES, seed)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        fit(network, lesson, Finetune(epochs=epochs), seed=seed, checkpoint=Path(folder) / "x.ckpt", every_s=60)
        spent = time.perf_counter() - begun
    return np.asarray(network.logits(Photos().read(judged)).argmax(axis=1), dtype=np.int64), spent


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[100])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--judged", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=Finetune().epochs)
    options = parser.parse_args()
    print("| seed | labels | head | s | fine-tuned | s |\n|---|---|---|---|---|---|")
    for seed in range(options.seeds):
        order = [str(tile) for tile in np.random.default_rng(seed).permutation(fashion.IMAGES)]
        judged, pool, rest = np.split(np.array(order), [options.judged, options.judged + POOL])
        truth = labels_of(judged.tolist())
        for count in options.labels:
            shown = rest[:count].tolist()
            by_head, head_s = head(shown, pool.tolist(), judged.tolist(), options.size, seed)
            by_network, network_s = finetuned(shown, judged.tolist(), options.size, options.epochs, seed)
            right = [f"{(said == truth).mean():.1%}" for said in (by_head, by_network)]
            print(f"| {seed} | {count} | {right[0]} | {head_s:.0f} | {right[1]} | {network_s:.0f} |", flush=True)


if __name__ == "__main__":
    main()
