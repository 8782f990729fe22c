"""Gold answers: how well people answer where the label is known, hidden among the other images of a queue.

What counts is a person's first answer about a gold picture. A second one may be remembered; it is an exposure, and is
recorded as one.
"""

from typing import Any, Final

import polars as pl

from silverprint.core.evaluation.intervals import wilson
from silverprint.records import GOLD_ANSWERS, conform

_DIGITS: Final = 6


def gold_answers(votes: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Every answer of a person about a picture whose label is known.

    Args:
        votes: image_id, annotator, round, choice (empty where the person abstained), created_at, annotation_id; one per
            picture, person and round.
        known: image_id, label.

    Returns:
        GOLD_ANSWERS, sorted by image_id, annotator, exposure.
    """
    order = ["created_at", "round", "annotation_id"]
    answered = votes.join(known.select("image_id", "label"), on="image_id").sort(*order, nulls_last=True)
    exposure = pl.int_range(1, pl.len() + 1).over("image_id", "annotator")
    right = pl.when(pl.col("choice") != "").then(pl.col("choice") == pl.col("label"))
    rows = answered.with_columns(exposure.alias("exposure"), right.alias("right"))
    return conform(rows, GOLD_ANSWERS).sort("image_id", "annotator", "exposure")


def gold_figures(rows: pl.DataFrame, round_name: str) -> dict[str, Any]:
    """Figures of GOLD_ANSWERS: `round` (those of `round_name`), `all`, and `annotators`, each person's over all rounds.

    Each has answers (first ones that do not abstain), right, accuracy with `low` and `high`, its 95 % interval (null
    without answers), abstained (first ones, too), exposures (every time that a person answered about one).

    The interval is Wilson's for as many observations as pictures were answered, not answers: a picture is hard for
    everybody, so that several people's answers about it may be no more than one (docs/decisions/0337).
    """
    people = {name: _figures(own) for (name,), own in sorted(rows.group_by("annotator"))}
    return {
        "round": _figures(rows.filter(pl.col("round") == round_name)),
        "all": _figures(rows),
        "annotators": people,
    }


def _figures(rows: pl.DataFrame) -> dict[str, Any]:
    first = rows.filter(pl.col("exposure") == 1)
    n, right = first["right"].count(), int(first["right"].sum())
    pictures = first.drop_nulls("right")["image_id"].n_unique()
    low, high = wilson(right * pictures / n, pictures) if n else (0.0, 1.0)
    return {
        "answers": n,
        "right": right,
        "accuracy": round(right / n, _DIGITS) if n else None,
        "low": round(low, _DIGITS) if n else None,
        "high": round(high, _DIGITS) if n else None,
        "abstained": first.height - n,
        "exposures": rows.height,
    }
