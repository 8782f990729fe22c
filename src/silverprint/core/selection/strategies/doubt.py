"""doubt: the pictures whose brought label is most likely wrong; for a dataset that came labelled."""

from typing import Final

import numpy as np

from silverprint.core.selection.strategy import NO_LABEL, Picks, Pool, Strategy


def pick(pool: Pool) -> Picks:
    """By the probability that the label is wrong, `core.label_errors`; the value is that figure, 0..1.

    Where people have given a label, theirs is learnt from, or none where it is none of the classes. Pictures that no
    source brought a label of come last, in an order of chance, without a value.
    """
    from silverprint.core.label_errors import find_label_errors  # SciPy's solvers; every command knows the strategies

    known = pool.brought_labels.copy()
    if pool.labels is not None:
        known[pool.labeled] = np.maximum(pool.labels, NO_LABEL)
    rows = pool.order[known[pool.order] != NO_LABEL]
    values = np.full(len(known), np.nan)
    if len(rows):
        seen = pool.rows(rows)
        seen = seen if seen.shape[1] else np.zeros((len(rows), 1), dtype=np.float32)  # pictures that are all alike
        found = find_label_errors(seen, known[rows], classes=int(known.max()) + 1, seed=pool.seed)
        values[rows] = found.wrong
    values[pool.brought_labels == NO_LABEL] = np.nan
    ranked = pool.candidates[np.argsort(-np.nan_to_num(values[pool.candidates], nan=-1.0), kind="stable")]
    chosen = ranked[: pool.budget]
    return chosen, values[chosen]


STRATEGY: Final = Strategy(pick, "a label that came with its picture and looks wrong", needs_brought=True)
