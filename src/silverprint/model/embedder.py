"""Embedder: images to features by a frozen backbone, on all cores or on the GPU when there is one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import Any, Final, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from silverprint.config import Embed
from silverprint.errors import DataError
from silverprint.imaging.decode import decode_stored
from silverprint.model.backbones import Weights, backbone
from silverprint.store import Span, read_span
from silverprint.store.executor.threads import run_on_threads

Batch = tuple[list[str], NDArray[np.float16]]
_Done = TypeVar("_Done")
_LOADING: Final = Lock()

# JPEGs come no larger than the network's input needs, colours by their profile; features had otherwise start over.
DECODING: Final = "reduced, sRGB"


def describe(knobs: Embed, weights: Weights | None) -> dict[str, Any]:
    """What computes the features: equal descriptions are equal features.

    Raises:
        As `backbone`.
    """
    chosen = backbone(knobs.backbone, knobs.size, weights)
    return {
        "backbone": knobs.backbone,
        "size": knobs.size,
        "decoding": DECODING,
        "weights_sha256": chosen.weights_sha256,
        "blocks": chosen.blocks,
    }


class Embedder:
    """Called with (B, S, S, 3) uint8 RGB, it gives (B, D) float16; on a GPU by half precision (autocast).

    Args:
        name, weights: as `backbone` takes them.
        size: S, the side that pictures are resized to, pixels.
    """

    def __init__(self, name: str, size: int, weights: Weights | None = None) -> None:
        self.size = size
        self._backbone = backbone(name, size, weights)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = self._backbone.load()
        self._network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float16]:
        on_gpu = self.device.type == "cuda"
        batch = torch.from_numpy(pictures)
        batch = batch.pin_memory().to(self.device, non_blocking=True) if on_gpu else batch
        with torch.autocast(self.device.type, torch.float16, enabled=on_gpu):
            found: Tensor = self._network(self._backbone.normalise(batch.permute(0, 3, 1, 2)))
        features: NDArray[np.float16] = found.half().cpu().numpy()
        return features

    def stream(self, pictures: Iterable[tuple[str, bytes]], batch: int) -> Iterator[Batch]:
        """The features of encoded `pictures` in their order, `batch` at a time.

        Raises:
            DataError: a picture that was measured as decodable does not decode any more, or has no finite features.
        """
        return in_batches(self.embed, pictures, batch)

    def embed(self, chunk: Sequence[tuple[str, bytes]]) -> Batch:
        """The features of encoded pictures as one batch; raises as `stream`."""
        torch.set_num_threads(1)  # the cores have batches of their own
        image_ids = [image_id for image_id, _ in chunk]
        rows = self(np.stack([prepare(*item, self.size) for item in chunk]))
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            rule = "its features are not finite in half precision"
            raise DataError(image_ids[int(finite.argmin())], rule, "choose another embed.backbone, or other weights")
        return image_ids, rows


def embed_span(span: Span, name: str, size: int, weights: Weights | None) -> NDArray[np.float16]:
    """The features of a span's pictures, (n, D), computed as one batch; the network is loaded once a process.

    Raises:
        As `Embedder`, its `stream`, and `read_span`.
    """
    with _LOADING:
        embedder = _embedder(Embedder, name, size, weights)
    return embedder.embed(list(read_span(span)))[1]


@lru_cache(1)
def _embedder(made: type[Embedder], name: str, size: int, weights: Weights | None) -> Embedder:
    return made(name, size, weights)


def in_batches(
    work: Callable[[Sequence[tuple[str, bytes]]], _Done], pictures: Iterable[tuple[str, bytes]], batch: int
) -> Iterator[_Done]:
    """What `work` makes of encoded `pictures` in their order, `batch` at a time.

    Each core decodes and computes batches of its own, and what a batch gives does not depend on how many cores there
    are. A few batches are read ahead, never all.
    """
    items = iter(pictures)
    return run_on_threads(work, iter(lambda: list(islice(items, batch)), []))


def prepare(image_id: str, data: bytes, size: int) -> NDArray[np.uint8]:
    """A picture as the network takes it: (size, size, 3) RGB. A JPEG is decoded no larger than that needs.

    Raises:
        DataError: it does not decode.
    """
    return resize(decode_stored(image_id, data, size), size)


def resize(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(H, W, 3) to (size, size, 3); averages areas when shrinking."""
    smaller = min(pixels.shape[:2]) >= size
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    out: NDArray[np.uint8] = cv2.resize(pixels, (size, size), interpolation=how)  # type: ignore[assignment]
    return out
