"""score@r: the previous round's model, or a classifier that was there before, predicts the pool.

Apart from queue@r: another strategy needs no new scores.
"""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import console, layout
from silverprint.campaign import round_state
from silverprint.config import Params
from silverprint.core import half_precision
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import ConfigError, DataError
from silverprint.records import MANIFEST, NONE_OF_THESE, NONE_SCORES, SCORES
from silverprint.store import executor, model_card, scores, tables
from silverprint.store.files import replacing_folder

Scores: TypeAlias = tuple[pl.DataFrame, NDArray[np.float16]]  # SCORES, and (M, N, C) as `core.half_precision` has them


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/score: scores.parquet and, where there is a model, probabilities.npy.

    The latter is (M, N, C) float16, as `core.half_precision` has them. Beside them none.parquet (NONE_SCORES), where
    the model learnt what is none of the classes.

    Sealed once the round is open: its queue's receipts name these scores.

    Raises:
        UnavailableError: an input or the output was not pulled.
        DataError: no picture is kept.
        ConfigError: the model was trained on other features or classes.
    """
    out, model = layout.score(round_name), layout.model(params.rounds[round_name].prev)
    missing_outputs.require_pulled(out, layout.CLEAN, layout.EMBED, model)
    if round_state.is_opened(round_name) and (out / scores.TABLE).exists():
        console.say(f"score {round_name}: the round is open, its scores stay as they are")
        return
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    image_ids = manifest.filter("kept")["image_id"].sort().to_list()
    if not image_ids:
        value = f"{layout.MANIFEST}: {manifest.height} pictures, none kept"
        raise DataError(value, "there is no pool to choose from", "relax `clean` in params.yaml or add a source")
    card = model_card.read(model)
    with replacing_folder(out) as folder:
        if card["model_id"] is None:
            tables.write(pl.DataFrame({"image_id": image_ids}), folder / scores.TABLE, SCORES)
        else:
            _require_same_classes(params, model, card)
            make = _of_classifier if "classifier" in card else _of_model
            scores.write(folder, *make(params, model, card, image_ids, f"score {round_name}"))
            _write_none(folder, model, image_ids, round_name)
    by = card["model_id"] or "no model yet"
    console.say(f"score {round_name}: {len(image_ids)} pictures by {by}; next: queue@{round_name}")


def _require_same_classes(params: Params, model: Path, card: dict[str, Any]) -> None:
    classes = list(params.dataset.classes)
    if card["classes"] != classes:
        value = f"{model}: trained for the classes {card['classes']}"
        raise ConfigError(value, f"dataset.classes has {classes}", "restore dataset.classes, or train again")


def _of_model(params: Params, model: Path, card: dict[str, Any], image_ids: list[str], what: str) -> Scores:
    from silverprint.model.round_model import opened

    with executor.opened(params.executor) as work:  # on one machine the threads of this process use every core
        machines = work if params.executor == "ray" else None
        probabilities = half_precision.to_half(opened(model, card, params).predict_pool(image_ids, what, machines))
    return scores.of(image_ids, probabilities, params.dataset.classes, card["model_id"]), probabilities


def _write_none(folder: Path, model: Path, image_ids: list[str], round_name: str) -> None:
    from silverprint.model import none_of_these

    found = none_of_these.chances(model, layout.EMBED, image_ids)
    if found is None:
        return
    rows = {"image_id": image_ids, "none": found.astype(np.float64)}
    tables.write(pl.DataFrame(rows), folder / scores.NONE, NONE_SCORES)
    likely = int((found > 0.5).sum())
    console.say(f"score {round_name}: {likely} of them are more likely {NONE_OF_THESE!r} than any class")


def _of_classifier(params: Params, model: Path, _: dict[str, Any], image_ids: list[str], __: str) -> Scores:
    """What a classifier said before the first round. A picture of which it says nothing may be of each class alike."""
    there = tables.read(model / scores.TABLE, SCORES).with_row_index("row")
    stored = scores.read_probabilities(model, there.height, members=1, classes=len(params.dataset.classes))
    found = pl.DataFrame({"image_id": image_ids}).join(there, on="image_id", how="left", maintain_order="left")
    said = found["row"].is_not_null().to_numpy()
    nothing = 1 / stored.shape[2]
    probabilities = half_precision.to_half(np.full((1, len(image_ids), stored.shape[2]), nothing, dtype=np.float32))
    probabilities[:, said] = stored[:, found["row"].drop_nulls().to_numpy()]
    return found, probabilities
