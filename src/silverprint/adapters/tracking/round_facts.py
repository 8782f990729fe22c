"""Facts of a round, read from its outputs alone: a clone knows as much as the author."""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from silverprint import layout
from silverprint.config import Params
from silverprint.core.evaluation.slices import Slice, slices
from silverprint.core.reporting.labelling_figures import class_counts, labelling_figures
from silverprint.dvcfiles import lock
from silverprint.errors import restore_remedy
from silverprint.records import LABELS, MANIFEST, QUEUE, QUEUE_ADDED, VOTES, empty
from silverprint.store import evaluations, json_files, model_card, tables

_NOT_KNOBS = {"prev", "draw"}  # fields that identify a round and do not configure it


@dataclass(frozen=True)
class RoundFacts:
    name: str
    metrics: dict[str, Any]
    params: dict[str, str]
    tags: dict[str, str]
    labels: Path | None  # the table that was trained on; None where it was not pulled
    labels_digest: str | None
    evaluation: pl.DataFrame | None  # None where the model was not pulled
    labelling: dict[str, float]  # as `labelling`
    slices: list[Slice]  # empty where the model or the manifest was not pulled

    @property
    def digest(self) -> str:
        """Digest of everything that is shown."""
        shown = [
            self.metrics,
            self.params,
            self.tags,
            self.labels_digest,
            self.evaluation is not None,
            self.labelling,
            self.slices,
        ]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def trained_rounds(params: Params) -> list[str]:
    """The rounds that have figures, in their order."""
    return [name for name in params.chain if layout.metrics(name).exists()]


def metrics(name: str) -> dict[str, Any]:
    """The round's figures, with `automatic` where the last release was made from it."""
    found = evaluations.metrics(name, "model_id", "labels", "votes", "evaluation")
    return found | {"automatic": _automatic(name)}


def _automatic(name: str) -> dict[str, Any] | None:
    """core.automatic_labels.figures of the last release, if it was made from round `name`."""
    if not layout.QUALITIES.exists():
        return None
    qualities = json_files.read(layout.QUALITIES, remedy=f"run: git checkout {layout.QUALITIES}")
    found: dict[str, Any] = qualities.get("automatic", {})  # releases of earlier versions have none
    return found if found.get("round") == name else None


def read(params: Params, name: str) -> RoundFacts:
    """Raises DataError where an output is there and is not readable."""
    figures = metrics(name)
    labels = layout.labels(name) / "labels.parquet"
    model = layout.model(name)
    evaluation = model / evaluations.NAME
    pulled = labels.exists()
    card = model_card.read(model) if (model / model_card.NAME).exists() else {}
    judged = evaluations.read(model) if evaluation.exists() else None
    return RoundFacts(
        name=name,
        metrics=figures,
        params=_params(params, name, card, figures["labels"]),
        tags=_tags(params, name, figures),
        labels=labels if pulled else None,
        labels_digest=hashlib.sha256(labels.read_bytes()).hexdigest()[:32] if pulled else None,
        evaluation=judged,
        labelling=labelling(params, name),
        slices=[] if judged is None else _slices(params, judged),
    )


def labelling(params: Params, name: str) -> dict[str, float]:
    """How the round's labelling went, its cost, and each class's labels so far; empty where they were not pulled."""
    folder = layout.labels(name)
    if not all((folder / file).exists() for file in ("labels.parquet", "votes.parquet", "quality.json")):
        return {}
    labels, votes = tables.read(folder / "labels.parquet", LABELS), tables.read(folder / "votes.parquet", VOTES)
    quality = json_files.read(folder / "quality.json", remedy=restore_remedy(folder))
    classes = params.dataset.classes
    found = labelling_figures(quality, votes, labels, name, classes)
    if "hours" in found and params.people.cost_per_hour:
        found["cost"] = found["hours"] * params.people.cost_per_hour
    return found | {f"class_labels/{kind}": float(n) for kind, n in class_counts(labels, classes).items()}


def _slices(params: Params, evaluation: pl.DataFrame) -> list[Slice]:
    if not layout.MANIFEST.exists():
        return []
    queues = [
        tables.read_ledger(path, QUEUE, QUEUE_ADDED) for name in params.chain if (path := layout.queue(name)).exists()
    ]
    return slices(evaluation, tables.read(layout.MANIFEST, MANIFEST), pl.concat([empty(QUEUE), *queues]))


def _params(params: Params, name: str, card: dict[str, Any], labels: int) -> dict[str, str]:
    """How the round was drawn and its model trained; as the card says, where there is one."""
    features: dict[str, Any] = card.get("features") or vars(params.embed)
    groups = {
        "round": {key: value for key, value in vars(params.rounds[name]).items() if key not in _NOT_KNOBS},
        "model": card.get("params") or params.model.recipe | {"seed": params.seed},
        "learning": {key: value for key, value in card.get("learning", {}).items() if key != "tried"},
        "embed": {key: features[key] for key in ("backbone", "size")},
        "evaluation": vars(params.evaluation),
    }
    found = {f"{group}.{key}": str(value) for group, values in groups.items() for key, value in values.items()}
    return found | {"classes": str(len(params.dataset.classes)), "labels": str(labels)}


def _tags(params: Params, name: str, figures: dict[str, Any]) -> dict[str, str]:
    return {
        "silverprint.kind": "round",
        "silverprint.round": name,
        "silverprint.campaign": params.dataset.campaign,
        "silverprint.model_id": figures["model_id"],
        "silverprint.metrics": str(layout.metrics(name)),
        **({"silverprint.classifier": figures["classifier"]["model_id"]} if "classifier" in figures else {}),
        **_gate(name),
        **_dvc(name),
        **_git(layout.metrics(name)),
    }


def _gate(name: str) -> dict[str, str]:
    path = layout.gate(name)
    if not path.exists():
        return {"silverprint.gate": "unknown"}
    gate = json_files.read(path, "passed", "waived", remedy=f"run: silverprint repro gate@{name}")
    verdict = "passed" if gate["passed"] else "waived: " + ", ".join(gate["waived"])
    failing = [finding for finding in gate.get("findings", []) if not finding["success"]]
    failed = [f"{finding['expectation']} ({finding['severity']})" for finding in failing]
    return {"silverprint.gate": verdict, "silverprint.gate.failed": ", ".join(failed) or "none"}


def _dvc(name: str) -> dict[str, str]:
    """The hashes under which DVC knows what the round was made of and what it made, if they are of these figures."""
    stage = lock.stages().get(f"train@{name}")
    if stage is None:
        return {}
    files, path = stage.deps | stage.outs, layout.metrics(name)
    if files.get(str(path)) != hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest():
        return {}
    return {f"dvc.{path}": md5 for path, md5 in files.items() if md5}


def _git(path: Path) -> dict[str, str]:
    """The commit that carries the round's figures, or the one they were computed on."""
    commit = _git_log("--", str(path)) or _git_log()
    return {"mlflow.source.git.commit": commit} if commit else {}


def _git_log(*arguments: str) -> str:
    try:
        command = ["git", "log", "-1", "--format=%H", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
