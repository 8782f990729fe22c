"""Pool as one table: what the campaign's tables on this disk say of each picture that may be shown, one row each."""

from typing import Final

import polars as pl

from silverprint import layout
from silverprint.campaign import champion_round, ledgers, released
from silverprint.config import Params
from silverprint.core.cleaning.rules import BINDING
from silverprint.errors import UnavailableError
from silverprint.records import FLAG, INT, LABELS, MANIFEST, REAL, SCORES, TEXT, Schema
from silverprint.store import evaluations, tables

_OF_MANIFEST: Final = (
    "image_id", "kept", "reason", "flags", "personal", "shown_to", "group", "source", "url", "page_url", "license",
    "reservation", "fetched_at", "width", "height", "source_label", "caption",
)  # fmt: skip
POOL: Final[Schema] = {
    **{name: MANIFEST[name] for name in _OF_MANIFEST},
    "predicted": TEXT,  # class, by the newest scores on this disk; null without any
    "confidence": REAL,  # of that prediction, 0..1
    "label": TEXT,  # consensus as of the newest round that has labels; null where nobody was asked, or all abstained
    "label_confidence": REAL,  # 0..1
    "label_source": TEXT,  # human | auto | gold
    "votes": TEXT,  # JSON object, class -> share of the votes
    "n_votes": INT,
    "agreement": REAL,  # share of agreeing pairs of votes, 0..1; null below two votes
    "role": TEXT,  # in the first queue that has it, one of records.ROLES; null where none has
    "round": TEXT,  # of that queue
    "split": TEXT,  # in the release on this disk; null where it does not hold the picture
    "mistake": TEXT,  # what the champion says of an evaluation picture that is something else; null elsewhere
    "disagreed": FLAG,  # people's votes on it differ
    "contradicted": FLAG,  # label and prediction differ
}


def read(params: Params) -> pl.DataFrame:
    """POOL, sorted by image_id: without what is withdrawn, has no usable licence or does not decode.

    Raises:
        UnavailableError: the manifest is not on this disk.
        DataError: a table is not readable.
    """
    rows = tables.read(layout.MANIFEST, MANIFEST).select(*_OF_MANIFEST).sort("image_id")
    shown = pl.col("reason").is_in(sorted(BINDING)).fill_null(False).not_() & pl.col("width").is_not_null()
    rows = rows.filter(shown & ~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
    for more in (_scores(params), _labels(params), _asked(params), _splits(rows), _mistakes(params)):
        rows = rows.join(more, on="image_id", how="left", maintain_order="left")
    return rows.with_columns(
        disagreed=pl.col("agreement") < 1,
        contradicted=pl.col("label") != pl.col("predicted"),
    ).select(*POOL)


def scored_round(params: Params) -> str | None:
    """The newest round that has scores on this disk."""
    return next((name for name in reversed(params.chain) if (layout.score(name) / "scores.parquet").exists()), None)


def labelled_round(params: Params) -> str | None:
    """The newest round that has labels on this disk."""
    return next((name for name in reversed(params.chain) if (layout.labels(name) / "labels.parquet").exists()), None)


def _scores(params: Params) -> pl.DataFrame:
    columns = {name: SCORES[name] for name in ("image_id", "predicted", "confidence")}
    name = scored_round(params)
    return pl.DataFrame(schema=columns) if name is None else tables.read(layout.score(name) / "scores.parquet", columns)


def _labels(params: Params) -> pl.DataFrame:
    name = labelled_round(params)
    rows = pl.DataFrame(schema=LABELS) if name is None else tables.read(layout.labels(name) / "labels.parquet", LABELS)
    return rows.select(
        "image_id", "label", "n_votes", "agreement",
        label_confidence="confidence", label_source="source", votes="distribution",
    )  # fmt: skip


def _asked(params: Params) -> pl.DataFrame:
    asked = ledgers.other_queues("").filter(pl.col("round").is_in(params.chain))
    order = {name: place for place, name in enumerate(params.chain)}
    first = asked.sort(pl.col("round").replace_strict(order, return_dtype=pl.Int64), maintain_order=True)
    return first.unique("image_id", keep="first", maintain_order=True)


def _splits(rows: pl.DataFrame) -> pl.DataFrame:
    return released.released_rows(rows["image_id"].to_list()).select("image_id", "split").unique("image_id")


def _mistakes(params: Params) -> pl.DataFrame:
    columns: Schema = {"image_id": TEXT, "mistake": TEXT}
    try:
        name = champion_round.find(params)
    except UnavailableError:  # a model that is not pulled: the pool can be looked at without
        name = None
    if name is None:
        return pl.DataFrame(schema=columns)
    judged = evaluations.read(layout.model(name))
    return judged.filter(pl.col("predicted") != pl.col("label")).select("image_id", mistake="predicted")
