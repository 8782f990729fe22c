"""labels@r: the consensus over all votes so far, and how well people agree. Votes are passed on to be refitted.

Labels that sources came with (data/imports.csv) are one more vote where people took a stand, never the only one; they
decide nothing about evaluation, and no figure of people's agreement counts them. Votes on gold pictures decide nothing
either: those have the label that data/gold.csv knows, and measure the people.
"""

import json
import math
from typing import Any

import polars as pl

from silverprint import layout
from silverprint.campaign import gold_list, ledgers, round_state
from silverprint.config import Params
from silverprint.core import agreement
from silverprint.core.consensus import consensus
from silverprint.core.votes import gold_answers, imported_labels, vote_ledger
from silverprint.records import ANNOTATORS, GOLD_ANSWERS, LABELS, VOTES, conform
from silverprint.store import files, tables


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/labels/: labels, votes, annotators (Parquet) and quality.json.

    Raises:
        DataError: votes.csv is not the one that the round was closed with.
    """
    closed = round_state.load(round_name)
    if closed is not None:
        closed.require_votes()
    before = layout.labels(params.rounds[round_name].prev)
    usable = ~pl.col("image_id").is_in(list(ledgers.withdrawn_images()))
    votes = pl.concat([tables.read(before / "votes.parquet", VOTES), ledgers.votes(round_name)]).filter(usable)
    votes = votes.sort("image_id", "annotator", "created_at", "annotation_id", "choice", nulls_last=True)
    everything = _asked(tables.read(before / "labels.parquet", LABELS), round_name).filter(usable)
    said = vote_ledger.standing_votes(votes)
    is_gold = pl.col("role") == "gold"
    asked, golden_ones = everything.filter(~is_gold), everything.filter(is_gold)
    answers = said.join(golden_ones, on="image_id", how="anti", maintain_order="left")
    classes = params.dataset.classes
    imported = imported_labels.to_votes(ledgers.imports(), asked)
    method = params.labels.consensus
    labels = _labels(asked, answers, imported, classes, method)
    known = golden_ones.join(gold_list.read(params), on="image_id", how="left")
    checked = gold_answers.gold_answers(said, known.drop_nulls("label"))
    sources = imported_labels.annotators(answers, imported, classes)

    folder = layout.labels(round_name)
    tables.write(votes, folder / "votes.parquet", VOTES)
    whole = pl.concat([labels, _gold_labels(known, said, classes)]).sort("image_id")
    tables.write(whole, folder / "labels.parquet", LABELS)
    everyone = pl.concat([agreement.annotators(answers, classes), sources]).sort("annotator")
    tables.write(everyone, folder / "annotators.parquet", ANNOTATORS)
    tables.write(checked, folder / "gold.parquet", GOLD_ANSWERS)
    quality = _quality(round_name, labels, answers, classes) | {
        "votes_round": agreement.counted_votes(said.filter(pl.col("round") == round_name), classes).height,
        "votes_total": agreement.counted_votes(said, classes).height,
        "imports": _imports(sources),
        "gold": gold_answers.gold_figures(checked, round_name),
    }
    files.write_text(folder / "quality.json", json.dumps(quality, indent=2, sort_keys=True) + "\n")


def _asked(earlier: pl.DataFrame, name: str) -> pl.DataFrame:
    """Every picture people were asked about so far, with the role and the round of the first time."""
    here = ledgers.asked(name).select("image_id", "role", pl.lit(name).alias("round"))
    before = earlier.filter(pl.col("source") != "auto").select("image_id", "role", "round")
    return pl.concat([before, here]).unique("image_id", keep="first", maintain_order=True)


def _labels(
    asked: pl.DataFrame, answers: pl.DataFrame, imported: pl.DataFrame, classes: tuple[str, ...], method: str
) -> pl.DataFrame:
    """`agreement` is among people; the other figures are of all votes that count."""
    more = imported_labels.counting_votes(imported, asked, agreement.counted_votes(answers, classes))
    decided = consensus(pl.concat([answers, more]), method, classes=classes).drop("agreement")
    among_people = agreement.pairwise_agreement(answers, classes).select("image_id", "agreement")
    labels = asked.join(decided, on="image_id", how="left").join(among_people, on="image_id", how="left")
    labels = labels.with_columns(
        pl.col("n_votes").fill_null(0), pl.col("distribution").fill_null("{}"), pl.lit("human").alias("source")
    )
    return conform(labels, LABELS).sort("image_id")


def _gold_labels(known: pl.DataFrame, said: pl.DataFrame, classes: tuple[str, ...]) -> pl.DataFrame:
    """The gold pictures asked so far, with what people say of them; no label where data/gold.csv has none any more."""
    votes = consensus(
        said.join(known, on="image_id", how="semi"), "majority", classes=classes
    )  # shares and numbers only
    rows = known.join(votes.select("image_id", "distribution", "n_votes"), on="image_id", how="left")
    sure = pl.when(pl.col("label").is_not_null()).then(1.0)
    filled = (pl.col("n_votes").fill_null(0), pl.col("distribution").fill_null("{}"))
    return conform(rows.with_columns(*filled, sure.alias("confidence"), pl.lit("gold").alias("source")), LABELS)


def _quality(name: str, labels: pl.DataFrame, answers: pl.DataFrame, classes: tuple[str, ...]) -> dict[str, Any]:
    """The round's figures; `unresolved` are pictures of this round on which nobody took a stand."""
    here = labels.filter(pl.col("round") == name)
    answered_here = answers.filter(pl.col("round") == name)
    alpha = agreement.krippendorff_alpha(answered_here, classes)
    unresolved = here["label"].null_count()
    return {
        "labels_total": labels["label"].count(),
        "alpha_round": None if math.isnan(alpha) else round(alpha, 6),
        "unresolved": unresolved,
        "unresolved_share": round(unresolved / here.height, 6) if here.height else 0.0,
        "by_role": {role: _role(rows) for (role,), rows in labels.group_by("role")},
    }


def _imports(sources: pl.DataFrame) -> dict[str, Any]:
    """Each import's votes on pictures that people were asked about, and its agreement with them."""
    return {row["annotator"]: {"votes": row["votes"], "agreement": row["agreement"]} for row in sources.to_dicts()}


def _role(rows: pl.DataFrame) -> dict[str, Any]:
    mean = rows["agreement"].mean()
    return {
        "pictures": rows.height,
        "labels": rows["label"].count(),
        "votes": int(rows["n_votes"].sum()),
        "agreement": None if mean is None else round(float(mean), 6),  # type: ignore[arg-type]
    }
