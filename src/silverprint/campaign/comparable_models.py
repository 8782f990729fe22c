"""Models by which rounds are compared: their own, or rebuilt ones where their own learnt on other features."""

from collections.abc import Sequence
from pathlib import Path

from silverprint import layout
from silverprint.store import model_card


def folders(names: Sequence[str]) -> dict[str, Path]:
    """round -> the folder of its model, in the order of `names`.

    The rebuilt one where the round's own learnt on other features than the last round's, and the rebuilt one on the
    same. A rebuilt one of a model that was replaced since, for a picture of it was withdrawn, is left alone.

    Args:
        names: trained rounds.

    Raises:
        UnavailableError: a model is not on this disk.
        DataError: a card is not readable.
    """
    last = model_card.read(layout.model(names[-1]))
    return {name: _folder(name, last["features"]) for name in names}


def alike(models: dict[str, Path]) -> bool:
    """Whether all of these learnt on the same features."""
    first, *others = [model_card.read(folder)["features"] for folder in models.values()]
    return all(features == first for features in others)


def _folder(name: str, features: object) -> Path:
    own, rebuilt = layout.model(name), layout.rebuilt(name)
    card = model_card.read(own)
    if card["features"] == features or not (rebuilt / model_card.NAME).exists():
        return own
    made = model_card.read(rebuilt)
    return rebuilt if made["features"] == features and made["rebuilt_from"] == card["model_id"] else own
