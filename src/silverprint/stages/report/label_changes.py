"""Label changes: what each round's votes made of earlier rounds' labels."""

from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.adapters.html.view import LabelChanges
from silverprint.campaign import class_changes
from silverprint.config import Params
from silverprint.core.reporting.flipped_labels import commonest_flips, flipped_labels
from silverprint.records import LABELS
from silverprint.store import tables

_SHOWN: Final = 4  # kinds of change


def by_round(params: Params) -> dict[str, LabelChanges]:
    """Round -> its changes since the round before, where the labels of both are on this disk: a clone needs only the
    last. A class that was renamed since is the same class.

    Raises:
        DataError: a table is not readable.
    """
    known = {name: _labels(params, name) for name in params.chain if _path(name).exists()}
    return {
        after: _changes(known[before], known[after])
        for before, after in pairwise(params.chain)
        if before in known and after in known
    }


def _path(name: str) -> Path:
    return layout.labels(name) / "labels.parquet"


def _labels(params: Params, name: str) -> pl.DataFrame:
    return class_changes.with_present_names(tables.read(_path(name), LABELS), "label", params)


def _changes(before: pl.DataFrame, after: pl.DataFrame) -> LabelChanges:
    human = [labels.filter(source="human") for labels in (before, after)]
    flips = flipped_labels(before, after)
    both = human[0].join(human[1], on="image_id", how="semi").height
    return LabelChanges(both, flips.height, commonest_flips(flips, _SHOWN).to_dicts())
