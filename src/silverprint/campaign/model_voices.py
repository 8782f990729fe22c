"""Voices of models: what the model before each round said of the pictures that the round then asked about."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.campaign import class_changes, class_list, ledgers, round_state
from silverprint.config import Params
from silverprint.core import half_precision
from silverprint.core.splits import JUDGING
from silverprint.core.votes import class_changes as changing
from silverprint.dvcfiles import missing_outputs
from silverprint.records import NONE_OF_THESE, SCORES, VOICES, conform, empty
from silverprint.store import model_card, tables
from silverprint.store.scores import PROBABILITIES, read_probabilities

NAME: Final = "voices.parquet"


def so_far(params: Params, round_name: str) -> pl.DataFrame:
    """VOICES of all rounds up to this one: those beside the labels of the round before, and those of its own scores.

    Raises:
        UnavailableError: the scores were not pulled.
        DataError: they are not readable.
    """
    path = layout.labels(params.rounds[round_name].prev) / NAME
    before = tables.read(path, VOICES) if path.exists() else empty(VOICES)
    return pl.concat([before, _own(params, round_name)]).unique("image_id", keep="first").sort("image_id")


def by_image(params: Params, voices: pl.DataFrame) -> Mapping[str, NDArray[np.float64]]:
    """image_id -> (C,) in the order of `dataset.classes`; none of a model that did not know every class."""
    numbers = [name for name in class_list.classes(params) if name in params.dataset.classes]
    order = [numbers.index(name) for name in params.dataset.classes]
    known = voices.filter(pl.col("probabilities").list.len() == len(numbers))
    return {name: np.array(row)[order] for name, row in known.select("image_id", "probabilities").iter_rows()}


def _own(params: Params, name: str) -> pl.DataFrame:
    """VOICES by this round's scores, of pictures whose label judges nothing and was not seen by the model. A classifier
    that is no model of ours has none about pictures of which it says nothing.

    Where people saw the prediction their votes have heard it already.
    """
    folder, prev = layout.score(name), layout.model(params.rounds[name].prev)
    missing_outputs.require_pulled(folder, prev)
    if not (folder / PROBABILITIES).exists():
        return empty(VOICES)
    card = model_card.read(prev)
    taught = [*(card.get("trained_on") or []), *card.get("brought_trained_on", [])]
    free = ledgers.queue(name).filter(
        ~pl.col("role").is_in(JUDGING) & ~pl.col("show_prediction") & ~pl.col("image_id").is_in(taught)
    )
    scores = tables.read(folder / "scores.parquet", SCORES).with_row_index("row")
    rows = scores.drop_nulls("model_id").join(free, on="image_id", how="semi").sort("image_id")
    stored = read_probabilities(folder, scores.height)[:, rows["row"].to_numpy()]
    mean = np.asarray(half_precision.from_half(np.asarray(stored)).mean(axis=0), dtype=np.float64)
    order = _by_number(params, name, mean.shape[1])
    if order is None:
        return empty(VOICES)
    mean = np.stack([mean[:, columns].sum(axis=1) for columns in order], axis=1)
    return conform(rows.with_columns(pl.Series("probabilities", mean.tolist(), pl.List(pl.Float64))), VOICES)


def _by_number(params: Params, name: str, width: int) -> list[list[int]] | None:
    """The columns of the scores that are one class by now, in the order of the classes' numbers; None where one of them
    is several classes, or none. People were asked with the same classes first; a class that the round got later is
    behind them.
    """
    seen, later = round_state.load(name), class_changes.since_round(name)
    columns = (seen.classes if seen is not None else params.dataset.classes)[:width]
    names, found = class_list.classes(params), dict[int, list[int]]()
    for column, asked in enumerate(columns):
        meant = changing.meaning(asked, later)
        if len(meant) > 1 or meant[0] == NONE_OF_THESE:
            return None
        found.setdefault(names.index(meant[0]), []).append(column)
    return [found[number] for number in sorted(found)]
