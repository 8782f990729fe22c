"""Metrics of a dataset version from the tables, the features and the rounds."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.config import Params
from silverprint.core.reporting import dataset_metrics, diversity
from silverprint.core.reporting.diversity import NEIGHBOURS, Sample
from silverprint.errors import restore_remedy
from silverprint.store import json_files
from silverprint.store.features import Features

SAMPLE: Final = 2048  # pictures that stand for the pool, and of each kind: a share of them is right to 0.01 (1 sigma)

_NAME_DIGITS: Final = 15  # digits of an image_id: 60 bits distinguish a million pictures


def measure_dataset(
    params: Params, manifest: pl.DataFrame, labels: pl.DataFrame, released: pl.DataFrame
) -> dict[str, Any]:
    """Metrics of MANIFEST, the last round's LABELS, and the rows of core.splits.SPLIT that are released.

    Raises:
        UnavailableError: the features or the round's figures are not there.
        DataError: they are not readable, or a picture has no features.
    """
    folder = layout.labels(params.last)
    figures = json_files.read(folder / "quality.json", "alpha_round", "by_role", "gold", remedy=restore_remedy(folder))
    return {
        "scale": dataset_metrics.scale(manifest, released, params.dataset.classes),
        "diversity": _diversity(manifest.filter("kept"), released),
        "quality": dataset_metrics.quality(manifest),
        "consistency": dataset_metrics.consistency(labels, figures),
    }


def _diversity(kept: pl.DataFrame, released: pl.DataFrame) -> dict[str, Any]:
    """`effective` and `coverage` of what is kept, and by source; by class of what is released."""
    everything = kept["image_id"].sort().to_list()
    labelled = released.filter(pl.col("label_source") == "human")["image_id"].sort().to_list()
    sight = _Sight(everything, labelled)
    total = np.zeros((sight.width, sight.width))
    sources = {}
    for source, image_ids in _groups(kept, "source"):
        moments = diversity.second_moments(sight.batches(image_ids), sight.width)
        total += moments
        sources[source] = sight.figures(moments, image_ids)
    classes = {
        label: sight.figures(sight.likeness(image_ids), image_ids) for label, image_ids in _groups(released, "label")
    }
    return {**sight.figures(total, everything), "sources": sources, "classes": classes}


class _Sight:
    """The pictures by their final features, the first block: the middle one tells textures and edges, not subjects.

    As image_ids are hashes, the first of them are a random sample, and nearly the same one in the next version.
    """

    def __init__(self, kept: Sequence[str], labelled: Sequence[str]) -> None:
        self._features = Features(layout.EMBED)
        self._block = next(iter(self._features.blocks.values()))
        size = min(len(kept), len(labelled), SAMPLE)
        self._enough = size > NEIGHBOURS
        self._pool, self._labelled = self._sample(kept[:size]), self._sample(labelled[:size])

    @property
    def width(self) -> int:
        return len(range(self._block.start, self._block.stop))

    def batches(self, image_ids: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        return (batch[:, self._block] for _, batch in self._features.scan(pl.Series(image_ids)))

    def likeness(self, image_ids: Sequence[str]) -> NDArray[np.float64]:
        """What core.diversity.effective_number takes, in the smaller of its two forms."""
        if len(image_ids) > self.width:
            return diversity.second_moments(self.batches(image_ids), self.width)
        return diversity.cosines(self._sample(image_ids).rows)

    def figures(self, likeness: NDArray[np.float64], image_ids: Sequence[str]) -> dict[str, float]:
        """No `coverage` where there are too few labels to tell."""
        found = {"effective": round(diversity.effective_number(likeness), 2)}
        if self._enough:
            asked = self._sample(image_ids[:SAMPLE])
            found["coverage"] = round(diversity.coverage(asked, self._pool, self._labelled), 4)
        return found

    def _sample(self, image_ids: Sequence[str]) -> Sample:
        numbers = [int(image_id[:_NAME_DIGITS], 16) for image_id in image_ids]
        return Sample(np.array(numbers, dtype=np.int64), self._features.matrix(image_ids)[:, self._block])


def _groups(rows: pl.DataFrame, column: str) -> Iterator[tuple[str, list[str]]]:
    """Each value of `column` with its pictures, both sorted."""
    for (value,), part in sorted(rows.group_by(column)):
        yield str(value), part["image_id"].sort().to_list()
