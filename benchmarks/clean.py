"""How fast a picture is cleaned, against bare decoding and against the common way; and what a second process adds.

    OMP_NUM_THREADS=1 python benchmarks/clean.py [--rounds 9] [--pictures 60] [--scaling]

Real photographs as 640x480 JPEGs of about 60 KB. `clean` is all that happens to a picture's bytes on the way into the
pool: SHA-256, stripping, the scaled grey decode, quality figures, both perceptual hashes. The common way to the same is
SHA-256, Pillow's verify, ImageHash's phash of 64 and of 256 bits (its recipe: Pillow's L and LANCZOS, scipy's DCT, the
median), OpenCV's Laplacian, and a re-encode with Pillow at quality 95 to strip. Rounds are paired: each times every way
once, on the same pictures; medians and ratios are over rounds. One core's ways are timed by the processor's clock, so
that neighbours on the machine do not count; processes by the wall's, so that they do.
"""

import argparse
import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import scipy.fft
import simplejpeg
from PIL import Image
from sklearn.datasets import load_sample_image

from silverprint.stages.measure import measure_part
from silverprint.store import ShardWriter, executor
from silverprint.store.measuring import measured
from silverprint.store.strip import strip

SIZE = (640, 480)


def photos(count: int) -> list[bytes]:
    """Crops of real photographs, no two the same."""
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
    measured(hashlib.sha256(data).hexdigest(), strip(data))


def common(data: bytes) -> None:
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


def shards(root: Path, pictures: list[bytes], parts: int, copies: int) -> list[tuple[Path, Path]]:
    """The jobs of `measure`: `parts` shards, each holding every picture `copies` times under names of its own."""
    with ShardWriter(root, max_pictures=copies * len(pictures)) as writer:
        for number in range(parts * copies):
            for data in pictures:
                name = hashlib.sha256(data + number.to_bytes(4)).hexdigest()
                writer.add({"image_id": name, "url": name, "source": "bench", "format": "jpeg"}, data)
    return [(index, root / "out" / index.name) for index in sorted(root.glob("index-*.parquet"))]


def timed_run(name: str, jobs: list[tuple[Path, Path]]) -> float:
    start = time.perf_counter()
    list(executor.run(name, measure_part, jobs))
    return time.perf_counter() - start


def scaling(pictures: list[bytes], rounds: int, copies: int = 200) -> tuple[float, dict[str, float]]:
    """Serial seconds over those of a pool of processes, its start included; the median of pairs."""
    root = Path(tempfile.mkdtemp())
    try:
        jobs = shards(root, pictures, parts=2, copies=copies)
        pairs = [(timed_run("serial", jobs), timed_run("processes", jobs)) for _ in range(rounds)]
    finally:
        shutil.rmtree(root)
    pictures_measured = 2 * copies * len(pictures)
    rates = {
        "serial": pictures_measured / statistics.median(one for one, _ in pairs),
        "processes": pictures_measured / statistics.median(many for _, many in pairs),
    }
    return statistics.median(one / many for one, many in pairs), rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--scaling", action="store_true", help="also serial against a pool of processes; takes minutes")
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
        figures["times_on_all_cores"], figures["measured_per_second"] = scaling(pictures, 5)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
