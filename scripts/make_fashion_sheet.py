"""Makes the sample site's pictures: 5,000 of Debian's `dataset-fashion-mnist` as one PNG sheet, and their classes.

    apt-get install dataset-fashion-mnist && python scripts/make_fashion_sheet.py

The draw is seeded: the same package gives the same pictures. The results are kept in Git; run this only to change them.
"""

import argparse
import csv
import gzip
from pathlib import Path

import numpy as np
from PIL import Image

DATASET = Path("/usr/share/datasets/fashion-mnist")
DEMO = Path(__file__).resolve().parents[1] / "src/silverprint/demo"
CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
PICTURES, COLUMNS, SIDE, SEED = 5_000, 100, 28, 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=DATASET, help="folder with the .gz files of Fashion-MNIST")
    pictures, labels = draw(parser.parse_args().dataset)
    sheet = pictures.reshape(-1, COLUMNS, SIDE, SIDE).transpose(0, 2, 1, 3).reshape(-1, COLUMNS * SIDE)
    Image.fromarray(sheet).save(DEMO / "fashion-5000.png", optimize=True)
    with (DEMO / "fashion-5000.truth.csv").open("w", newline="") as handle:
        rows = csv.writer(handle, lineterminator="\n")
        rows.writerow(("index", "label"))
        rows.writerows(enumerate(labels))


def draw(folder: Path) -> tuple[np.ndarray, list[str]]:
    """The chosen pictures (5000, 28, 28) and their classes."""
    pictures = _idx(folder / "train-images-idx3-ubyte.gz", 16).reshape(-1, SIDE, SIDE)
    classes = _idx(folder / "train-labels-idx1-ubyte.gz", 8)
    chosen = np.sort(np.random.default_rng(SEED).choice(len(pictures), PICTURES, replace=False))
    return pictures[chosen], [CLASSES[number] for number in classes[chosen]]


def _idx(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


if __name__ == "__main__":
    main()
