"""Precision of brought labels, measured by people on pictures that were drawn at random; and what is wrong still.

A source's share of right labels is that of an annotator on the same pictures (`core.votes.annotators.reliability`), so
that people's own mistakes are not counted as the source's. Pictures that a strategy chose would tell another share:
`doubt` asks where labels are wrong.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from silverprint.core.evaluation import thinning
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.votes.annotators import RELIABILITY, reliability
from silverprint.records import TEXT, empty

RANDOM: Final = ("evaluation", "control", "audit")  # roles that are drawn at random

_DIGITS: Final = 6  # decimal places of a share
_CLASS: Final = 10  # labels of a class from which on its share is told


def first_draws(
    asked: pl.DataFrame, statements: pl.DataFrame, chain: Sequence[str], inclusion: Mapping[str, float]
) -> pl.DataFrame:
    """`statements` about pictures of the first round that drew any of their source at random.

    Later rounds draw from what the rounds before left, which may be better or worse. Of pictures that had unequal
    chances those that thinning leaves: reliability is counted, and a uniform draw needs no weights.

    Args:
        asked: image_id, role, round.
        statements: image_id, annotator and others.
        chain: the rounds in their order.
        inclusion: image_id -> its chance to be drawn, where chances were unequal.
    """
    random = asked.filter(pl.col("role").is_in(RANDOM))
    random = random.filter(pl.Series(thinning.kept(random["image_id"].to_list(), inclusion), dtype=pl.Boolean))
    drawn = statements.join(random, on="image_id", maintain_order="left")
    order = pl.col("round").replace_strict({name: place for place, name in enumerate(chain)}, return_dtype=pl.Int64)
    first = drawn.with_columns(order=order).filter(pl.col("order") == pl.col("order").min().over("annotator"))
    return first.select(statements.columns)


def precision(
    statements: pl.DataFrame,
    drawn: pl.DataFrame,
    votes: pl.DataFrame,
    labels: Mapping[str, str],
    *,
    classes: Sequence[str],
    known: Mapping[str, str],
) -> dict[str, dict[str, Any]]:
    """What each source's labels are worth.

    Args:
        statements: image_id, annotator, choice: all that sources say of pictures, each a class.
        drawn: those of them that `first_draws` chose.
        votes: image_id, annotator, choice: those of people, none that abstains.
        labels: image_id -> what people alone say, of pictures about which they took a stand.
        classes: the dataset's.
        known: image_id -> label of gold pictures.

    Returns:
        annotator -> `labels` that it brought; `drawn` pictures that people judged; of the labels as they came the share
        that is right, `precision`, with `low` and `high` (95 %), and `chance`, what labels without any relation to the
        pictures would reach; `classes` with _CLASS drawn labels or more, by the source's word, the same; `asked`
        pictures, `corrected` of them; `now`, `now_low`, `now_high`: the share that is right when people's labels stand
        in place of what they corrected. Shares are left out where nothing was drawn.
    """
    gold = pl.DataFrame(list(known.items()), schema={"image_id": TEXT, "label": TEXT}, orient="row")
    cast = pl.concat([votes, drawn.select(votes.columns)])
    measured = reliability(cast, classes=classes, gold=gold) if drawn.height else empty(RELIABILITY)
    rows = {row["annotator"]: row for row in measured.to_dicts()}
    return {
        name: _source(statements.filter(annotator=name), drawn.filter(annotator=name), labels, rows.get(name))
        for name in statements["annotator"].unique().sort()
    }


def _source(
    mine: pl.DataFrame, drawn: pl.DataFrame, labels: Mapping[str, str], measured: Mapping[str, Any] | None
) -> dict[str, Any]:
    judged = _judged(mine, labels)
    corrected = sum(choice != label for choice, label in judged)
    found: dict[str, Any] = {"labels": mine.height, "asked": len(judged), "corrected": corrected}
    told = _judged(drawn, labels)
    found["drawn"] = len(told)
    if not told:
        return found
    hits = sum(choice == label for choice, label in told)
    share, (low, high) = hits / len(told), wilson(hits, len(told))
    if measured and measured["accuracy"] is not None:  # of very many classes no confusion is kept
        share, low, high = (measured[key] for key in ("accuracy", "low", "high"))
    said, meant = Counter(choice for choice, _ in told), Counter(label for _, label in told)
    chance = sum(count * meant[word] for word, count in said.items()) / len(told) ** 2
    found |= {"precision": share, "low": low, "high": high, "chance": chance}
    found |= {
        f"now{end}": 1 - min(1.0, max(0.0, (1 - rate) - corrected / mine.height))
        for end, rate in (("", share), ("_low", low), ("_high", high))
    }
    rounded = {key: round(value, _DIGITS) if isinstance(value, float) else value for key, value in found.items()}
    return rounded | {"classes": _by_class(told)}


def _judged(said: pl.DataFrame, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a source says, and what people say."""
    return [(word, labels[name]) for name, word in said.select("image_id", "choice").iter_rows() if name in labels]


def _by_class(told: Sequence[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    found = {}
    for word in sorted({choice for choice, _ in told}):
        right = [label == word for choice, label in told if choice == word]
        if len(right) >= _CLASS:
            low, high = wilson(sum(right), len(right))
            shares = {"precision": sum(right) / len(right), "low": low, "high": high}
            found[word] = {"drawn": len(right)} | {key: round(value, _DIGITS) for key, value in shares.items()}
    return found
