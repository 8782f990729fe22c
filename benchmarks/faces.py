"""What the detector of faces finds, and what it takes for one, on pictures that anybody can have again.

    pip install --no-deps facenet-pytorch==2.6.0
    pip download --no-deps scikit-image==0.25.2 && unzip -q scikit_image-*.whl 'skimage/data/*'
    python -m benchmarks.faces --skimage skimage/data [--write]

Faces: the 100 of scikit-image's `lfw_subset` (Labeled Faces in the Wild, Huang et al. 2007: 25 x 25 pixels, grey),
enlarged and put into a photograph without people, in grey. Without faces: the 100 other patches of that file, and
crops of photographs of scikit-image and scikit-learn that show no person. Intervals are Wilson's.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

from benchmarks.results import publish
from silverprint.core.evaluation.intervals import wilson
from silverprint.model.faces import FaceDetector

PAGE: Final = Path("docs/cleaning.md")
WITHOUT: Final = ("brick", "chelsea", "coffee", "grass", "gravel", "hubble_deep_field", "motorcycle_left", "rocket")
HEIGHTS: Final = (25, 50, 100)  # pixels of a face and what is around it
SIDE: Final = 256  # pixels of a made picture
LEVELS: Final = (0.5, 0.9, 0.99)  # confidence, at or above which a finding counts
CROPS: Final = 300

Pixels = NDArray[np.uint8]  # (H, W, 3) RGB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skimage", type=Path, required=True, help="scikit-image's folder of pictures")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE}")
    arguments = parser.parse_args()
    patches = np.load(arguments.skimage / "lfw_subset.npy", allow_pickle=False)
    faces, others = (np.rint(255 * half).astype(np.uint8) for half in (patches[:100], patches[100:]))
    photographs = [*_photographs(arguments.skimage), *load_sample_images().images]
    detector = FaceDetector()
    rows = [_heading()]
    for height in HEIGHTS:
        made = _within(faces, photographs, height)
        rows.append(_row(f"100 faces, {height} of {SIDE} pixels", _confidences(detector, made)))
    rows.append(_row("100 patches without one", _confidences(detector, _within(others, photographs, 100))))
    rows.append(_row(f"{CROPS} crops without one", _confidences(detector, _crops(photographs, CROPS, grey=False))))
    table = "\n".join(rows)
    print(table)
    if arguments.write:
        publish(PAGE, "faces", table)


def _photographs(folder: Path) -> Iterator[Pixels]:
    for name in WITHOUT:
        [path] = folder.glob(f"{name}.*")
        with Image.open(path) as picture:
            yield np.asarray(picture.convert("RGB"))


def _crops(photographs: list[Pixels], count: int, *, grey: bool) -> Iterator[Pixels]:
    rng = np.random.default_rng(0)
    for number in range(count):
        photograph = photographs[number % len(photographs)]
        top, left = (int(rng.integers(0, length - SIDE + 1)) for length in photograph.shape[:2])
        crop = photograph[top : top + SIDE, left : left + SIDE]
        yield np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2) if grey else crop


def _within(patches: Pixels, photographs: list[Pixels], height: int) -> Iterator[Pixels]:
    """Each patch in the middle of a grey crop."""
    begin = (SIDE - height) // 2
    for patch, crop in zip(patches, _crops(photographs, len(patches), grey=True), strict=True):
        picture = crop.copy()
        large = cv2.resize(patch, (height, height), interpolation=cv2.INTER_CUBIC)
        picture[begin : begin + height, begin : begin + height] = large[:, :, None]
        yield picture


def _confidences(detector: FaceDetector, pictures: Iterable[Pixels]) -> NDArray[np.float64]:
    return np.array([detector(picture).confidence or 0.0 for picture in pictures])


def _heading() -> str:
    titles = [f"found at {level:g}" for level in LEVELS]
    return f"| pictures | {' | '.join(titles)} |\n|---|{'---|' * len(LEVELS)}"


def _row(title: str, confidences: NDArray[np.float64]) -> str:
    cells = []
    for level in LEVELS:
        found = int((confidences >= level).sum())
        low, high = wilson(found, len(confidences))
        cells.append(f"{100 * found / len(confidences):.1f} % ({100 * low:.1f} to {100 * high:.1f})")
    return f"| {title} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
