"""Whether a copy of 256 pixels on the shorter side, written once, would earn its keep: for embed and for thumbnails.

    OMP_NUM_THREADS=1 python benchmarks/scoring_copy.py [--rounds 5] [--pictures 8]

Photographs of 640x480 enlarged to each width (so their files are smaller than a camera's) as JPEGs. `write` makes the
copy: reduced decode, averaged resize, JPEG at quality 90. `embed` and `thumbnail` are what the stages do to a picture,
from the original and from the copy; `reduced thumbnail` is a thumbnail by the reduced decode, without any copy.
`reads` is how often a picture must be read by a use before the copy has paid for its writing. Milliseconds a picture
by the processor's clock, medians over paired rounds; nothing is written to a disk.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.embed import pictures
from silverprint.adapters.plots.thumbnails import thumbnail
from silverprint.imaging.decode import decode, encode_jpeg
from silverprint.model.embedder import prepare
from silverprint.stages.preview import SIDE

COPY, INPUT = 256, 128
WIDTHS = (640, 1280, 2560, 4000)


def scoring_copy(data: bytes) -> bytes:
    pixels = decode(data, shorter_side=COPY).pixels
    scale = COPY / min(pixels.shape[:2])
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return encode_jpeg(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), quality=90)


def embed(data: bytes) -> None:
    prepare("", data, INPUT)


def thumb(data: bytes) -> None:
    thumbnail(decode(data).pixels, SIDE)


def reduced_thumb(data: bytes) -> None:
    thumbnail(decode(data, shorter_side=SIDE).pixels, SIDE)


def milliseconds(work: Callable[[bytes], object], bodies: list[bytes]) -> float:
    start = time.process_time()
    for data in bodies:
        work(data)
    return (time.process_time() - start) * 1000 / len(bodies)


def of_width(width: int, count: int, rounds: int) -> dict[str, object]:
    originals = pictures(count, width)
    copies = [scoring_copy(data) for data in originals]
    ways: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
        "write": (scoring_copy, originals),
        "embed": (embed, originals),
        "embed from copy": (embed, copies),
        "thumbnail": (thumb, originals),
        "thumbnail from copy": (thumb, copies),
        "reduced thumbnail": (reduced_thumb, originals),
    }
    runs = [{name: milliseconds(*way) for name, way in ways.items()} for _ in range(rounds)]

    def reads(use: str, copied: str) -> float:
        return statistics.median(run["write"] / (run[use] - run[copied]) for run in runs)

    return {
        "megapixels": round(width * width * 3 / 4 / 1e6, 2),
        "kilobytes": [round(statistics.mean(map(len, bodies)) / 1000) for bodies in (originals, copies)],
        "milliseconds": {name: round(statistics.median(run[name] for run in runs), 2) for name in ways},
        "reads": {
            "embed": round(reads("embed", "embed from copy"), 1),
            "thumbnail": round(reads("thumbnail", "thumbnail from copy"), 1),
            "reduced thumbnail": round(reads("reduced thumbnail", "thumbnail from copy"), 1),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=8)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    found = {str(width): of_width(width, options.pictures, options.rounds) for width in WIDTHS}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
