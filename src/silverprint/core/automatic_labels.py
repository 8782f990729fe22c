"""Automatic labels under a promise of precision: the classes that keep it each on its own, thresholds, what was found.

The promise is about all automatic labels together. A class that many audited pictures were taken for keeps it on its
own; the others keep it together, so that a rare class never hides behind a frequent one. The groups share the level
(Bonferroni), and are formed by the predictions alone, before any label is looked at: given the predictions, each
group's test is the one of `core.promise`. What keeps the promise group by group keeps it as a whole.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy.typing import NDArray
from scipy.special import expit

from silverprint.core.evaluation.intervals import clopper_pearson
from silverprint.core.least_audit import least_audit
from silverprint.core.promise import estimated_audit, threshold, to_show

Names = Shaped[NDArray[np.str_], " n"]
Scores = Float[NDArray[np.floating], " n"]
Mask = Bool[NDArray[np.bool_], " n"]

OTHER_PROMISES: Final = (0.9, 0.95, 0.97, 0.99)  # precisions of which it is said what they would cost
_LOWER_PROMISES: Final = (0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)  # from which one that is within reach is proposed

_SPARE: Final = 4  # a group of its own has so many times the pictures that its promise needs at the least
_DIGITS: Final = 6  # decimal places of a share


@dataclass(frozen=True)
class Predictions:
    """What a model says of n pictures.

    Attributes:
        classes: (n,) the most probable class.
        scores: (n,) the log-odds that it is right, as far as is known without the audit: `core.evaluation.sureness`.
    """

    classes: Names
    scores: Scores

    def of(self, wanted: Collection[str]) -> Mask:
        return np.isin(self.classes, sorted(wanted))


@dataclass(frozen=True)
class Audit:
    """Random pictures of what may be labelled automatically, on which nothing was trained.

    Attributes:
        said: predictions for them.
        right: (n,) whether people gave the predicted class. False, too, where they say that it is none of the classes
            or cannot tell: an automatic label on such a picture is an error.
    """

    said: Predictions
    right: Mask


@dataclass(frozen=True)
class Thresholds:
    """
    Attributes:
        groups: the classes that are judged together, each class in one of them.
        least: class -> the least score of its automatic labels; a class without any is not in it.
    """

    groups: tuple[tuple[str, ...], ...]
    least: Mapping[str, float]

    def kept(self, said: Predictions) -> Mask:
        """Which predictions become automatic labels."""
        least = np.array([self.least.get(name, np.inf) for name in said.classes.tolist()], dtype=np.float64)
        return np.asarray(said.scores >= least)


def thresholds(
    audit: Audit,
    pool: Predictions,
    classes: Sequence[str],
    *,
    precision: float,
    confidence: float,
    hidden: float = 0.0,
) -> Thresholds:
    """The least scores with which the automatic labels keep the promise.

    Args:
        pool: predictions for the pictures that nobody was asked about; their scores say where the tests best start.
        classes: those that may be given automatically; predictions of others are never kept.
        precision, confidence: as in `core.promise.threshold`.
        hidden: as in `core.promise.to_show`.
    """
    precision = to_show(precision, hidden)
    counts = Counter(audit.said.classes.tolist())
    groups = _groups({name: counts[name] for name in classes}, precision, confidence)
    least: dict[str, float] = {}
    for group in groups:
        rows, shared = audit.said.of(group), 1 - (1 - confidence) / len(groups)
        expected = expit(pool.scores[pool.of(group)])
        scores, right = audit.said.scores[rows], audit.right[rows]
        found = threshold(scores, right, precision=precision, confidence=shared, expected=expected)
        if found is not None:
            least |= dict.fromkeys(group, found)
    return Thresholds(groups, least)


def figures(
    audit: Audit,
    pool: Predictions,
    classes: Sequence[str],
    *,
    precision: float,
    confidence: float,
    hidden: float = 0.0,
) -> dict[str, Any]:
    """The promise and what came of it. Shares are 0..1; what has no value is left out.

    Args:
        pool, classes, hidden: as in `thresholds`.

    Returns:
        promised, confidence, and where something is hidden `hidden` and the share that is `tested`; pool, released,
        coverage (released / pool); audited pictures, those `above` a threshold and `right` of these, `precision`,
        `low`, `high` (95 %, Clopper & Pearson, `low` less what is hidden); classes: for each class that is predicted,
        the same and `released`; coverage_at: the coverage of other promises with the same confidence; groups: the
        number of groups of classes that keep the promise each on its own.
    """
    found = thresholds(audit, pool, classes, precision=precision, confidence=confidence, hidden=hidden)
    kept, inside = found.kept(pool), found.kept(audit.said)
    by_class = {}
    for name in classes:
        mine, audited = pool.of([name]), audit.said.of([name])
        if mine.any() or audited.any():
            by_class[name] = {"released": int((mine & kept).sum())} | _measured(audit.right, audited, inside, hidden)
    others = sorted({*OTHER_PROMISES, precision})
    costs = {
        share: found
        if share == precision
        else thresholds(audit, pool, classes, precision=share, confidence=confidence, hidden=hidden)
        for share in others
    }
    corrected = (
        {"hidden": round(hidden, _DIGITS), "tested": round(to_show(precision, hidden), _DIGITS)} if hidden else {}
    )
    return {
        "promised": precision,
        "confidence": confidence,
        **corrected,
        "pool": len(pool.scores),
        "released": int(kept.sum()),
        "coverage": _coverage(found, pool),
        "groups": len(found.groups),
        "audited": len(audit.right),
        **_measured(audit.right, np.ones_like(audit.right), inside, hidden),
        "classes": by_class,
        "coverage_at": {f"{share:g}": _coverage(one, pool) for share, one in costs.items()},
    }


def shortfall(
    audit: Audit,
    classes: Sequence[str],
    *,
    precision: float,
    confidence: float,
    hidden: float = 0.0,
    left: int | None = None,
    remedy: str = "",
) -> str:
    """Why nothing is labelled automatically, what it would take, and what to do, in a few words.

    Args:
        left: pictures that nobody was asked about; None: as many as it takes.
        remedy: what to do where auditing some of them would do.
    """
    promised, precision = precision, to_show(precision, hidden)
    rows = audit.said.of(classes)
    scores, right = audit.said.scores[rows], audit.right[rows]
    least = least_audit(precision, confidence)
    told = f"confidence {confidence:g}"
    if hidden:
        told = f"{promised:.1%} promised, and one answer may hide {hidden:.0%} of the errors; {told}"
    value = f"{len(scores)} audited pictures do not show that {precision:.1%} would be right ({told})"
    need = f"at least {least} above a threshold, all right"
    about = estimated_audit(scores, right, precision=precision, confidence=confidence)
    if about is not None:
        need = f"{need}: about {max(about, len(scores) + 1)} audited pictures with this model"
    there = None if left is None else len(audit.right) + left
    if there is not None and max(about or 0, least) > there:
        said = f"{value}; that takes {need}, and there are {there} in all: too few for this promise"
        return f"{said}; {_within_reach(scores, right, promised, confidence, hidden)}"
    if about is None:
        surest = right[np.argsort(-scores, kind="stable")][: max(1, len(scores) // 4)]
        wrong = int((~surest).sum())
        seen = f"{wrong or 'none'} of the surest {len(surest)} {'are' if wrong > 1 else 'is'} wrong"
        need = f"{need}, and {seen if len(scores) else 'none was audited'}"
    return f"{value}; that takes {need}" + (f"; {remedy}" if remedy else "")


def _within_reach(scores: Scores, right: Mask, promised: float, confidence: float, hidden: float) -> str:
    """What to do where the pool is too small: the largest lower promise that the audit shows, if it shows one."""
    by_people = "have people label the rest (silverprint round open)"
    for share in _LOWER_PROMISES:
        shown = to_show(share, hidden)
        if share < promised and threshold(scores, right, precision=shown, confidence=confidence) is not None:
            return f"these answers show {share:g} (release.promise.precision), or {by_people}"
    return f"these answers show no promise of {_LOWER_PROMISES[-1]:g} either: {by_people}"


def _groups(counts: Mapping[str, int], precision: float, confidence: float) -> tuple[tuple[str, ...], ...]:
    """As many classes of their own as the audit allows, the most audited first, and the others together."""
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    for own in range(len(ranked), 0, -1):
        rest = ranked[own:]
        groups = [(name,) for name in ranked[:own]] + ([tuple(sorted(rest))] if rest else [])
        least = _SPARE * least_audit(precision, 1 - (1 - confidence) / len(groups))
        if all(sum(counts[name] for name in group) >= least for group in groups):
            return tuple(groups)
    return (tuple(sorted(ranked)),) if ranked else ()


def _measured(right: Mask, audited: Mask, inside: Mask, hidden: float) -> dict[str, Any]:
    above, hits = int((audited & inside).sum()), int((audited & inside & right).sum())
    counts: dict[str, Any] = {"above": above, "right": hits}
    if above:
        low, high = clopper_pearson(hits, above)
        low = max(0.0, (low - hidden) / (1 - hidden)) if hidden < 1 else 0.0
        counts |= {"precision": round(hits / above, _DIGITS), "low": round(low, _DIGITS), "high": round(high, _DIGITS)}
    return counts


def _coverage(found: Thresholds, pool: Predictions) -> float:
    return round(float(found.kept(pool).mean()), _DIGITS) if len(pool.scores) else 0.0
