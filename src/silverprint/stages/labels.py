"""labels@r: the consensus over all votes so far, and how well people agree. Votes are passed on to be refitted.

Labels that sources came with (data/imports.csv) are one more vote where people took a stand, never the only one, and
models that did not see a picture's label are one more voice about it: the one before the round, and heads that learn
from the labels of the other pictures. Neither decides anything about evaluation, and no figure of
people's agreement counts them. Votes on gold pictures decide nothing: those have the label that data/gold.csv knows,
and measure the people. Votes of people who were retired (data/annotators.csv) are kept and count for nothing. What a
vote says that was cast under an earlier list of classes, data/class_changes.csv tells.
"""

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.campaign import (
    annotator_ledger,
    brought_labels,
    class_changes,
    evaluation_draws,
    gold_list,
    held_out_voices,
    label_evidence,
    ledgers,
    model_voices,
    round_state,
)
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import agreement
from silverprint.core.brought_labels import precision
from silverprint.core.consensus import consensus
from silverprint.core.votes import anchoring, annotators, gold_answers, imported_labels, labelling
from silverprint.core.votes.labelling import Evidence
from silverprint.records import (
    ANNOTATORS,
    BROUGHT,
    GOLD_ANSWERS,
    HELD_OUT,
    LABELS,
    OBSOLETE,
    UNHEARD,
    VOICES,
    VOTES,
    conform,
    empty,
)
from silverprint.store import files, tables


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/labels/: labels, votes, annotators, gold, voices, held-out, unheard (Parquet) and
    quality.json; and brought (Parquet) where sources came with labels.

    Raises:
        UnavailableError: an input was not pulled.
        DataError: votes.csv is not the one that the round was closed with.
    """
    closed = round_state.load(round_name)
    if closed is not None:
        closed.require_votes()
    classes, states = params.dataset.classes, annotator_ledger.states()
    voices = model_voices.so_far(params, round_name)
    before = layout.labels(params.rounds[round_name].prev)
    own = class_changes.as_they_count(round_name, ledgers.votes(round_name))
    votes = label_evidence.read(
        params,
        round_name,
        retired=annotator_ledger.retired(),
        voices=model_voices.by_image(params, voices),
        votes=pl.concat([tables.read(before / "votes.parquet", VOTES), own]),
    )
    evidence = votes.evidence
    labels, unheard, told = held_out_voices.label(params, round_name, evidence)
    people = annotators.table(evidence, votes.all, states, classes, annotator_ledger.tiers())

    folder = layout.labels(round_name)
    tables.write(votes.all, folder / "votes.parquet", VOTES)
    whole = pl.concat([labels, labelling.gold_labels(votes.known, votes.said, classes)]).sort("image_id")
    tables.write(whole, folder / "labels.parquet", LABELS)
    tables.write(people, folder / "annotators.parquet", ANNOTATORS)
    tables.write(votes.gold, folder / "gold.parquet", GOLD_ANSWERS)
    tables.write(voices, folder / model_voices.NAME, VOICES)
    tables.write(_held_out(told), folder / held_out_voices.NAME, HELD_OUT)
    tables.write(unheard, folder / "unheard.parquet", UNHEARD)
    brought = _brought(params, evidence)
    if brought.height:
        tables.write(brought, folder / brought_labels.NAME, BROUGHT)
    said = votes.said
    obsolete = votes.all.filter(status=OBSOLETE)
    quality = _quality(round_name, labels, evidence.answers, obsolete, classes) | {
        "votes_round": agreement.counted_votes(said.filter(pl.col("round") == round_name), classes).height,
        "votes_total": agreement.counted_votes(said, classes).height,
        "imports": _imports(people, _precision(params, evidence, brought)),
        "gold": gold_answers.gold_figures(votes.gold, round_name),
        "model_heard": unheard.height,
    }
    here = said.filter(pl.col("round") == round_name)
    if anchored := anchoring.figures(ledgers.queue(round_name), here, votes.known.select("image_id", "label")):
        quality["anchoring"] = anchored
    if changes := class_changes.changes():
        quality["class_changes"] = [change.at for change in changes]
    if not obsolete.is_empty():
        quality["obsolete_votes"] = obsolete.height
        _say_obsolete(round_name, obsolete.filter(round=round_name))
    files.write_text(folder / "quality.json", json.dumps(quality, indent=2, sort_keys=True) + "\n")


def _held_out(told: Mapping[str, NDArray[np.float64]]) -> pl.DataFrame:
    rows = [(name, told[name].tolist()) for name in sorted(told)]
    return pl.DataFrame(rows, HELD_OUT, orient="row")


def _say_obsolete(name: str, votes: pl.DataFrame) -> None:
    if not votes.is_empty():
        say(
            f"{name}: {votes.height} votes about {votes['image_id'].n_unique()} pictures count for nothing, for their "
            "class was split since; the next queue asks about those pictures again"
        )


def _quality(
    name: str, labels: pl.DataFrame, answers: pl.DataFrame, obsolete: pl.DataFrame, classes: tuple[str, ...]
) -> dict[str, Any]:
    """The round's figures; `unresolved` are pictures of this round on which nobody took a stand, but for those on which
    somebody did for a class that was split since.
    """
    here = labels.filter(pl.col("round") == name)
    answered_here = answers.filter(pl.col("round") == name)
    alpha = agreement.krippendorff_alpha(answered_here, classes)
    interval = agreement.alpha_interval(answered_here, classes, seed=zlib.crc32(name.encode()))
    chances = evaluation_draws.inclusion([*labels["round"].unique().sort()])
    unresolved = here.join(obsolete, on="image_id", how="anti")["label"].null_count()
    return {
        "labels_total": labels["label"].count(),
        "alpha_round": None if math.isnan(alpha) else round(alpha, 6),
        "alpha_interval": None if interval is None else [round(end, 6) for end in interval],
        "alpha_pairs": agreement.alpha_by_pair(answered_here, classes)
        .with_columns(pl.col("alpha").round(6))
        .to_dicts(),
        "unresolved": unresolved,
        "unresolved_share": round(unresolved / here.height, 6) if here.height else 0.0,
        "by_role": {role: _role(rows, chances) for (role,), rows in labels.group_by("role")},
    }


def _brought(params: Params, evidence: Evidence) -> pl.DataFrame:
    """BROUGHT: what sources say of pictures that are neither withdrawn nor gold, and what people alone say of these."""
    said = imported_labels.agreed_statements(class_changes.present_imports(params))
    apart = {*ledgers.withdrawn_images(), *gold_list.read(params)["image_id"]}
    said = said.filter(~pl.col("image_id").is_in(sorted(apart)))
    said = said.filter(pl.col("choice").is_in(list(params.dataset.classes)))
    if said.is_empty():
        return empty(BROUGHT)
    alone = consensus(
        evidence.cast(), params.labels.consensus, classes=params.dataset.classes, known=evidence.known
    ).select("image_id", people="label")
    return conform(said.join(alone, on="image_id", how="left", maintain_order="left"), BROUGHT)


def _precision(params: Params, evidence: Evidence, brought: pl.DataFrame) -> dict[str, dict[str, Any]]:
    if brought.is_empty():
        return {}
    statements = brought.select("image_id", "annotator", "choice")
    return precision.precision(
        statements,
        precision.first_draws(evidence.asked, statements, params.chain, evaluation_draws.inclusion(params.chain)),
        agreement.counted_votes(evidence.cast(), params.dataset.classes),
        dict(brought.drop_nulls("people").select("image_id", "people").iter_rows()),
        classes=params.dataset.classes,
        known=evidence.known,
    )


def _imports(people: pl.DataFrame, measured: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Each import's votes on pictures that people were asked about, its agreement with them, and its precision."""
    sources = people.filter(pl.col("annotator").str.starts_with(imported_labels.PREFIX))
    told = {row["annotator"]: {"votes": row["votes"], "agreement": row["agreement"]} for row in sources.to_dicts()}
    return {name: told.get(name, {}) | measured.get(name, {}) for name in sorted({*told, *measured})}


def _role(rows: pl.DataFrame, chances: Mapping[str, float]) -> dict[str, Any]:
    """Counts, and the mean agreement: each picture counts for those that it stands for."""
    mean: Any = rows["agreement"].mean()
    told = rows.drop_nulls("agreement")
    if not chances.keys().isdisjoint(told["image_id"]):
        mean = np.average(told["agreement"], weights=[1 / chances.get(name, 1.0) for name in told["image_id"]])
    return {
        "pictures": rows.height,
        "labels": rows["label"].count(),
        "votes": int(rows["n_votes"].sum()),
        "agreement": None if mean is None else round(float(mean), 6),
    }
