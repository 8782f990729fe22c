"""What candidates cost: the four nearest of each of many pictures, all of them look-alikes, and aligning their pairs.

    OMP_NUM_THREADS=1 python -m benchmarks.neighbours [--rows 100000 1000000]

Rows are the sample products' kind: a few hundred dense clusters, so that most pictures have many others at a cosine
above 0.7. Seconds are those of the processor, once; `found` is the share of planted copies among the four nearest.
`appended` are the seconds for the last twentieth, when what was found for the others is kept.
"""

import argparse
import json
import time

import numpy as np

from silverprint.core.duplicates import look_alikes
from silverprint.core.features.nearest_neighbours import nearest
from silverprint.core.features.sketches import DIMENSIONS, LENGTH, Sketches
from silverprint.core.measures import thumbnail_alignment

CLUSTERS, COPIES, PAIRS = 300, 1_000, 2_000


def crowd(rows: int) -> Sketches:
    """Sketches (rows, DIMENSIONS) whose last COPIES are copies of the first, at a cosine of about 0.93."""
    chance = np.random.default_rng(7)
    centres = chance.standard_normal((CLUSTERS, DIMENSIONS), dtype=np.float32)
    points = centres[chance.integers(0, CLUSTERS, rows)]
    points += 0.6 * chance.standard_normal((rows, DIMENSIONS), dtype=np.float32)
    points[-COPIES:] = points[:COPIES] + 0.45 * chance.standard_normal((COPIES, DIMENSIONS), dtype=np.float32)
    points *= LENGTH / np.linalg.norm(points, axis=1, keepdims=True)
    return np.rint(points, out=points).astype(np.int16)


def measure(rows: int) -> dict[str, float]:
    points, live = crowd(rows), np.full(rows, True)
    nearest(points[:5_000], live[:5_000], look_alikes.NEIGHBOURS, 0)  # compiles
    start = time.process_time()
    near = nearest(points, live, look_alikes.NEIGHBOURS, 0)
    seconds = time.process_time() - start
    earlier = nearest(points[: rows - rows // 20], live[: rows - rows // 20], look_alikes.NEIGHBOURS, 0)
    start = time.process_time()
    again = nearest(points, live, look_alikes.NEIGHBOURS, 0, earlier)
    appended = time.process_time() - start
    assert (again.rows == near.rows).all()
    found = (near.rows[-COPIES:] == np.arange(COPIES)[:, None]).any(axis=1)
    figures = {"rows": rows, "seconds": seconds, "appended": appended}
    return figures | {"found": float(found.mean()), "crowded": near.crowded}


def aligning() -> float:
    """Milliseconds a pair of different pictures: unlike ones are given up early, so these are alike, in a way."""
    chance = np.random.default_rng(7)
    side = thumbnail_alignment.SIDE
    base = chance.normal(128, 40, (1, side, side)).cumsum(axis=1).cumsum(axis=2)
    base = 255 * (base - base.min()) / (base.max() - base.min())
    shown = np.clip(base + chance.normal(0, 12, (PAIRS, side, side)), 0, 255).astype(np.uint8)
    pairs = np.stack([np.arange(PAIRS - 1), np.arange(1, PAIRS)], axis=1)
    thumbnail_alignment.residuals(shown[:2], pairs[:1])  # compiles
    start = time.process_time()
    thumbnail_alignment.residuals(shown, pairs)
    return 1000 * (time.process_time() - start) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    options = parser.parse_args()
    print(json.dumps({"pairs_ms": aligning(), "nearest": [measure(rows) for rows in options.rows]}, indent=2))


if __name__ == "__main__":
    main()
