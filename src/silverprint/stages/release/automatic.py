"""Automatic labels of a release: the model's, for pictures that nobody was asked about, as far as the promise goes."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.campaign import evaluation_draws, gold_list, ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import automatic_labels, splits
from silverprint.core.automatic_labels import Audit, Predictions, Thresholds
from silverprint.core.evaluation import sureness, thinning
from silverprint.core.evaluation.sureness import Sureness
from silverprint.core.queue import roles
from silverprint.core.votes.vote_ledger import ANSWERS
from silverprint.records import HELD_OUT, NONE_HELD_OUT, NONE_OF_THESE, empty
from silverprint.store import tables

_DIGITS = 4  # decimal places of a probability
_AT_ONCE = 4096  # pictures whose features are in memory at once


class Asked(NamedTuple):
    pool: list[str]  # pictures that nobody was asked about, nor about one like them; sorted
    audited: pl.DataFrame  # rows of LABELS: random pictures that could have been in the pool, and were answered
    answered: pl.DataFrame  # rows of LABELS


class Automatic(NamedTuple):
    labels: pl.DataFrame  # columns of core.splits.SPLIT but `split`
    # core.automatic_labels.figures, the round, and of each class that has automatic labels their least confidence
    figures: dict[str, Any]


def asked(params: Params, manifest: pl.DataFrame, labels: pl.DataFrame, votes: pl.DataFrame) -> Asked:
    """Which pictures may get a label without being asked about, and which ones speak for them.

    An audit is a uniform draw: of evaluation pictures from strata only those that thinning leaves are in it, for exact
    binomial tests weigh nothing. It stands only for what it could have drawn: no near-duplicate of a picture that
    people were asked about gets an automatic label, nor an excluded, gold or personal picture, or a near-duplicate of
    one.

    Args:
        manifest: MANIFEST.
        labels, votes: LABELS and VOTES of the last round.
    """
    met = {*labels["image_id"], *votes["image_id"]}
    known = {*ledgers.excluded_images()["image_id"], *gold_list.read(params)["image_id"]}
    withdrawn = ledgers.withdrawn_images()
    pool = roles.askable(manifest, manifest, [*met, *known], withdrawn)["image_id"].sort().to_list()
    answered = labels.join(votes.filter(pl.col("status").is_in(ANSWERS)), on="image_id", how="semi")
    audited = answered.filter(pl.col("role").is_in(splits.HELD_OUT))
    audited = audited.join(roles.askable(manifest, manifest, known, withdrawn), on="image_id", how="semi")
    chances = evaluation_draws.inclusion(params.chain)
    audited = audited.filter(pl.Series(thinning.kept(audited["image_id"].to_list(), chances), dtype=pl.Boolean))
    return Asked(pool, audited, answered)


def label(
    params: Params, model: dict[str, Any], about: Asked, hidden: float, spoken_for: Collection[str] = ()
) -> Automatic:
    """What the last round's model says of the pictures that nobody was asked about, above the thresholds.

    Args:
        model: the model's card: classes, features.
        hidden: as in `core.promise.to_show`.
        spoken_for: image_ids whose label is settled otherwise; such an audited picture speaks for none of the others.
    """
    apart = pl.col("image_id").is_in(sorted(spoken_for))
    pool = [name for name in about.pool if name not in spoken_for]
    audited = about.audited.filter(~apart)
    mean = _probabilities(params, model, [*pool, *audited["image_id"]])
    names = np.array(model["classes"])
    how = _sureness(params, model, about.answered)
    unasked, held_out = (_Said.of(rows, names, how) for rows in np.split(mean, [len(pool)]))
    right = np.array(held_out.said.classes == audited["label"].fill_null("").to_numpy(), dtype=np.bool_)
    return _labelled(params, names.tolist(), pool, unasked, Audit(held_out.said, right), how, hidden)


@dataclass(frozen=True)
class _Said:
    probabilities: NDArray[np.float32]  # (n, C), as `_probabilities` has them
    said: Predictions

    @classmethod
    def of(cls, mean: NDArray[np.float32], names: NDArray[np.str_], how: Sureness) -> "_Said":
        classes = names[mean.argmax(axis=1)]
        return cls(mean, Predictions(classes, how.scores(classes, mean.max(axis=1))))


def _sureness(params: Params, model: dict[str, Any], answered: pl.DataFrame) -> Sureness:
    """Learned from what people said of pictures that they were asked about for training, and what models said that had
    not seen that: predictions held out, and the model's own for pictures of no class, on which no class is trained.
    """
    known = answered.filter(pl.col("role").is_in(splits.TRAINABLE))
    path = layout.model(params.last) / "held-out.parquet"
    held_out = tables.read(path, HELD_OUT) if path.exists() else empty(HELD_OUT)  # earlier versions wrote none
    seen = held_out.join(known.select("image_id", "label"), on="image_id")
    foreign = known.filter(~pl.col("label").fill_null("").is_in(model["classes"]))["image_id"].to_list()
    chances = np.array(seen["probabilities"].to_list(), dtype=np.float32).reshape(-1, len(model["classes"]))
    mean = np.concatenate([chances, _of_classes(params, model, foreign)])
    if (of_none := _none_held_out(params, [*seen["image_id"], *foreign])) is not None:
        mean *= 1 - of_none[:, None]
    said = np.array(model["classes"])[mean.argmax(axis=1)]
    right = said == np.array([*seen["label"].to_list(), *[""] * len(foreign)], dtype=np.str_)
    return sureness.fit(said, mean.max(axis=1), np.asarray(right, dtype=np.bool_))


def _labelled(
    params: Params, names: list[str], pool: list[str], unasked: _Said, audit: Audit, how: Sureness, hidden: float
) -> Automatic:
    promise, core = params.release.promise, params.release.core_classes
    classes = [name for name in names if name in params.dataset.classes and name not in core]
    wanted = {"precision": promise.precision, "confidence": promise.confidence, "hidden": hidden}
    found = automatic_labels.thresholds(audit, unasked.said, classes, **wanted)
    if classes and not found.least:
        more = "give the next round a larger audit (rounds.NAME.audit), label more, or promise less (release.promise)"
        short = automatic_labels.shortfall(audit, classes, **wanted, left=len(pool), remedy=more)
        say(f"no automatic labels: {short}")
    figures = automatic_labels.figures(audit, unasked.said, classes, **wanted)
    for name, score in found.least.items():
        if name in figures["classes"]:
            figures["classes"][name]["threshold"] = round(how.confidence(name, score), _DIGITS)
    return Automatic(_rows(params, names, pool, unasked, found), {"round": params.last} | figures)


def _rows(params: Params, names: list[str], pool: list[str], unasked: _Said, found: Thresholds) -> pl.DataFrame:
    rows = [
        {
            "image_id": pool[place],
            "label": str(unasked.said.classes[place]),
            "confidence": round(float(unasked.probabilities[place].max()), _DIGITS),
            "distribution": _distribution(names, unasked.probabilities[place]),
            "n_votes": 0,
            "round": params.last,
            "label_source": "auto",
        }
        for place in np.flatnonzero(found.kept(unasked.said))
    ]
    return pl.DataFrame(rows, schema={name: dtype for name, dtype in splits.SPLIT.items() if name != "split"})


def _none_held_out(params: Params, image_ids: list[str]) -> NDArray[np.float32] | None:
    """(n,) how likely these pictures are none of the classes, as held-out models say, and for those that taught nothing
    the model itself; None where it cannot say.
    """
    from silverprint.model import none_of_these

    folder = layout.model(params.last)
    own = none_of_these.chances(folder, layout.EMBED, image_ids)
    if own is None:
        return None
    held_out = dict(tables.read(folder / none_of_these.HELD_OUT, NONE_HELD_OUT).iter_rows())
    said = [held_out.get(name, chance) for name, chance in zip(image_ids, own.tolist(), strict=True)]
    return np.array(said, dtype=np.float32)


def _probabilities(params: Params, model: dict[str, Any], image_ids: list[str]) -> NDArray[np.float32]:
    """(n, C) by the mean of the ensemble. Rows sum to 1; where the model can tell pictures of no class, to the chance
    that the picture is of a class.
    """
    from silverprint.model import none_of_these

    mean = _of_classes(params, model, image_ids)
    of_none = none_of_these.chances(layout.model(params.last), layout.EMBED, image_ids)
    return mean if of_none is None else mean * (1 - of_none[:, None])


def _of_classes(params: Params, model: dict[str, Any], image_ids: list[str]) -> NDArray[np.float32]:
    """(n, C), the mean of the ensemble, of pictures that are of some class."""
    if not image_ids:
        return np.zeros((0, len(model["classes"])), dtype=np.float32)
    from silverprint.model.round_model import opened

    found = opened(layout.model(params.last), model, params)
    parts = (image_ids[start : start + _AT_ONCE] for start in range(0, len(image_ids), _AT_ONCE))
    return np.concatenate([found.predict(part).mean(axis=0) for part in parts])


def _distribution(names: list[str], probabilities: NDArray[np.float32]) -> str:
    shares = {name: round(float(p), _DIGITS) for name, p in zip(names, probabilities, strict=True)}
    if (none := round(1 - float(probabilities.sum()), _DIGITS)) > 0:
        shares[NONE_OF_THESE] = none
    return json.dumps({name: share for name, share in shares.items() if share}, sort_keys=True)
