"""Second looks that a change of classes asks for: pictures of a class that was split, or that may be of a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.queue.relabelling import ROLE
from silverprint.core.splits import HELD_OUT

STRATEGY: Final = "class-change"


@dataclass(frozen=True)
class Look:
    """
    Attributes:
        image_id: a picture that people were asked about.
        label: its label by now; None where the votes for it say nothing any more.
        may_be: the classes that it may be of.
        said: share of the answers that speak for it, 0..1.
        why: a sentence for people.
    """

    image_id: str
    label: str | None
    may_be: tuple[str, ...]
    said: float
    why: str


def choose(
    looks: Sequence[Look],
    free: pl.DataFrame,
    probabilities: Mapping[str, NDArray[np.floating]],
    classes: Sequence[str],
    known: frozenset[str],
    overlap: int,
) -> pl.DataFrame:
    """The pictures to look at again, the likeliest first, one per group.

    Likely is what a model says of the classes that the picture may be of, once it was taught one of them. Before that,
    of a split class it is the share of the answers that were for it, and of a new one the doubt in the present label.

    Args:
        free: image_id, group, role (of the first time) of what may be asked again, and what a receipt says.
        probabilities: image_id -> (C,) in the order of `classes`; of no picture where there is no model.
        known: classes that people gave to a picture by now.
        overlap: people to ask about pictures that judge a model; the others have the round's.

    Returns:
        Rows of `free` without role of before, with role, strategy, score (0..1), why and overlap.
    """
    rows = [
        (look.image_id, _likely(look, probabilities.get(look.image_id), classes, known), look.why) for look in looks
    ]
    scored = pl.DataFrame(rows, {"image_id": pl.String, "score": pl.Float64, "why": pl.String}, orient="row")
    found = free.join(scored.unique("image_id", keep="first", maintain_order=True), on="image_id")
    judges = pl.when(pl.col("role").is_in(HELD_OUT)).then(pl.lit(overlap)).alias("overlap")
    ranked = found.sort("score", "image_id", descending=[True, False])
    one = ranked.unique("group", keep="first", maintain_order=True)
    return one.with_columns(judges).with_columns(role=pl.lit(ROLE), strategy=pl.lit(STRATEGY))


def _likely(look: Look, chances: NDArray[np.floating] | None, classes: Sequence[str], known: frozenset[str]) -> float:
    if chances is None:
        return look.said
    if known & {*look.may_be}:
        return float(sum(chances[classes.index(name)] for name in look.may_be))
    if look.label is None:
        return look.said
    return 1 - float(chances[classes.index(look.label)] if look.label in classes else chances.max())
