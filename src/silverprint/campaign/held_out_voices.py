"""Held-out voices of a campaign: each picture's label hears what the labels of all others teach about it."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.core.evaluation.targets import believed
from silverprint.core.features.lens import Lens
from silverprint.core.splits import JUDGING, TRAINABLE
from silverprint.core.votes import labelling
from silverprint.core.votes.held_out_voice import held_out_voice
from silverprint.core.votes.labelling import Evidence
from silverprint.dvcfiles import missing_outputs
from silverprint.store.features import Features

NAME: Final = "held-out.parquet"

_FEWEST: Final = 2  # labels of each class on average, below which nothing can be learnt and held out


def said(params: Params, round_name: str, evidence: Evidence) -> dict[str, NDArray[np.float64]]:
    """image_id -> (C,) of heads that learnt from the labels of other pictures, as people and imports alone make them.

    Only labels that a model may be trained on teach, and of those that judge nothing is said; nor where people saw a
    prediction: their votes have heard one already. Nothing at all where pictures have no features,
    or where `labels.consensus` is another method than `auto`, which hears no model.

    Raises:
        UnavailableError: the features were not pulled.
    """
    missing_outputs.require_pulled(layout.EMBED)
    if params.labels.consensus != "auto" or not layout.EMBED.exists():
        return {}
    classes, features = params.dataset.classes, Features(layout.EMBED)
    labels, _ = labelling.label(replace(evidence, voices={}), classes, params.labels.consensus)
    rows = labels.filter(pl.col("role").is_in(TRAINABLE) & pl.col("label").is_in(list(classes)))
    rows = rows.filter(pl.col("image_id").is_in(features.image_ids.implode()))
    if rows["label"].n_unique() < 2 or rows.height < _FEWEST * len(classes):
        return {}
    place = {name: number for number, name in enumerate(classes)}
    ids = np.array([place[name] for name in rows["label"]])
    names = rows["image_id"].to_list()
    stored = features.matrix(names)
    lens = Lens.of(stored, features.blocks, stored, ids)
    seed = zlib.crc32(round_name.encode())
    told = held_out_voice(lens(stored), ids, believed(rows, classes), seed=seed)
    silent = _shown(params, round_name).union(rows.filter(pl.col("role").is_in(JUDGING))["image_id"])
    return {name: row for name, row in zip(names, told, strict=True) if name not in silent}


def joined(voices: Mapping[str, ArrayLike], more: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Both kinds of voices; where both speak about a picture, their mean."""
    both = {name: (np.asarray(voices[name]) + row) / 2 for name, row in more.items() if name in voices}
    return {name: np.asarray(row) for name, row in voices.items()} | dict(more) | both


def _shown(params: Params, round_name: str) -> set[str]:
    """Pictures whose page showed a prediction in this round or one before it."""
    chain = params.chain[: params.chain.index(round_name) + 1]
    return {name for each in chain for name in ledgers.asked(each).filter("show_prediction")["image_id"]}
