"""train@r: a model from the labels so far, its accuracy on the evaluation set, the strategy's gain over the control."""

from silverprint import console, layout
from silverprint.adapters import tracking
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.stages.train import seal
from silverprint.stages.train.round_training import Train
from silverprint.store import json_files


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/model and metrics.json, then shows the round in MLflow where there is one.

    Sealed once the next round is open, for its queue's receipts name this model: then only a withdrawal touches it. A
    withdrawn training picture makes a new model; a withdrawn evaluation picture makes new figures.

    Raises:
        UnavailableError: an input or the output was not pulled.
        DataError: the gate is not passed, or there are too few labels.
    """
    missing_outputs.require_pulled(layout.model(round_name), layout.CLEAN, layout.EMBED, layout.labels(round_name))
    withdrawn = ledgers.withdrawn_images()
    sealed = seal.is_sealed(params, round_name)
    if sealed and not withdrawn & (seal.trained_on(round_name) | seal.judged_on(round_name)):
        seal.require_metrics(round_name)
        console.say(f"train {round_name}: the next round is open, its model stays as it is")
        return
    _require_gate(round_name)
    replaced = seal.replaced(round_name, withdrawn)
    keep_model = sealed and not withdrawn & seal.trained_on(round_name)
    Train(params, round_name, keep_model).run(replaced)
    tracking.after_round(params, round_name)


def _require_gate(round_name: str) -> None:
    path = layout.gate(round_name)
    gate = json_files.read(path, "passed", "waived", remedy=f"run: silverprint repro gate@{round_name}")
    if not gate["passed"] and not gate["waived"]:
        remedy = f'silverprint round reopen {round_name} --extra 1 --why "...", or a line in {layout.WAIVERS}'
        raise DataError(str(path), "the labels failed the gate", remedy)
