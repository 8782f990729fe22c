"""Reasons, one sentence for each image of a queue: why people are asked about it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.selection import STRATEGIES

INCLUDED: Final = "include"  # the strategy of a picture that a person picked

_WORTH_NAMING: Final = 0.05  # probability of the second class

_ROLES: Final = {
    "evaluation": "Drawn by chance from the whole pool, to judge every model by.",
    "control": "Drawn by chance from the pool, to measure what the strategy gains.",
    "audit": "Drawn by chance from the pictures that nobody is asked about, to test automatic labels.",
    "gold": "Its label is known: it measures how well people answer.",
}


def reasons(queue: pl.DataFrame, leading: Mapping[str, str], sentences: Mapping[str, str]) -> pl.Series:
    """`why`, a sentence for each row of `queue`.

    Args:
        queue: image_id, role, strategy, score.
        leading: image_id -> what the model hesitates between, where there is a model.
        sentences: image_id -> the sentence of what no strategy chose: who picked it and why, or why a second look.
    """
    return pl.Series("why", [_reason(row, leading, sentences) for row in queue.to_dicts()], dtype=pl.String)


def prediction_sentences(probabilities: NDArray[np.floating], classes: tuple[str, ...]) -> list[str]:
    """(n, C) -> "the model hesitates between coat (0.41) and pullover (0.38)", or "the model says coat (0.97)"."""
    ranked = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    lines = []
    for row, places in zip(probabilities, ranked, strict=True):
        named = [f"{classes[place]} ({row[place]:.2f})" for place in places]
        unsure = len(named) > 1 and row[places[1]] >= _WORTH_NAMING
        lines.append(f"the model hesitates between {' and '.join(named)}" if unsure else f"the model says {named[0]}")
    return lines


def _reason(row: Mapping[str, Any], leading: Mapping[str, str], sentences: Mapping[str, str]) -> str:
    image_id = row["image_id"]
    if row["strategy"] == INCLUDED or row["role"] == "relabel":
        return " ".join(sentences[image_id].split())
    if row["role"] in _ROLES:
        return _ROLES[row["role"]]
    text = STRATEGIES[row["strategy"]].looks_for if row["strategy"] in STRATEGIES else f"chosen by {row['strategy']}"
    text = text.format(score=row["score"]) if row["score"] is not None else text.partition(": ")[0]
    parts = [text, leading[image_id]] if image_id in leading else [text]
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]
