"""Time of a training step: the pipeline's fine-tuning by Lightning against a bare loop of PyTorch.

    python -m benchmarks.finetuning_step [--steps 40] [--repeats 5] [--backbone efficientnet_lite0] [--size 64]

Both learn from the same pictures in the same batches with the same changes, by AdamW with the same groups and schedule.
Each is timed `--repeats` times, in turn, by processor time (user + system) with one thread, which other work on the
machine hardly touches; starting and ending count as well. Prints the median of each, and the ratio with its range.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader

from benchmarks.finetuning_pool import CLASSES, Album, album, digits
from silverprint.config import Embed, Finetune
from silverprint.model.finetune.augmentation import Augmentation
from silverprint.model.finetune.fit import fit
from silverprint.model.finetune.lesson import Batches, Lesson, Shown
from silverprint.model.finetune.network import Network
from silverprint.model.finetune.optimisation import factor, parameter_groups


def bare(network: Network, lesson: Lesson, knobs: Finetune) -> None:
    batches = Batches(len(lesson.image_ids), knobs.batch, 0)
    loader = DataLoader(
        Shown(lesson, Augmentation.of(knobs.augment, network.size), network.size, 0), batch_size=None, sampler=batches
    )
    optimiser = torch.optim.AdamW(list(parameter_groups(network, knobs)), lr=knobs.learning_rate)
    total = knobs.epochs * len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: factor(step, total, knobs))
    network.train()
    for epoch in range(knobs.epochs):
        batches.set_epoch(epoch)
        for pictures, targets in loader:
            optimiser.zero_grad()
            functional.cross_entropy(network(pictures), targets).backward()
            optimiser.step()
            schedule.step()


def by_lightning(network: Network, lesson: Lesson, knobs: Finetune) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fit(network, lesson, knobs, seed=0, checkpoint=Path(folder) / "x.ckpt", every_s=1e9)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(1)
    knobs = Finetune(epochs=options.steps // 10, batch=8)
    pictures, truth = digits()
    shown: Album = album(pictures[:80], options.size)
    targets = np.eye(CLASSES, dtype=np.float32)[truth[:80]]
    lesson = Lesson(shown, [str(place) for place in range(80)], truth[:80], targets)
    spent: dict[str, list[float]] = {"bare": [], "Lightning": []}
    for _ in range(options.repeats):
        for name, how in (("bare", bare), ("Lightning", by_lightning)):
            network = Network.pretrained(Embed(options.backbone, options.size, 16), CLASSES, 0)
            begun = time.process_time()
            how(network, lesson, knobs)
            spent[name].append((time.process_time() - begun) / (10 * knobs.epochs))
    ratios = np.divide(spent["Lightning"], spent["bare"])
    medians = ", ".join(f"{name} {1000 * np.median(times):.0f} ms" for name, times in spent.items())
    print(f"a step of 8 pictures of {options.size} pixels: {medians}; ratio {np.median(ratios):.3f}", end=" ")
    print(f"({ratios.min():.3f} to {ratios.max():.3f}, {options.repeats} repeats)")


if __name__ == "__main__":
    main()
