"""How fast pictures become features, against what limits it: decoding them, and the bare network on what is decoded.

    python benchmarks/embed.py [--rounds 9] [--pictures 384] [--width 640] [--size 128] [--batch 16]

Real photographs as JPEGs of `width` x 3/4 of it (640x480: about 60 KB), in a shard, in the page cache. `embed` is the
stage's own way, from the shard to rows of features. `forward` is the network alone in a loop over decoded batches, with
torch's threads on all cores (or on the GPU); `forward_by_core` the same with a batch on each core, one thread each.
`decode` is all that comes before the network, on one core; times the cores it is the most that decoding could give.
The limit is the smaller of that and the better of both loops. Without a GPU, decoding and the network share the cores,
and the most that can be reached is both added up: `of_shared`, by the processor's clock, says how much of that is, and
`of_forward` what share of the time is the network's. Rounds are paired, in alternating order; medians and ratios are
over rounds, rates by the wall's clock.
"""

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.clean import photos
from silverprint.model.embedder import Embedder, prepare
from silverprint.store import ShardReader, ShardWriter

BACKBONE = "efficientnet_lite0"


def pictures(count: int, width: int) -> list[bytes]:
    """Real photographs of 640x480, or of another width as Pillow scales them."""
    found = []
    for data in photos(count):
        if width != 640:
            buffer = BytesIO()
            scaled = Image.open(BytesIO(data)).resize((width, width * 3 // 4), Image.Resampling.LANCZOS)
            scaled.save(buffer, "JPEG", quality=85)
            data = buffer.getvalue()
        found.append(data)
    return found


def store(root: Path, bodies: list[bytes]) -> list[str]:
    names = [hashlib.sha256(data).hexdigest() for data in bodies]
    with ShardWriter(root) as writer:
        for name, data in zip(names, bodies, strict=True):
            writer.add({"image_id": name, "url": name, "format": "jpeg"}, data)
    return names


def ways(root: Path, names: list[str], size: int, batch: int, cores: int) -> tuple[str, dict[str, Callable[[], None]]]:
    """The device of the network, and each way over all pictures."""
    embedder = Embedder(BACKBONE, size)
    reader = ShardReader(root)
    items = list(reader.read(names))
    decoded = np.stack([prepare(*item, size) for item in items])
    batches = [decoded[start : start + batch] for start in range(0, len(decoded), batch)]

    def embed() -> None:
        for _ in embedder.stream(reader.read(names), batch):
            pass

    def forward() -> None:
        torch.set_num_threads(cores)
        for one in batches:
            embedder(one)

    def forward_by_core() -> None:
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(embedder, batches))

    def decode() -> None:
        for item in items:
            prepare(*item, size)

    return embedder.device.type, {
        "embed": embed,
        "forward": forward,
        "forward_by_core": forward_by_core,
        "decode": decode,
    }


def seconds(work: Callable[[], None]) -> tuple[float, float]:
    """By the wall's clock and by the processor's, all threads."""
    wall, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - spent


def figures(runs: list[dict[str, tuple[float, float]]], count: int, cores: int) -> dict[str, object]:
    def median(of: Callable[[dict[str, tuple[float, float]]], float]) -> float:
        return statistics.median(map(of, runs))

    def of_limit(run: dict[str, tuple[float, float]]) -> float:
        wall = {way: taken for way, (taken, _) in run.items()}
        return max(wall["decode"] / cores, min(wall["forward"], wall["forward_by_core"])) / wall["embed"]

    def of_loop(run: dict[str, tuple[float, float]]) -> float:
        return max(run["decode"][0] / cores, run["forward"][0]) / run["embed"][0]

    def spent(run: dict[str, tuple[float, float]], *ways: str) -> float:
        return sum(run[way][1] for way in ways) / run["embed"][1]

    return {
        "per_second": {way: statistics.median(count / run[way][0] for run in runs) for way in runs[0]},
        "of_the_limit": median(of_limit),
        "of_the_limit_by_torchs_threads": median(of_loop),
        "processor": {
            "of_shared": median(lambda run: spent(run, "forward_by_core", "decode")),
            "of_forward": median(lambda run: spent(run, "forward_by_core")),
        },
        "ratios": [round(of_limit(run), 3) for run in runs],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--pictures", type=int, default=384)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    bodies = pictures(options.pictures, options.width)
    runs: list[dict[str, tuple[float, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        names = store(Path(folder), bodies)
        device, todo = ways(Path(folder), names, options.size, options.batch, cores)
        for work in todo.values():
            work()
        for number in range(options.rounds):
            order = list(todo) if number % 2 else list(reversed(todo))
            runs.append({way: seconds(todo[way]) for way in order})
    document = {"cores": cores, "device": device, "kilobytes": statistics.mean(map(len, bodies)) / 1000}
    print(json.dumps(document | figures(runs, len(names), cores), indent=2))


if __name__ == "__main__":
    main()
