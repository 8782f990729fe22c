"""score@r: the previous round's model predicts the pool. Apart from queue@r: another strategy needs no new scores."""

from pathlib import Path

import numpy as np
import polars as pl

from silverprint import console, layout
from silverprint.campaign import round_state
from silverprint.config import Params
from silverprint.core import half_precision
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import ConfigError, DataError
from silverprint.records import MANIFEST, SCORES
from silverprint.store import model_card, tables
from silverprint.store.files import replacing_folder


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/score: scores.parquet and, where there is a model, probabilities.npy.

    The latter is (M, N, C) float16, as `core.half_precision` has them.

    Sealed once the round is open: its queue's receipts name these scores.

    Raises:
        UnavailableError: an input or the output was not pulled.
        DataError: no picture is kept.
        ConfigError: the model was trained on other features or classes.
    """
    out, model = layout.score(round_name), layout.model(params.rounds[round_name].prev)
    missing_outputs.require_pulled(out, layout.CLEAN, layout.EMBED, model)
    if round_state.is_opened(round_name) and (out / "scores.parquet").exists():
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
            tables.write(pl.DataFrame({"image_id": image_ids}), folder / "scores.parquet", SCORES)
        else:
            _score(params, model, card, image_ids, folder)
    console.say(f"score {round_name}: {len(image_ids)} pictures by {card['model_id'] or 'no model yet'}")


def _score(params: Params, model: Path, card: dict[str, object], image_ids: list[str], folder: Path) -> None:
    from silverprint.model.head import Head, require_same_features
    from silverprint.model.predict import predict
    from silverprint.store.features import Features

    features = Features(layout.EMBED)
    require_same_features(card, features.description, model)
    classes = params.dataset.classes
    if card["classes"] != list(classes):
        value = f"{model}: trained for the classes {card['classes']}"
        raise ConfigError(value, f"dataset.classes has {list(classes)}", "restore dataset.classes, or train again")
    probabilities = half_precision.to_half(predict(Head.load(model), features, image_ids))
    mean = half_precision.from_half(probabilities).mean(axis=0)  # queue@r reads them with the same rounding
    scores = pl.DataFrame(
        {
            "image_id": image_ids,
            "predicted": [classes[index] for index in mean.argmax(axis=1)],
            "confidence": mean.max(axis=1).astype(np.float64),
        }
    ).with_columns(pl.lit(card["model_id"]).alias("model_id"))
    np.save(folder / "probabilities.npy", probabilities)
    tables.write(scores, folder / "scores.parquet", SCORES)
