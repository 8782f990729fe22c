"""Brought labels of a round: those that its model may learn from or judge, by the tables beside the round's labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.core.evaluation.training_set import unlabelled
from silverprint.core.splits import HELD_OUT
from silverprint.errors import restore_remedy
from silverprint.records import BELIEVED, BROUGHT, empty
from silverprint.store import json_files, tables

NAME: Final = "brought.parquet"  # BROUGHT beside a round's labels, BELIEVED beside its model; none without any


@dataclass(frozen=True)
class Lesson:
    """Brought labels of sources that are surely better than chance.

    Attributes:
        rows: image_id, annotator, choice, teaches; sorted by image_id. They teach where nobody was asked; those of
            pictures that judge are there to be judged.
        classes: of the model, each choice is one.
        told: (S, C, C) for each source, in their order by name, counts of (what people say, what it says) of the
            pictures whose label is trained on.
    """

    rows: pl.DataFrame
    classes: tuple[str, ...]
    told: NDArray[np.float64]

    @cached_property
    def sources(self) -> NDArray[np.int64]:
        """(N,) the number of each row's source."""
        numbers = np.unique(self.rows["annotator"].to_numpy(), return_inverse=True)[1]
        return np.asarray(numbers, dtype=np.int64)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) class ids."""
        return _places(self.rows["choice"], self.classes)

    @property
    def teaches(self) -> NDArray[np.bool_]:
        return np.asarray(self.rows["teaches"].to_numpy(), dtype=np.bool_)


def lesson(
    round_name: str,
    labels: pl.DataFrame,
    manifest: pl.DataFrame,
    training: pl.DataFrame,
    *,
    classes: tuple[str, ...],
    withdrawn: frozenset[str],
) -> Lesson | None:
    """What round `round_name`'s model may learn from sources; None where there is nothing.

    A source that no random picture has measured, or that chance may explain, is not listened to.

    Args:
        labels: LABELS so far.
        manifest: MANIFEST.
        training: rows of LABELS that are trained on.
        classes: of the model.
        withdrawn: image_ids that may not be used.
    """
    brought = read(layout.labels(round_name))
    better = [name for name, found in measured(round_name).items() if found.get("low", 0.0) > found.get("chance", 1.0)]
    said = brought.filter(pl.col("annotator").is_in(better) & pl.col("choice").is_in(list(classes)))
    free = unlabelled(labels, manifest, withdrawn=withdrawn, most=manifest.height)
    judging = labels.filter(pl.col("role").is_in(HELD_OUT) & ~pl.col("image_id").is_in(sorted(withdrawn)))["image_id"]
    rows = said.with_columns(teaches=pl.col("image_id").is_in(free))
    rows = rows.filter(pl.col("teaches") | pl.col("image_id").is_in(judging.implode()))
    rows = rows.filter(pl.col("teaches").any().over("annotator")).drop("people").sort("image_id")
    if rows.is_empty():
        return None
    overlap = said.drop_nulls("people").join(training.select("image_id"), on="image_id", how="semi")
    told = [_counts(overlap.filter(annotator=name), classes) for name in rows["annotator"].unique().sort()]
    return Lesson(rows, classes, np.stack(told))


def read(folder: Path) -> pl.DataFrame:
    """BROUGHT in the folder of a round's labels; none where no source brought any."""
    return tables.read(folder / NAME, BROUGHT) if (folder / NAME).exists() else empty(BROUGHT)


def believed(round_name: str) -> pl.DataFrame:
    """BELIEVED beside the round's model; none where no source was listened to."""
    path = layout.model(round_name) / NAME
    return tables.read(path, BELIEVED) if path.exists() else empty(BELIEVED)


def measured(round_name: str) -> Mapping[str, dict[str, Any]]:
    """annotator -> core.brought_labels.precision, with what an earlier version left out missing."""
    path = layout.labels(round_name) / "quality.json"
    if not path.exists():
        return {}
    found: Mapping[str, dict[str, Any]] = json_files.read(path, remedy=restore_remedy(path.parent)).get("imports", {})
    return found


def _counts(overlap: pl.DataFrame, classes: Sequence[str]) -> NDArray[np.float64]:
    counts = np.zeros((len(classes), len(classes)))
    known = overlap.filter(pl.col("people").is_in(list(classes)))
    np.add.at(counts, (_places(known["people"], classes), _places(known["choice"], classes)), 1)
    return counts


def _places(names: pl.Series, classes: Sequence[str]) -> NDArray[np.int64]:
    places = {name: number for number, name in enumerate(classes)}
    return np.array([places[name] for name in names], dtype=np.int64)
