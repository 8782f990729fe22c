"""Effects of takedowns: which images, labels, votes and models of which rounds changed."""

from typing import Any

import polars as pl

from silverprint import layout
from silverprint.adapters.html.view import RoundWithdrawal, Takedown, Withdrawals
from silverprint.campaign import ledgers
from silverprint.core.votes import vote_ledger
from silverprint.records import NEIGHBOURS, WITHDRAWN, empty
from silverprint.stages.report import campaign_data
from silverprint.stages.report.campaign_data import Campaign
from silverprint.store import tables


def summarise_withdrawals(campaign: Campaign) -> Withdrawals | None:
    """None where nothing was ever taken down."""
    takedowns = ledgers.takedowns()
    if takedowns.is_empty():
        return None
    path = layout.WITHDRAWN
    withdrawn = tables.read_ledger(path, WITHDRAWN) if path.exists() else empty(WITHDRAWN)
    near = layout.CLEAN / "near-withdrawn.csv"
    return Withdrawals(
        takedowns=_takedowns(takedowns, withdrawn),
        rounds=[_round(name, queue, withdrawn) for name, queue in campaign.queues.items()],
        neighbours=(tables.read_ledger(near, NEIGHBOURS) if near.exists() else empty(NEIGHBOURS)).height,
        neighbours_path=str(near),
    )


def _takedowns(takedowns: pl.DataFrame, withdrawn: pl.DataFrame) -> list[Takedown]:
    reached = dict(withdrawn.group_by("target").len().iter_rows())
    asked = takedowns.with_columns(pl.col("target").fill_null(pl.col("image_id"))).unique("target", keep="first")
    rows = asked.sort("at", "target", nulls_last=True).to_dicts()
    return [Takedown(row["kind"], row["target"], row["why"], row["at"], reached.get(row["target"], 0)) for row in rows]


def _round(name: str, queue: pl.DataFrame, withdrawn: pl.DataFrame) -> RoundWithdrawal:
    asked = queue.join(withdrawn, on="image_id", how="semi")
    said = _said(name, asked)
    metrics = campaign_data.document(layout.metrics(name), "model_id", "labels", "evaluation") or {}
    models = [*metrics.get("replaced", []), *([_model(metrics)] if metrics.get("replaced") else [])]
    pictures = [(row["image_id"], row["role"], said.get(row["image_id"], "")) for row in asked.sort("rank").to_dicts()]
    return RoundWithdrawal(name, pictures, models)


def _model(metrics: dict[str, Any]) -> dict[str, Any]:
    judged = {name: metrics["evaluation"][name] for name in ("accuracy", "n")}
    return {"model_id": metrics["model_id"], "labels": metrics["labels"], **judged}


def _said(name: str, asked: pl.DataFrame) -> dict[str, str]:
    """What people had answered about each picture, the commonest first."""
    if not layout.votes(name).exists():
        return {}
    counted = pl.col("status").is_in([*vote_ledger.ANSWERS, "withdrawn"])
    votes = ledgers.votes(name).filter(counted).join(asked, on="image_id", how="semi")
    counts = votes.group_by("image_id", pl.col("choice").replace("", "nothing")).len()
    said = pl.format("{} ×{}", "choice", "len").str.join(", ").alias("said")
    ordered = counts.sort(["len", "choice"], descending=[True, False])
    return dict(ordered.group_by("image_id", maintain_order=True).agg(said).iter_rows())
