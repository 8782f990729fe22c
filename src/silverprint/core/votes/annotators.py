"""Annotators' reliability: what each takes for what, how often each is right, and who does not look at the images."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv

from silverprint.config import CROWD
from silverprint.core import agreement
from silverprint.core.consensus import auto
from silverprint.core.consensus.confusions import Fit
from silverprint.core.consensus.vote_arrays import Probabilities, VoteArrays, vote_arrays
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.votes import imported_labels
from silverprint.core.votes.labelling import Evidence
from silverprint.records import ANNOTATORS, INT, REAL, RETIRED, TEXT, Schema, conform

SPAMMER, ADVERSARY = "spammer", "adversary"

RELIABILITY: Final[Schema] = {
    "annotator": TEXT,
    "votes": INT,  # that do not abstain
    "compared": INT,  # of them, on images that others voted on or a model spoke about
    "accuracy": REAL,  # 0..1, share of right answers by the consensus, images of the annotator's own kind and number
    "low": REAL,  # its 95 % interval
    "high": REAL,
    "gold_answers": INT,  # on images whose label is known
    "gold_accuracy": REAL,  # null without such answers
    "gold_low": REAL,  # its 95 % interval (Wilson)
    "gold_high": REAL,
    "beyond_chance": REAL,  # Cohen's kappa of answers and labels: 1 always right, 0 as by chance, below 0 worse
    "suspicion": TEXT,  # spammer: answers do not depend on the image; adversary: they do, wrongly; else null
    "confusion": TEXT,  # JSON object, true class -> class said -> share, of classes that were met
}

_WORK: Final = ("annotator", "votes", "abstained", "agreement", "median_lead_time_s")
_ENOUGH: Final = 10  # votes that can be compared, below which nobody is suspected
_KAPPA: Final = 0.3  # of which a suspect is surely below
_INFORMED: Final = 0.25  # share of the label's entropy that answers tell, above which wrong ones are no accident


def reliability(
    votes: pl.DataFrame,
    *,
    classes: Sequence[str] | None = None,
    probabilities: Probabilities | None = None,
    gold: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """RELIABILITY of everybody with a vote that does not abstain, sorted by annotator.

    With so many classes that `auto` keeps no confusions, nothing is known but what gold says.

    Accuracy by the consensus is the mean over the annotator's images of the probability that their answer is the label,
    as `auto` sees it with confusions learned without that image; its interval is that of the beta distribution with
    the mean and variance of the annotator's confusion, plus what is unsure in the labels, which is mostly the same in
    all of them. Suspected is who has ten votes that can be compared, and a kappa that is surely below .3 where each
    label's doubt is taken for its own: that finds more and, in simulations, blames nobody more.

    Args:
        votes, classes, probabilities: as `consensus` takes them.
        gold: image_id, label (known): answers about them are right or wrong for sure.
    """
    counted = agreement.counted_votes(votes, classes)
    if counted.is_empty():
        return conform(pl.DataFrame({"annotator": []}, schema={"annotator": pl.String}), RELIABILITY)
    known = None if gold is None else dict(gold.select("image_id", "label").drop_nulls().iter_rows())
    cast = vote_arrays(counted, classes, probabilities, known)
    if auto.is_large(cast):
        counts = counted.group_by("annotator").agg(pl.len().alias("votes"))
        return conform(counts.join(_gold(counted, gold), on="annotator"), RELIABILITY).sort("annotator")
    best = max(auto.fits(cast), key=lambda one: one.evidence.sum())
    of_each = np.split(np.argsort(cast.annotator, kind="stable"), np.cumsum(np.bincount(cast.annotator))[:-1])
    rows = [_annotator(cast, best, number, own) for number, own in enumerate(of_each)]
    return conform(pl.DataFrame(rows).join(_gold(counted, gold), on="annotator", how="left"), RELIABILITY).sort(
        "annotator"
    )


def table(
    evidence: Evidence,
    votes: pl.DataFrame,
    states: Mapping[str, str],
    classes: Sequence[str],
    tiers: Mapping[str, str] = MappingProxyType({}),
) -> pl.DataFrame:
    """ANNOTATORS: everybody's work, and how reliable people and imports are, without any model's opinion.

    A retired annotator has the figures that they would have if they alone were back; nobody else's count them.

    Args:
        votes: VOTES; answers of retired annotators say so.
        states: annotator -> state; who is missing is active.
        tiers: annotator -> tier; who is missing is of the crowd, but for sources, which are of none.
    """
    parts = [_figures(evidence, classes)]
    gone = votes.filter(pl.col("status") == RETIRED)
    for who in gone["annotator"].unique().sort():
        back = evidence.with_votes(gone.filter(annotator=who))
        parts.append(_figures(back, classes).filter(annotator=who))
    who = pl.col("annotator")
    state = who.replace_strict(dict(states), default="active", return_dtype=pl.String)
    tier = who.replace_strict(dict(tiers), default=CROWD, return_dtype=pl.String)
    is_person = ~who.str.starts_with(imported_labels.PREFIX)
    return pl.concat(parts).with_columns(state=state, tier=pl.when(is_person).then(tier)).sort("annotator")


def _figures(evidence: Evidence, classes: Sequence[str]) -> pl.DataFrame:
    sources = imported_labels.annotators(evidence.answers, evidence.imports, classes)
    work = pl.concat([agreement.annotators(evidence.answers, classes), sources]).select(_WORK)
    known = pl.DataFrame(list(evidence.known.items()), schema={"image_id": TEXT, "label": TEXT}, orient="row")
    votes = pl.concat([evidence.cast(), evidence.counting(classes)])
    measured = reliability(votes, classes=classes, gold=known).drop("votes")
    return conform(work.join(measured, on="annotator", how="left"), ANNOTATORS)


def _annotator(cast: VoteArrays, found: Fit, number: int, own: NDArray[np.int64]) -> dict[str, object]:
    """The figures of one annotator, whose votes are `own`, by the consensus."""
    compared = own[found.tells[cast.image[own]]]
    row: dict[str, object] = {"annotator": cast.annotators[number], "votes": len(own), "compared": len(compared)}
    row["confusion"] = _confusion(cast, found.counts[number])
    if not len(compared):
        return row | dict.fromkeys(("accuracy", "low", "high", "beyond_chance", "suspicion"))
    labels = found.likely[cast.image[compared]]
    right = labels[np.arange(len(compared)), cast.choice[compared]]
    accuracy, low, high = _interval(right, common=True)
    _, _, bound = _interval(right, common=False)
    said = np.bincount(cast.choice[compared], minlength=labels.shape[1]) / len(compared)
    chance = float(labels.mean(axis=0) @ said)
    blind = 1 - chance < 1e-9  # one class alone: no answer could show anything
    kappa, most = (0.0, 1.0) if blind else ((accuracy - chance) / (1 - chance), (bound - chance) / (1 - chance))
    suspicion = None
    if len(compared) >= _ENOUGH and most < _KAPPA:
        suspicion = (
            ADVERSARY if bound < chance or _told(found.confusion(number), labels.mean(axis=0)) > _INFORMED else SPAMMER
        )
    return row | {"accuracy": accuracy, "low": low, "high": high, "beyond_chance": kappa, "suspicion": suspicion}


def _interval(right: NDArray[np.float64], *, common: bool) -> tuple[float, float, float]:
    """Mean of the probabilities (n,) of being right, and the 95 % interval of the rate behind them.

    Args:
        common: what is unsure in one label is unsure in all, as it hangs on the same confusions; else each has its own.
    """
    n = len(right)
    mean = float((right.sum() + 0.5) / (n + 1))
    doubt = right * (1 - right)
    variance = mean * (1 - mean) / (n + 1) + float(doubt.sum()) / n**2 + common * float(doubt.mean()) ** 2
    worth = max(mean * (1 - mean) / variance - 1, 0.1)
    low, high = betaincinv(worth * mean, worth * (1 - mean), [0.025, 0.975])
    return float(right.mean()), min(float(low), float(right.mean())), max(float(high), float(right.mean()))


def _told(confusion: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """Mutual information of answer and label as a share of the label's entropy, 0..1; `confusion` is (said, true)."""
    joint = confusion * shares
    apart = np.outer(joint.sum(axis=1), shares)
    there = joint > 0
    entropy = -(shares[shares > 0] * np.log(shares[shares > 0])).sum()
    return float((joint[there] * np.log(joint[there] / apart[there])).sum() / max(entropy, 1e-12))


def _confusion(cast: VoteArrays, counts: NDArray[np.float64]) -> str:
    """JSON of the expected counts (said, true) as shares of each true class that the annotator has surely met."""
    met = {}
    for true in np.flatnonzero(counts.sum(axis=0) >= 0.5).tolist():
        shares = counts[:, true] / counts[:, true].sum()
        met[cast.classes[true]] = {cast.classes[k]: round(float(shares[k]), 4) for k in np.flatnonzero(shares >= 5e-5)}
    return json.dumps(met, sort_keys=True, ensure_ascii=False)


def _gold(counted: pl.DataFrame, gold: pl.DataFrame | None) -> pl.DataFrame:
    """annotator, gold_answers and what follows of them, of everybody."""
    known = pl.DataFrame(schema={"image_id": pl.String, "label": pl.String}) if gold is None else gold
    answered = counted.join(known.select("image_id", "label").drop_nulls(), on="image_id")
    tallied = answered.group_by("annotator").agg(pl.len(), (pl.col("choice") == pl.col("label")).sum())
    figures = {name: (n, right) for name, n, right in tallied.iter_rows()}
    rows = []
    for name in counted["annotator"].unique().sort():
        n, right = figures.get(name, (0, 0))
        low, high = wilson(right, n) if n else (None, None)
        rows.append((name, n, right / n if n else None, low, high))
    schema = {"annotator": TEXT, "gold_answers": INT, "gold_accuracy": REAL, "gold_low": REAL, "gold_high": REAL}
    return pl.DataFrame(rows, schema=schema, orient="row")
