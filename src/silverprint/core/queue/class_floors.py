"""Floors for each predicted class, so that rare classes are asked about, too."""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import polars as pl

from silverprint.core.selection.strategy import Indices, Picks

# Of the first frame's rows, the best first, as many as asked for, beside those of the second, which are taken already:
# their places, and their acquisition values.
Choose: TypeAlias = Callable[[pl.DataFrame, int, pl.DataFrame], Picks]


def pick_with_floors(left: pl.DataFrame, count: int, taken: pl.DataFrame, share: float, choose: Choose) -> Picks:
    """What `choose` picks, but that each class the model predicts gets its floor, or all there is of it.

    A floor is `share` of the picks divided evenly among the classes. Where the free choice falls short of one, its last
    picks of the classes above theirs give way to the best of the class, which come last. Without a model, no floors.

    Args:
        left: predicted, and what `choose` needs.
        share: 0..1.

    Returns:
        (count,) places in `left`, and their values.
    """
    places, values = choose(left, count, taken)
    predicted = left["predicted"].to_list()
    there = Counter(name for name in predicted if name is not None)
    floor = int(share * count) // max(1, len(there))
    wanted = {name: min(floor, there[name]) for name in sorted(there)}
    short = Counter(wanted)
    short.subtract(Counter(predicted[place] for place in places if predicted[place] is not None))
    missing = {name: short[name] for name in wanted if short[name] > 0}
    kept = _without_spare(places, predicted, wanted, sum(missing.values()))
    places, values = places[kept], values[kept]
    for name, number in missing.items():
        own = np.setdiff1d(np.flatnonzero(left["predicted"] == name), places)
        more, worth = choose(left[own], number, pl.concat([taken, left[places]], how="diagonal"))
        places, values = np.concatenate([places, own[more]]), np.concatenate([values, worth])
    return places, values


def _without_spare(places: Indices, predicted: list[str | None], wanted: dict[str, int], count: int) -> Indices:
    """Which picks stay when the last `count` of the classes above their floors go."""
    above = Counter(predicted[place] for place in places)
    above.subtract(wanted)
    gone: set[int] = set()
    for rank in range(len(places) - 1, -1, -1):
        name = predicted[places[rank]]
        if len(gone) < count and above[name] > 0:
            above[name] -= 1
            gone.add(rank)
    return np.array([rank for rank in range(len(places)) if rank not in gone], dtype=np.int64)
