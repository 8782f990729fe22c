"""Seal of a round's model: what it was trained and judged on, and what a withdrawal undoes."""

from typing import Any

from silverprint import layout
from silverprint.campaign import round_state
from silverprint.config import Params
from silverprint.errors import UnavailableError
from silverprint.records import EVALUATION
from silverprint.store import json_files, model_card, tables


def is_sealed(params: Params, round_name: str) -> bool:
    """Whether the next round's receipts name this round's model."""
    later = params.chain[params.chain.index(round_name) + 1 :]
    return bool(later) and round_state.is_opened(later[0]) and (layout.model(round_name) / model_card.NAME).exists()


def replaced(round_name: str, withdrawn: frozenset[str]) -> list[dict[str, Any]]:
    """The figures that withdrawals undid, in their order: those on record, and the present ones if they fall now."""
    path, model = layout.metrics(round_name), layout.model(round_name)
    if not path.exists() or not (model / model_card.NAME).exists():
        return []
    figures = json_files.read(path, "model_id", "labels", "evaluation", remedy=f"run: git checkout {path}")
    earlier: list[dict[str, Any]] = figures.get("replaced", [])
    if not withdrawn & (trained_on(round_name) | judged_on(round_name)):
        return earlier
    judged = figures["evaluation"]
    fallen = {"model_id": figures["model_id"], "labels": figures["labels"]}
    return [*earlier, {**fallen, "accuracy": judged["accuracy"], "n": judged["n"]}]


def trained_on(round_name: str) -> frozenset[str]:
    card = model_card.read(layout.model(round_name))
    return frozenset(name for listed in model_card.TRAINED_ON for name in card.get(listed, []))


def judged_on(round_name: str) -> frozenset[str]:
    return frozenset(tables.read(layout.model(round_name) / "evaluation.parquet", EVALUATION)["image_id"])


def require_metrics(round_name: str) -> None:
    path = layout.metrics(round_name)
    if not path.exists():
        raise UnavailableError(str(path), "the sealed round's figures are not there", f"run: git checkout {path}")
