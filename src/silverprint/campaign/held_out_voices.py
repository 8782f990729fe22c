"""Held-out voices of a campaign: each picture's label hears what the labels of all others teach about it."""

import zlib
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.core.features.lens import Lens
from silverprint.core.votes import held_out_voice, labelling
from silverprint.core.votes.labelling import Evidence
from silverprint.dvcfiles import missing_outputs
from silverprint.store.features import Features

NAME: Final = "held-out.parquet"
QUICK: Final = 500  # labels that make the lens where the labels are wanted in seconds


class Labelled(NamedTuple):
    """
    Attributes:
        labels, unheard: as `labelling.label` has them.
        told: image_id -> (C,) what held-out heads said.
    """

    labels: pl.DataFrame
    unheard: pl.DataFrame
    told: dict[str, NDArray[np.float64]]


def label(params: Params, round_name: str, evidence: Evidence, *, quick: bool = False) -> Labelled:
    """The labels by all evidence, and by heads that learn from the labels of other pictures, as people and imports
    alone make them.

    Only labels that a model may be trained on teach, and of those that judge nothing is said; nor where people saw a
    prediction: their votes have heard one already. Nothing at all where pictures have no features, or where
    `labels.consensus` is another method than `auto`, which hears no model.

    Args:
        quick: whether no more than QUICK labels decide through which lens the heads see the features.

    Raises:
        UnavailableError: the features were not pulled.
    """
    missing_outputs.require_pulled(layout.EMBED)
    classes, method = params.dataset.classes, params.labels.consensus
    said = labelling.without_models(evidence, classes, method)
    told: dict[str, NDArray[np.float64]] = {}
    if method == "auto" and layout.EMBED.exists():
        told = _told(params, round_name, evidence.asked.join(said.all, on="image_id"), QUICK if quick else None)
    heard = replace(evidence, voices=held_out_voice.joined(evidence.voices, told))
    return Labelled(*labelling.label(heard, classes, method, said), told)


def _told(params: Params, round_name: str, labels: pl.DataFrame, most: int | None) -> dict[str, NDArray[np.float64]]:
    features, classes = Features(layout.EMBED), params.dataset.classes
    known = labels.filter(pl.col("image_id").is_in(features.image_ids.implode()))
    rows = held_out_voice.teachers(known, classes)
    if rows.is_empty():
        return {}
    stored = features.matrix(rows["image_id"].to_list())
    lens = Lens.of(stored[:most], features.blocks, stored[:most], held_out_voice.class_ids(rows, classes)[:most])
    told = held_out_voice.voices(rows, lens(stored), classes, seed=zlib.crc32(round_name.encode()))
    shown = _shown(params, round_name)
    return {name: row for name, row in told.items() if name not in shown}


def _shown(params: Params, round_name: str) -> set[str]:
    """Pictures whose page showed a prediction in this round or one before it."""
    chain = params.chain[: params.chain.index(round_name) + 1]
    return {name for each in chain for name in ledgers.asked(each).filter("show_prediction")["image_id"]}
