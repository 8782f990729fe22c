"""Peers of a campaign: votes for each picture, the way of 0.1.0, and a script of margin sampling and cleanlab.

None of them promises anything: each is believed as its users would, and what it reaches in truth is reported.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from benchmarks.campaign.people import Delivered, People
from benchmarks.consensus import Floats, Numbers
from benchmarks.label_efficiency.datasets import Task
from benchmarks.label_efficiency.head import refitted, tuned
from silverprint.core.features import block_weights
from silverprint.core.selection import select
from silverprint.core.semisupervised import fit

COVERED: Final = 0.9
PRECISION: Final = 0.97
BATCH: Final = 100
GROWTH: Final = 4  # a batch is a quarter of what was asked before, where that is more
EVALUATED: Final = 150
BELIEVED: Final = 0.9  # 0.1.0's confidence of an automatic label
VALIDATED: Final = 100  # pictures by which the script finds its threshold, three votes for each
FOLDS: Final = 5
TUNED_ON: Final = 1_000  # labels that a penalty is chosen by, at most


def one_vote(given: Task, people: People, seed: int, brought: Numbers | None) -> Delivered:
    everything = np.arange(len(given.truth))
    return Delivered(people.answer(everything), np.ones(len(everything), dtype=np.bool_))


def three_votes(given: Task, people: People, seed: int, brought: Numbers | None) -> Delivered:
    everything = np.arange(len(given.truth))
    return Delivered(people.majority(everything, 3), np.ones(len(everything), dtype=np.bool_))


def version_0_1_0(given: Task, people: People, seed: int, brought: Numbers | None) -> Delivered:
    """Random first round, then `auto` with a head of labels alone; two votes each; a confidence of .9 is believed.

    Brought labels taught it nothing, and it released none of them.
    """
    rng, count = np.random.default_rng([seed, 22]), len(given.truth)
    labels = np.full(count, -1)
    judged, *_ = np.split(rng.permutation(count), [EVALUATED])
    labels[judged] = people.majority(judged, 3)
    asked, batch = rng.permutation(np.setdiff1d(np.arange(count), judged))[:BATCH], BATCH
    learnt = np.empty(0, dtype=np.int64)
    while True:
        labels[asked] = people.majority(asked, 2)
        learnt = np.concatenate([learnt, asked])
        free = np.flatnonzero(labels < 0)
        if not len(free):
            return Delivered(labels, np.ones(count, dtype=np.bool_))
        rows = _weighed(given, learnt, labels[learnt])
        head = fit(rows[learnt], labels[learnt], rows[free], classes=given.classes, omega="none", seed=seed)
        shares = head.probabilities(rows)
        sure = free[shares[free].max(axis=1) >= BELIEVED]
        if (count - len(free) + len(sure)) / count >= COVERED:
            delivered = labels.copy()
            delivered[sure] = shares[sure].argmax(axis=1)
            return Delivered(delivered, labels >= 0)
        batch = max(BATCH, len(learnt) // GROWTH)
        asked = _chosen(rows, shares, learnt, labels, judged, batch, rng, seed)


def _chosen(
    rows: NDArray[np.float32],
    shares: Floats,
    learnt: Numbers,
    labels: Numbers,
    judged: Numbers,
    batch: int,
    rng: np.random.Generator,
    seed: int,
) -> Numbers:
    """A batch of which a fifth is the control, drawn at random."""
    free = np.flatnonzero(labels < 0)
    control = rng.permutation(free)[: min(batch, len(free)) // 5]
    there = np.setdiff1d(np.arange(len(rows)), np.concatenate([judged, control]))
    known = np.flatnonzero(np.isin(there, learnt))
    picked = select(
        "auto",
        embeddings=rows[there],
        probabilities=shares[there],
        labeled=known,
        budget=min(batch - len(control), len(there) - len(known)),
        seed=seed,
        labels=labels[there[known]],
    )
    return np.concatenate([control, there[picked]])


def margin_and_cleanlab(given: Task, people: People, seed: int, brought: Numbers | None) -> Delivered:
    """The script that a careful user of cleanlab writes: see the two ways."""
    return _script(given, people, seed) if brought is None else _reviewed(given, people, seed, brought)


def _script(given: Task, people: People, seed: int) -> Delivered:
    """Margin sampling, one vote each; what cleanlab doubts is asked twice more; a threshold by a validation set.

    The least confidence with which as many as promised are right there is believed.
    """
    rng, count = np.random.default_rng([seed, 23]), len(given.truth)
    labels = np.full(count, -1)
    held, asked = np.split(rng.permutation(count)[: VALIDATED + BATCH], [VALIDATED])
    labels[held] = people.majority(held, 3)
    learnt = np.empty(0, dtype=np.int64)
    while True:
        labels[asked] = people.answer(asked)
        learnt = np.concatenate([learnt, asked])
        rows = _weighed(given, learnt, labels[learnt])
        penalty = tuned(rows[learnt[:TUNED_ON]], labels[learnt[:TUNED_ON]], given.classes).penalty
        doubted = learnt[_issues(rows[learnt], labels[learnt], given.classes, penalty, seed)]
        doubted = doubted[people.asked[doubted] == 1]
        labels[doubted] = _settled(people, doubted, labels[doubted])
        shares = refitted(rows[learnt], labels[learnt], given.classes, penalty).probabilities(rows)
        free = np.flatnonzero(labels < 0)
        sure = free[shares[free].max(axis=1) >= _least(shares[held], labels[held])]
        if (count - len(free) + len(sure)) / count >= COVERED:
            delivered = labels.copy()
            delivered[sure] = shares[sure].argmax(axis=1)
            return Delivered(delivered, labels >= 0)
        two = np.sort(shares[free], axis=1)[:, -2:]
        asked = free[np.argsort(two[:, 1] - two[:, 0], kind="stable")[: max(BATCH, len(learnt) // GROWTH)]]


def _reviewed(given: Task, people: People, seed: int, brought: Numbers) -> Delivered:
    """What cleanlab finds among the brought labels is asked about; the others are believed."""
    rows = _weighed(given, np.arange(len(brought)), brought)
    drawn = np.random.default_rng([seed, 24]).permutation(len(brought))[:TUNED_ON]
    penalty = tuned(rows[drawn], brought[drawn], given.classes).penalty
    doubted = _issues(rows, brought, given.classes, penalty, seed)
    labels = brought.copy()
    labels[doubted] = _settled(people, doubted, people.answer(doubted), brought[doubted])
    asked = np.zeros(len(brought), dtype=np.bool_)
    asked[doubted] = True
    return Delivered(labels, asked)


def _settled(people: People, places: Numbers, first: Numbers, other: Numbers | None = None) -> Numbers:
    """What is said twice: `first` with `other` or the next vote, else a further vote's word."""
    labels = first.copy()
    if other is None:
        other = people.answer(places)
    differ = np.flatnonzero(first != other)
    last = people.answer(places[differ])
    labels[differ] = np.where(last == other[differ], other[differ], first[differ])
    return labels


def _issues(rows: NDArray[np.float32], labels: Numbers, classes: int, penalty: float, seed: int) -> Numbers:
    """(k,) places that cleanlab takes for wrong by predictions held out, among classes of FOLDS or more."""
    judged = np.flatnonzero(np.bincount(labels, minlength=classes)[labels] >= FOLDS)
    known, at = np.unique(labels[judged], return_inverse=True)
    if len(known) < 2:
        return np.empty(0, dtype=np.int64)
    shares = np.zeros((len(judged), len(known)))
    for train, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(judged, at):
        head = refitted(rows[judged[train]], at[train], len(known), penalty)
        shares[rest] = head.probabilities(rows[judged[rest]])
    found = find_label_issues(at, shares, return_indices_ranked_by="self_confidence", n_jobs=1)
    return np.asarray(judged[found], dtype=np.int64)


def _least(shares: Floats, truth: Numbers) -> float:
    """The least confidence above which PRECISION of the validation set is right; more than 1 where none is."""
    order = np.argsort(-shares.max(axis=1), kind="stable")
    hits = np.cumsum((shares.argmax(axis=1) == truth)[order]) / np.arange(1, len(truth) + 1)
    kept = np.flatnonzero(hits >= PRECISION)
    return float(shares.max(axis=1)[order[kept[-1]]]) if len(kept) else 2.0


def _weighed(given: Task, places: Numbers, labels: Numbers) -> NDArray[np.float32]:
    weights = block_weights.choose_weights(given.pool[places], labels, given.blocks)
    return np.asarray(given.pool * block_weights.column_scales(weights, given.blocks))


PEERS: Final[dict[str, Callable[[Task, People, int, Numbers | None], Delivered]]] = {
    "one vote": one_vote,
    "three votes": three_votes,
    "0.1.0": version_0_1_0,
    "margin + cleanlab": margin_and_cleanlab,
}
