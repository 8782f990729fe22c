"""How fast a picture is cleaned, against bare decoding and against the common way; and what a second process adds.

    OMP_NUM_THREADS=1 python benchmarks/clean.py [--rounds 9] [--pictures 60] [--scaling [--copies 400]]

Real photographs as 640x480 JPEGs of about 60 KB. `clean` is all that happens to a picture's bytes on the way into the
pool: SHA-256, stripping, the scaled grey decode, quality figures, both perceptual hashes. The common way to the same is
SHA-256, Pillow's verify, ImageHash's phash of 64 and of 256 bits (its recipe: Pillow's L and LANCZOS, scipy's DCT, the
median), OpenCV's Laplacian, and a re-encode with Pillow at quality 95 to strip. Rounds are paired: each times every way
once, on the same pictures; medians and ratios are over rounds. One core's ways are timed by the processor's clock, so
that neighbours on the machine do not count; processes by the wall's, so that they do. What the machine itself allows
stands beside: the same work in processes that share nothing and were started beforehand. Where neighbours leave no core
free, the processor's seconds of both ways say what the wall's cannot.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from silverprint.imaging.measurement import measure
from silverprint.imaging.metadata import strip
from silverprint.stages.measure import SPAN, measure_span
from silverprint.store import ShardReader, ShardWriter, Span, executor

SIZE = (640, 480)
PART = 2_000  # pictures of a shard, as `acquire` writes them


def photos(count: int) -> list[bytes]:
    """Crops of real photographs, no two the same."""
    # Here, not above: each new process would import it before its first shard.
    from sklearn.datasets import load_sample_image

    whole = [Image.fromarray(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")]
    found = []
    for number in range(count):
        share = 0.6 + 0.4 * (number % 17) / 17
        width, height = int(640 * share), int(427 * share)
        left, top = (number * 7) % (641 - width), (number * 5) % (428 - height)
        crop = whole[number % 2].crop((left, top, left + width, top + height))
        buffer = BytesIO()
        crop.resize(SIZE, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=85)
        found.append(buffer.getvalue())
    return found


def bare(data: bytes) -> None:
    simplejpeg.decode_jpeg(data, colorspace="GRAY", min_height=SIZE[1] // 2, min_width=SIZE[0] // 2)


def clean(data: bytes) -> None:
    measure(hashlib.sha256(data).hexdigest(), strip(data))


def common(data: bytes) -> None:
    import scipy.fft

    hashlib.sha256(data).hexdigest()
    Image.open(BytesIO(data)).verify()
    picture = Image.open(BytesIO(data))
    for side in (8, 16):
        small = picture.convert("L").resize((4 * side, 4 * side), Image.Resampling.LANCZOS)
        low = scipy.fft.dct(scipy.fft.dct(np.asarray(small), axis=0), axis=1)[:side, :side]
        _ = low > np.median(low)
    cv2.Laplacian(np.asarray(picture.convert("L")), cv2.CV_64F).var()
    picture.convert("RGB").save(BytesIO(), "JPEG", quality=95)


def seconds(way: Callable[[bytes], None], pictures: list[bytes]) -> float:
    start = time.process_time()
    for data in pictures:
        way(data)
    return time.process_time() - start


def shards(root: Path, pictures: list[bytes], copies: int) -> list[Span]:
    """The jobs of `measure`, of shards that hold every picture `copies` times under names of its own."""
    with ShardWriter(root, max_pictures=PART) as writer:
        for number in range(copies):
            for data in pictures:
                name = hashlib.sha256(data + number.to_bytes(4)).hexdigest()
                writer.add({"image_id": name, "url": name, "source": "bench", "format": "jpeg"}, data)
    parts = map(ShardReader.of_part, sorted(root.glob("index-*.parquet")))
    return [span for part in parts for span in part.stored.pieces(SPAN)]


def timed_run(name: str, jobs: list[Span]) -> tuple[float, float]:
    """Seconds of the wall's clock and of the processor's, those of the processes included."""
    start, used = time.perf_counter(), processor_seconds()
    list(executor.run(name, measure_span, jobs))
    return time.perf_counter() - start, processor_seconds() - used


def processor_seconds() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def alone(jobs: list[Span], ready: Semaphore, go: Event) -> None:
    cv2.setNumThreads(1)
    ready.release()
    go.wait()
    for job in jobs:
        measure_span(job)


def timed_apart(jobs: list[Span]) -> float:
    """Seconds for the same work in processes that share nothing, their start not included."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    cores = len(os.sched_getaffinity(0))
    workers = [context.Process(target=alone, args=(jobs[first::cores], ready, go)) for first in range(cores)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    start = time.perf_counter()
    go.set()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def scaling(pictures: list[bytes], rounds: int, copies: int) -> dict[str, object]:
    """Serial seconds over those of a pool of processes, its start included, and of processes apart; paired."""
    root = Path(tempfile.mkdtemp())
    try:
        jobs = shards(root, pictures, copies)
        runs = [(timed_run("serial", jobs), timed_run("processes", jobs), timed_apart(jobs)) for _ in range(rounds)]
    finally:
        shutil.rmtree(root)
    return {
        "pictures": copies * len(pictures),
        "times_on_all_cores": statistics.median(serial / pool for (serial, _), (pool, _), _ in runs),
        "times_in_processes_apart": statistics.median(serial / apart for (serial, _), _, apart in runs),
        "processor_seconds": {
            "serial": statistics.median(used for (_, used), _, _ in runs),
            "processes": statistics.median(used for _, (_, used), _ in runs),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--scaling", action="store_true", help="also serial against a pool of processes; takes minutes")
    parser.add_argument("--copies", type=int, default=400, help="of each picture, in --scaling")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = photos(options.pictures)
    ways = {"bare": bare, "clean": clean, "common": common}
    for way in ways.values():
        seconds(way, pictures[:20])
    runs = [{name: seconds(way, pictures) for name, way in ways.items()} for _ in range(options.rounds)]
    figures: dict[str, object] = {
        "kilobytes": statistics.mean(map(len, pictures)) / 1000,
        "per_second": {name: len(pictures) / statistics.median(run[name] for run in runs) for name in ways},
        "of_bare_decoding": statistics.median(run["bare"] / run["clean"] for run in runs),
        "times_the_common_way": statistics.median(run["common"] / run["clean"] for run in runs),
    }
    if options.scaling:
        figures["scaling"] = scaling(pictures, 5, options.copies)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
