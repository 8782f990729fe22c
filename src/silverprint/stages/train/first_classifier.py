"""Accuracy of the classifier that was there before the first round, on that round's evaluation pictures."""

from typing import Any

import numpy as np
import polars as pl

from silverprint import console
from silverprint.campaign import ledgers
from silverprint.config import START, Params
from silverprint.core.evaluation import accuracy, weighted


def figures(params: Params, round_name: str, judged: pl.DataFrame, classes: tuple[str, ...]) -> dict[str, Any]:
    """`classifier`: how right it is, by what the first round's queue says; nothing in other rounds, or without one.

    Args:
        judged: the evaluation pictures, with `weight`; `pictures` is their number, and `n` that of those it predicted.
    """
    queue = ledgers.queue(round_name).drop_nulls("model_id")
    if params.rounds[round_name].prev != START or queue.is_empty():
        return {}
    said = judged.join(queue.select("image_id", "predicted", sure="confidence"), on="image_id")
    index = {name: number for number, name in enumerate(classes)}
    labels, predicted = (np.array([index[name] for name in said[c]], dtype=np.int64) for c in ("label", "predicted"))
    found = accuracy.accuracy_of(predicted, said["sure"].to_numpy(), labels, weighted.weights_of(said))
    model_id = queue["model_id"][0]
    share = f"{found['accuracy']:.1%} right on {found['n']}" if found["n"] else "predicts none"
    console.say(f"train {round_name}: {model_id}, which was there before, {share} of {judged.height} pictures")
    return {"classifier": {"model_id": model_id, "pictures": judged.height, **found}}
