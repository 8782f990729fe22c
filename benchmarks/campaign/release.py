"""Release of a simulated campaign: what keeps the promise, of brought labels first and then of the model's own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from benchmarks.campaign.people import class_names
from benchmarks.consensus import Numbers
from silverprint.core import automatic_labels
from silverprint.core.automatic_labels import Audit, Predictions
from silverprint.core.evaluation import sureness

if TYPE_CHECKING:
    from benchmarks.campaign.ours import Campaign

PROMISE: Final = 0.97
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Released:
    labels: Numbers  # (N,) of pictures that nobody was asked about; -1 for none


def released(campaign: "Campaign", audited: pl.DataFrame, hidden: float) -> Released:
    """Imported labels, and automatic labels of what they leave, as the release stage tests them.

    Args:
        audited: rows of LABELS on which nothing was trained.
        hidden: of wrong labels the share that audits take for right, at most.
    """
    labels = np.full(len(campaign.names), -1)
    free = np.setdiff1d(np.arange(len(labels)), campaign.at(campaign.asked))
    at, truth = campaign.at(audited), campaign.ids(audited)
    wanted = {"precision": PROMISE, "confidence": CONFIDENCE, "hidden": hidden}
    if campaign.belief is not None and campaign.brought is not None:
        places, belief = campaign.belief
        right = dict(zip(places.tolist(), belief.right.tolist(), strict=True))

        def brought(rows: Numbers) -> Predictions:
            assert campaign.brought is not None
            chances = np.array([right[row] for row in rows.tolist()])
            return Predictions(_names(campaign.brought[rows]), sureness.log_odds(chances))

        audit = Audit(brought(at), campaign.brought[at] == truth)
        unasked = brought(free)
        found = automatic_labels.thresholds(audit, unasked, campaign.classes, **wanted)
        kept = found.kept(unasked)
        labels[free[kept]] = campaign.brought[free[kept]]
        inside = found.kept(audit.said)
        free, at, truth = free[~kept], at[~inside], truth[~inside]
    if len(at) and len(free):
        model, known = campaign.model, campaign.training
        own = model.held_out.argmax(axis=1)
        how = sureness.fit(_names(own), model.held_out.max(axis=1), own == campaign.ids(known))
        shares = campaign.probabilities
        assert shares is not None

        def automatic(rows: Numbers) -> Predictions:
            names = _names(shares[rows].argmax(axis=1))
            return Predictions(names, how.scores(names, shares[rows].max(axis=1)))

        audit = Audit(automatic(at), shares[at].argmax(axis=1) == truth)
        unasked = automatic(free)
        found = automatic_labels.thresholds(audit, unasked, campaign.classes, **wanted)
        kept = found.kept(unasked)
        labels[free[kept]] = shares[free[kept]].argmax(axis=1)
    return Released(labels)


def _names(labels: Numbers) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    return np.array(class_names(labels), dtype=np.str_)
