"""Imported labels of a release: those that sources brought, where nobody was asked, as far as the promise goes."""

import json
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from silverprint import layout
from silverprint.campaign import brought_labels
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import automatic_labels, splits
from silverprint.core.automatic_labels import Audit, Predictions
from silverprint.core.evaluation import sureness

_DIGITS = 4  # decimal places of a probability
_COLUMNS = {name: dtype for name, dtype in splits.SPLIT.items() if name != "split"} | {"annotator": pl.String()}


class Imported(NamedTuple):
    labels: pl.DataFrame  # columns of core.splits.SPLIT but `split`, and `annotator`
    # core.automatic_labels.figures, the round and, by source, core.brought_labels.precision; empty where no source was
    # listened to
    figures: dict[str, Any]
    above: frozenset[str]  # image_ids, audited ones among them, whose brought label is sure enough


def label(params: Params, pool: list[str], audited: pl.DataFrame, hidden: float) -> Imported:
    """The brought labels of pictures that nobody was asked about, above the thresholds that keep the promise.

    How sure a label is say models that did not learn from it; of audited pictures none has. Which are sure enough is
    tested as it is for the model's labels, on the random pictures whose label people gave.

    Args:
        pool: pictures that nobody was asked about.
        audited: image_id and label of random pictures that the model was not trained on.
        hidden: as in `core.promise.to_show`.
    """
    nothing = Imported(pl.DataFrame(schema=_COLUMNS), {}, frozenset())
    said = brought_labels.read(layout.labels(params.last)).select("image_id", "annotator", "choice")
    believed = brought_labels.believed(params.last).join(said, on=["image_id", "annotator", "choice"], how="semi")
    if believed.is_empty() or not params.release.imported:
        return nothing
    free = believed.filter(pl.col("image_id").is_in(pool)).sort("image_id")
    judged = believed.join(audited.select("image_id", "label"), on="image_id").sort("image_id")
    classes = [name for name in params.dataset.classes if name not in params.release.core_classes]
    right = np.asarray((judged["choice"] == judged["label"].fill_null("")).to_numpy(), dtype=np.bool_)
    audit, unasked = Audit(_said(judged), right), _said(free)
    promise = params.release.promise
    wanted = {"precision": promise.precision, "confidence": promise.confidence, "hidden": hidden}
    found = automatic_labels.thresholds(audit, unasked, classes, **wanted)
    if classes and not found.least:
        more = "give the next round a larger audit (rounds.NAME.audit), or promise less (release.promise)"
        short = automatic_labels.shortfall(audit, classes, **wanted, left=len(pool), remedy=more)
        say(f"no imported labels: {short}")
    kept, inside = found.kept(unasked), found.kept(audit.said)
    figures = automatic_labels.figures(audit, unasked, classes, **wanted)
    figures |= {"round": params.last, "sources": dict(brought_labels.measured(params.last))}
    above = [*free.filter(pl.Series(kept))["image_id"], *judged.filter(pl.Series(inside))["image_id"]]
    return Imported(_rows(params, free.filter(pl.Series(kept))), figures, frozenset(above))


def _said(rows: pl.DataFrame) -> Predictions:
    return Predictions(rows["choice"].to_numpy().astype(np.str_), sureness.log_odds(rows["right"].to_numpy()))


def _rows(params: Params, believed: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            "image_id": row["image_id"],
            "label": row["choice"],
            "confidence": round(row["right"], _DIGITS),
            "distribution": json.dumps({row["choice"]: round(row["right"], _DIGITS)}),
            "n_votes": 0,
            "round": params.last,
            "label_source": "imported",
            "annotator": row["annotator"],
        }
        for row in believed.to_dicts()
    ]
    return pl.DataFrame(rows, schema=_COLUMNS)
