"""MLflow model of a round: a folder that `mlflow.pyfunc.load_model` reads where silverprint is installed."""

import json
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any, Final

import silverprint
from silverprint import layout
from silverprint.config import Params
from silverprint.store import evaluations, files, model_card

_LOADER: Final = "silverprint.model.served"
_LEARNT: Final = ("head.pt", "network.pt")  # a model has one of them
_WEIGHTS: Final = "backbone.weights"  # of a library's backbone, whose file is the campaign's own
_CARD: Final = ("model_id", "classes", "features", "trainer")  # no image_id: those may be withdrawn


def can_be_made(params: Params, round_name: str) -> bool:
    """Whether all that answers is here: the weights, and `embed` as the round's model had it."""
    model = layout.model(round_name)
    card = model_card.read(model)
    knobs: dict[str, Any] = {"backbone": params.embed.backbone, "size": params.embed.size}
    if params.embed.weights is not None:
        knobs["weights_sha256"] = params.embed.weights_sha256
        if card.get("trainer") != "finetune" and not Path(params.embed.weights).exists():
            return False
    same = all(card["features"].get(name) == value for name, value in knobs.items())
    return same and any((model / name).exists() for name in _LEARNT)


def write(folder: Path, params: Params, round_name: str) -> None:
    """The model of a round that `can_be_made`, and all that it needs to answer beside the packages.

    Args:
        folder: it is made.
    """
    model = layout.model(round_name)
    card = model_card.read(model)
    classes = list(evaluations.known(card))
    known = {name: card[name] for name in _CARD if name in card}
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "model"
        data.mkdir()
        for name in _LEARNT:
            if (model / name).exists():
                shutil.copy(model / name, data)
        facts = {"round": round_name, "classes": classes, "card": known, "embed": _embed(params, card, data)}
        files.write_text(data / "served.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's, of its own type hints
            from mlflow import pyfunc

            pyfunc.save_model(
                folder,
                loader_module=_LOADER,
                data_path=str(data),
                signature=_signature(),
                pip_requirements=[_requirement(params.embed.backbone)],
                metadata={"silverprint.model_id": card["model_id"], "classes": classes},
            )


def _embed(params: Params, card: dict[str, Any], data: Path) -> dict[str, Any]:
    """The knobs of `embed`, whose file of weights is copied; a fine-tuned network has its own."""
    knobs: dict[str, Any] = dict(vars(params.embed))
    if params.embed.weights is None or card.get("trainer") == "finetune":
        return knobs
    shutil.copy(params.embed.weights, data / _WEIGHTS)
    return knobs | {"weights": _WEIGHTS}


def _requirement(backbone: str) -> str:
    library = backbone.partition("/")[0]
    extra = f"[{library}]" if library in ("timm", "open_clip") else ""
    return f"silverprint{extra}=={silverprint.__version__}"


def _signature() -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Map

    image = Schema([ColSpec(DataType.binary, "image")])
    said = Schema([ColSpec(DataType.string, "class"), ColSpec(Map(DataType.double), "probabilities")])
    return ModelSignature(image, said)
