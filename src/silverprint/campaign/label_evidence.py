"""Evidence for a round's labels, read from the files of a campaign."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl
from numpy.typing import ArrayLike

from silverprint import layout
from silverprint.campaign import (
    annotator_ledger,
    class_changes,
    gold_list,
    held_out_voices,
    ledgers,
    model_voices,
)
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes import gold_answers, imported_labels, labelling, vote_ledger
from silverprint.core.votes.labelling import Evidence
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UnavailableError
from silverprint.records import LABELS
from silverprint.store import tables


@dataclass(frozen=True)
class Votes:
    """All votes so far, and what they are about.

    Attributes:
        all: VOTES, sorted; answers of retired annotators say so.
        said: those of them that stand.
        known: image_id, role, round, label of the gold pictures that were asked; a null label where data/gold.csv has
            none any more.
        gold: GOLD_ANSWERS.
        evidence: what labels are made from.
    """

    all: pl.DataFrame
    said: pl.DataFrame
    known: pl.DataFrame
    gold: pl.DataFrame
    evidence: Evidence


def read(
    params: Params, round_name: str, retired: Collection[str], voices: Mapping[str, ArrayLike], votes: pl.DataFrame
) -> Votes:
    """What is known at the end of round `round_name`.

    Args:
        retired: annotators whose votes count for nothing.
        voices: image_id -> probabilities, as `Evidence` has them.
        votes: VOTES of all rounds so far, by the classes of today.
    """
    before = tables.read(layout.labels(params.rounds[round_name].prev) / "labels.parquet", LABELS)
    earlier = before.filter(pl.col("source") != "auto").select("image_id", "role", "round")
    return _gather(params, pl.concat([earlier, _asked(round_name)]), retired, voices, votes)


def labels_so_far(params: Params, round_name: str) -> pl.DataFrame:
    """LABELS as `labels` would make them now, by models' voices, too. Where features, scores or the labels of the round
    before were not pulled no model is heard, and a line says so. Gold pictures have none.
    """
    asked = pl.concat([_asked(name) for name in params.chain[: params.chain.index(round_name) + 1]])
    found = _gather(params, asked, annotator_ledger.retired(), {}, votes_until(params, round_name))
    try:
        missing_outputs.require_pulled(layout.EMBED, layout.labels(params.rounds[round_name].prev))
        voices = model_voices.by_image(params, model_voices.so_far(params, round_name))
    except UnavailableError as error:
        say(f"{round_name}: whether a label is sure is asked as if no model were heard: {error}")
        return labelling.label(found.evidence, params.dataset.classes, params.labels.consensus)[0]
    return held_out_voices.label(params, round_name, found.evidence.hearing(voices), quick=True).labels


def _gather(
    params: Params,
    asked: pl.DataFrame,
    retired: Collection[str],
    voices: Mapping[str, ArrayLike],
    votes: pl.DataFrame,
) -> Votes:
    """
    Args:
        asked: image_id, role, round of every time that a picture was asked about, the first time first.
    """
    usable = ~pl.col("image_id").is_in(list(ledgers.withdrawn_images()))
    marked = labelling.mark_retired(votes.filter(usable), frozenset(retired))
    marked = marked.sort("image_id", "annotator", "created_at", "annotation_id", "choice", nulls_last=True)
    everything = asked.unique("image_id", keep="first", maintain_order=True).filter(usable)
    is_gold = pl.col("role") == "gold"
    asked, golden_ones = everything.filter(~is_gold), everything.filter(is_gold)
    said = vote_ledger.standing_votes(marked)
    known = golden_ones.join(gold_list.read(params), on="image_id", how="left").select(*golden_ones.columns, "label")
    gold = gold_answers.gold_answers(said, known.drop_nulls("label"))
    return Votes(
        all=marked,
        said=said,
        known=known,
        gold=gold,
        evidence=Evidence(
            asked=asked,
            answers=said.join(golden_ones, on="image_id", how="anti", maintain_order="left"),
            imports=imported_labels.to_votes(class_changes.present_imports(params), asked),
            gold=gold.filter(pl.col("exposure") == 1),
            known=dict(known.drop_nulls("label").select("image_id", "label").iter_rows()),
            voices={},
        ).hearing(voices),
    )


def votes_until(params: Params, round_name: str) -> pl.DataFrame:
    """VOTES of this round and those before it, from their ledgers, as they count by the classes of today."""
    chain = params.chain[: params.chain.index(round_name) + 1]
    return pl.concat([class_changes.as_they_count(name, ledgers.votes_so_far(name)) for name in chain])


def _asked(name: str) -> pl.DataFrame:
    """image_id, role, round of the pictures that people were asked about in a round."""
    return ledgers.asked(name).select("image_id", "role", pl.lit(name).alias("round"))
