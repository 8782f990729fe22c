"""Model card: the model's name, its training data, its expected input. Reading it loads nothing heavy."""

import json
from pathlib import Path
from typing import Any, Final

from silverprint.store import files, json_files

NAME: Final = "card.json"

# What lists image_ids that taught the model: by people's labels, by sources' labels, as none of the classes.
TRAINED_ON: Final = ("trained_on", "brought_trained_on", "none_trained_on")


def read(folder: Path) -> dict[str, Any]:
    """The card in a model's folder; `model_id` is null, and nothing else known, where there is no model yet.

    Raises:
        UnavailableError: there is none.
        DataError: it is not readable.
    """
    remedy = f"run: dvc pull {folder}, or silverprint repro"
    card = json_files.read(folder / NAME, "model_id", remedy=remedy)
    if card["model_id"] is not None:
        json_files.read(folder / NAME, "trained_on", "features", "classes", remedy=remedy)
    return card


def write(folder: Path, card: dict[str, Any]) -> None:
    files.write_text(folder / NAME, json.dumps(card, indent=2, sort_keys=True) + "\n")
