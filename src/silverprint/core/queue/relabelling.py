"""Relabelling: earlier labels that look wrong or thin, so that people are asked about them again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core import agreement
from silverprint.core.votes.vote_ledger import ANSWERS
from silverprint.records import NONE_OF_THESE

ROLE: Final = "relabel"
STRATEGY: Final = "activelab"

# (N, A) votes as class ids, -1 for none, and (N, C) held-out probabilities -> (N,) what one more vote is worth
Judge: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.floating]], NDArray[np.float64]]


@dataclass(frozen=True)
class Labelled:
    """The labels so far, as far as a model was trained on them.

    Attributes:
        held_out: HELD_OUT.
        votes: VOTES.
        labels: LABELS.
        classes: C names, in the order of the probabilities.
    """

    held_out: pl.DataFrame
    votes: pl.DataFrame
    labels: pl.DataFrame
    classes: Sequence[str]


def choose(known: Labelled, free: pl.DataFrame, most: int, judge: Judge) -> pl.DataFrame:
    """The labels in doubt on which one more vote is worth most, at most `most`.

    In doubt is a label that one person gave, on which people differ, or of which models that have not seen it say
    something else. A picture that everybody in the crew has answered about is left out: nobody could look at it with
    fresh eyes.

    Args:
        free: image_id, group of the pictures that may be asked again, and what a receipt says.

    Returns:
        Rows of `free` with role, strategy, score (what a vote is worth, 0..1) and why, best first; one per group.
    """
    said = agreement.counted_votes(known.votes.filter(pl.col("status") == "valid"), known.classes)
    said = said.filter(pl.col("choice") != NONE_OF_THESE).join(known.held_out, on="image_id", how="semi")
    held = known.held_out.join(said, on="image_id", how="semi", maintain_order="left")
    if held.is_empty():
        return _receipts(free.head(0).with_columns(pl.lit(None, pl.Float64).alias("score")))
    probabilities = np.array(held["probabilities"].to_list())
    places = probabilities.argmax(axis=1)
    judged = held.with_columns(
        pl.Series("score", judge(_matrix(said, held["image_id"], known.classes), probabilities)),
        pl.Series("says", [known.classes[place] for place in places]),
        pl.Series("sure", probabilities[np.arange(len(places)), places]),
    ).join(known.labels.select("image_id", "label", "n_votes", "agreement"), on="image_id")
    thin = (pl.col("n_votes") < 2) | (pl.col("agreement") < 1)
    doubtful = judged.filter(thin | (pl.col("says") != pl.col("label")))
    fresh = doubtful.join(_with_fresh_eyes_left(known.votes), on="image_id", how="semi")
    rows = free.join(fresh, on="image_id").sort("score", "image_id", descending=[True, False])
    return _receipts(rows.unique("group", keep="first", maintain_order=True).head(most))


def _matrix(said: pl.DataFrame, image_ids: pl.Series, classes: Sequence[str]) -> NDArray[np.int64]:
    """(N, A) class ids in the order of `image_ids` and of the people's names, -1 where there is no vote."""
    people = said["annotator"].unique().sort().to_list()
    rows, columns, ids = (
        {name: place for place, name in enumerate(names)} for names in (image_ids.to_list(), people, classes)
    )
    out = np.full((len(rows), len(columns)), -1, dtype=np.int64)
    for image_id, who, choice in said.select("image_id", "annotator", "choice").iter_rows():
        out[rows[image_id], columns[who]] = ids[choice]
    return out


def _with_fresh_eyes_left(votes: pl.DataFrame) -> pl.DataFrame:
    answers = votes.filter(pl.col("status").is_in(ANSWERS))
    crew = answers["annotator"].n_unique()
    return answers.group_by("image_id").agg(pl.col("annotator").n_unique().alias("n")).filter(pl.col("n") < crew)


def _receipts(rows: pl.DataFrame) -> pl.DataFrame:
    why = pl.Series("why", [_sentence(row) for row in rows.to_dicts()], dtype=pl.String)
    in_doubt = rows.drop("probabilities", "label", "n_votes", "agreement", "says", "sure", strict=False)
    return in_doubt.with_columns(pl.lit(ROLE).alias("role"), pl.lit(STRATEGY).alias("strategy"), why)


def _sentence(row: dict[str, object]) -> str:
    people = "one vote" if row["n_votes"] == 1 else f"{row['n_votes']} votes"
    split = ", which differ," if row["agreement"] is not None and float(str(row["agreement"])) < 1 else ""
    model = f"models that have not seen that say {row['says']} ({row['sure']:.2f})"
    return f"Its label is in doubt: {people}{split} made it {row['label']}; {model}."
