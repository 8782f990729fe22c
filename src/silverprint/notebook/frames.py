"""Frames of a campaign, read from the working directory. No row, and no field of one, names a withdrawn image."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import annotator_ledger, class_changes, ledgers, round_status
from silverprint.campaign.round_status import RoundStatus
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import NotAllowedError, UnavailableError, UsageError
from silverprint.records import ANNOTATORS, LABELS, MANIFEST, QUEUE, VOTES, Schema, empty
from silverprint.store import tables

ROUNDS: Final[Schema] = {
    "round": pl.String(),
    "state": pl.String(),  # as `silverprint status` says: planned, open, queued, pushing, waiting, closed, lost
    "strategy": pl.String(),
    "budget": pl.Int64(),  # images: train + control + relabel + audit
    "overlap": pl.Int64(),  # people asked about each image at least
    "pictures": pl.Int64(),  # images in its queue, without withdrawn ones
    "pictures_done": pl.Int64(),  # those that have all the votes that were asked for
    "votes": pl.Int64(),  # votes that were asked for, and are there
    "votes_needed": pl.Int64(),
    "people": pl.Int64(),
    "gate": pl.String(),  # passed | waived | refused | not run
    "model_id": pl.String(),  # from here on null where it has no model yet
    "labels": pl.Int64(),  # labels that the model was trained on
    "evaluated": pl.Int64(),  # images that judged it
    "accuracy": pl.Float64(),  # 0..1, on these; null where there are none
    "accuracy_low": pl.Float64(),  # its 95 % interval
    "accuracy_high": pl.Float64(),
}
QUEUES: Final[Schema] = {"round": pl.String(), **QUEUE}


def images() -> pl.DataFrame:
    rows, gone = tables.read(layout.MANIFEST, MANIFEST), sorted(ledgers.withdrawn_images())
    rows = rows.filter(~pl.col("image_id").is_in(gone) & pl.col("reason").ne_missing("withdrawn"))
    names_one = pl.col("evidence").is_in(gone).fill_null(False)  # what it is a near-duplicate of
    return rows.with_columns(evidence=pl.when(~names_one).then("evidence"))


def labels(params: Params, round_name: str | None) -> pl.DataFrame:
    return _standing(tables.read(layout.labels(_labelled(params, round_name)) / "labels.parquet", LABELS))


def annotators(params: Params) -> pl.DataFrame:
    return tables.read(layout.labels(_labelled(params, None)) / "annotators.parquet", ANNOTATORS)


def votes(params: Params, round_name: str | None) -> pl.DataFrame:
    from silverprint.core.votes import labelling  # loads scipy: not before

    names = params.chain if round_name is None else (known(params, round_name),)
    cast = [class_changes.as_they_count(name, ledgers.votes_so_far(name)) for name in names]
    return _standing(labelling.mark_retired(pl.concat([empty(VOTES), *cast]), annotator_ledger.retired()))


def queue(params: Params, round_name: str | None) -> pl.DataFrame:
    if round_name is not None and not layout.queue(known(params, round_name)).exists():
        raise UnavailableError(str(layout.queue(round_name)), "its queue is not drawn yet", "run: silverprint repro")
    names = params.chain if round_name is None else (round_name,)
    drawn = [
        ledgers.queue(name).select(pl.lit(name).alias("round"), *QUEUE) for name in names if layout.queue(name).exists()
    ]
    return _standing(pl.concat([empty(QUEUES), *drawn]))


def rounds(params: Params) -> pl.DataFrame:
    rows = [_round(params, one) for one in round_status.standings_of(params)]
    return pl.DataFrame(rows, schema=ROUNDS)


def _round(params: Params, one: RoundStatus) -> dict[str, Any]:
    entry = params.planned[one.round] if one.round in params.planned else params.rounds[one.round]
    row = {name: getattr(one, name) for name in ROUNDS if hasattr(one, name)}
    row |= {"budget": entry.budget, "overlap": entry.least_overlap, "people": len(one.people)}
    if not one.trained:
        return row
    from silverprint.store import evaluations  # loads scipy, too

    found = evaluations.metrics(one.round, "model_id", "labels", "evaluation")
    judged = found["evaluation"]
    row |= {"model_id": found["model_id"], "labels": found["labels"], "evaluated": judged["n"]}
    return row | {name: judged.get(name) for name in ("accuracy", "accuracy_low", "accuracy_high")}


def known(params: Params, round_name: str) -> str:
    """`round_name`, once it is an opened round.

    Raises:
        UsageError: it is none.
    """
    if round_name in params.rounds:
        return round_name
    planned = round_name in params.planned
    rule = "it is planned, and no lead has opened it" if planned else "params.yaml has no such round"
    known_ones = ", ".join(params.chain) or f"none is opened: silverprint round open {round_name}"
    raise UsageError(f"round {round_name!r}", rule, f"opened: {known_ones}")


def require_standing(image_ids: Iterable[str]) -> None:
    """
    Raises:
        NotAllowedError: one of them is withdrawn.
    """
    gone = ledgers.withdrawn_images()
    if found := next((name for name in image_ids if name in gone), None):
        raise NotAllowedError(f"image_id {found}", "it is withdrawn", "leave it out: no frame has it")


def _labelled(params: Params, round_name: str | None) -> str:
    """The round, or the newest that has labels; one that only dvc.lock knows is not passed over."""
    for name in reversed(params.chain) if round_name is None else [known(params, round_name)]:
        if layout.labels(name).exists():
            return name
        missing_outputs.require_pulled(layout.labels(name))
    value = f"round {round_name!r}" if round_name else str(layout.ROUNDS)
    raise UnavailableError(value, "no labels yet", "silverprint status says what is next")


def _standing(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
