"""Models of a campaign, found on its disk."""

from pathlib import Path
from typing import Any

from silverprint import layout
from silverprint.campaign import champion_round, ledgers
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UnavailableError
from silverprint.model.classifier import Model
from silverprint.notebook import frames
from silverprint.store import features, model_card


def of_round(params: Params, folder: Path, round_name: str | None) -> Model:
    """The model of a round, or the newest; `folder` is the campaign's, and the working directory.

    Raises:
        As `Campaign.model`.
    """
    name = _trained(params) if round_name is None else frames.known(params, round_name)
    path = layout.model(name)
    missing_outputs.require_pulled(path)
    card = _standing(model_card.read(path))

    from silverprint.model import round_model  # loads torch: not before there is a model
    from silverprint.model.head import require_same_features
    from silverprint.store import evaluations

    if (layout.EMBED / features.DESCRIPTION).exists():
        require_same_features(card, features.describe(layout.EMBED), path)
    learnt = round_model.loaded(path, card, params.embed)
    return Model(name, evaluations.known(card), learnt, card, params.embed, folder)


def champion(params: Params, folder: Path) -> Model:
    """The model with the title, by the labels of the last one that was judged.

    Raises:
        As `Campaign.champion`.
    """
    found = champion_round.find(params)
    if found is None:
        rule = "no model was judged on evaluation pictures yet"
        raise UnavailableError(str(layout.ROUNDS), rule, "the newest one is campaign.model()")
    return of_round(params, folder, found)


def _standing(card: dict[str, Any]) -> dict[str, Any]:
    """The card without the withdrawn images that the model was trained on: until it is trained again, it names them."""
    gone = ledgers.withdrawn_images()
    lists = {name: card[name] for name in model_card.TRAINED_ON if card.get(name)}
    return card | {name: [one for one in named if one not in gone] for name, named in lists.items()}


def _trained(params: Params) -> str:
    for name in reversed(params.chain):
        if layout.metrics(name).exists() or layout.model(name).exists():
            return name
    raise UnavailableError(str(layout.ROUNDS), "no round has a model yet", "silverprint status says what is next")
