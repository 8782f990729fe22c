"""Faces in pictures, by MTCNN from the package facenet-pytorch.

Source: Zhang, Zhang, Li & Qiao 2016, Joint face detection and alignment using multitask cascaded convolutional networks
(IEEE Signal Processing Letters 23(10)). Networks and weights are that package's (MIT).
"""

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from silverprint.errors import ConfigError
from silverprint.imaging import blur
from silverprint.imaging.decode import decode_stored
from silverprint.store import Span, read_span

NAME: Final = "mtcnn facenet-pytorch 2.6.0"
INSTALL: Final = "pip install --no-deps facenet-pytorch==2.6.0"
SIDE: Final = 640  # pixels: longer sides are reduced to this before faces are looked for
LEAST: Final = 20  # pixels of a face's height, of those SIDE, below which none is looked for
_LOADING: Final = Lock()
_WEIGHTS: Final = {
    "pnet.pt": "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
    "rnet.pt": "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
    "onet.pt": "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
}


class Faces(NamedTuple):
    """What was found in one picture.

    Attributes:
        faces: how many.
        confidence: of the surest one, 0..1; None where there is none.
        size: height of the largest one, as a share of the picture's height; None where there is none.
        boxes: where each is, as records.FACES has it; None where there is none.
    """

    faces: int
    confidence: float | None
    size: float | None
    boxes: str | None = None


class FaceDetector:
    """Called with (H, W, 3) uint8 RGB, it gives the picture's `Faces`. It runs on the processor, and the same picture
    always gives the same answer.

    Raises:
        ConfigError: the package is not installed, or its weights are others than those that were measured.
    """

    def __init__(self) -> None:
        _require_weights()
        from facenet_pytorch import MTCNN

        self._network: Any = MTCNN(keep_all=True, min_face_size=LEAST, device="cpu", post_process=False).eval()

    def __call__(self, pixels: NDArray[np.uint8]) -> Faces:
        small = reduced(pixels)
        if min(small.shape[:2]) < LEAST:
            return Faces(0, None, None)
        boxes, confidences = self._network.detect(small)
        if boxes is None:
            return Faces(0, None, None)
        height, width = small.shape[:2]
        shares = np.clip(boxes / (width, height, width, height), 0, 1)
        largest = float((shares[:, 3] - shares[:, 1]).max())
        return Faces(len(boxes), float(np.max(confidences)), largest, blur.written(shares.tolist()))


def find_in_span(span: Span) -> list[Faces]:
    """The faces in each of a span's pictures; the networks are loaded once a process.

    Raises:
        As `FaceDetector` and `read_span`.
        DataError: a picture that was measured as decodable does not decode any more.
    """
    with _LOADING:
        detector = _detector(FaceDetector)
    torch.set_num_threads(1)  # the cores have pictures of their own
    return [detector(decode_stored(image_id, data, SIDE)) for image_id, data in read_span(span)]


@lru_cache(1)
def _detector(made: type[FaceDetector]) -> FaceDetector:
    return made()


def reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) with a longer side of at most SIDE pixels; areas are averaged."""
    import cv2

    height, width = pixels.shape[:2]
    share = SIDE / max(height, width)
    if share >= 1:
        return pixels
    size = (max(1, round(width * share)), max(1, round(height * share)))
    out: NDArray[np.uint8] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return out


def _require_weights() -> None:
    found = find_spec("facenet_pytorch")
    if found is None or found.origin is None:
        raise ConfigError("persons.detector = 'mtcnn'", "its package is not installed", INSTALL)
    folder = Path(found.origin).parent / "data"
    for name, digest in _WEIGHTS.items():
        path = folder / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ConfigError(str(path), "its SHA-256 is not that of version 2.6.0", INSTALL)
