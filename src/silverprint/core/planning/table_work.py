"""Work on tables and features of a fixed size: how fast a machine does it says how long its stages take."""

from typing import Final

import numpy as np

# Seconds of one core on the machine of `stage_costs`. Derived: stages took 1.8 times as long while this took 0.45 s.
REFERENCE_S: Final = 0.25
_ROWS, _COLUMNS, _WIDE = 400_000, 64, 256


def table_work() -> float:
    """Sorts, gathers and multiplies as clean, score and queue do. The result is there to be used."""
    chance = np.random.default_rng(0)
    names = chance.integers(0, 2**63, _ROWS, dtype=np.int64)
    order = np.argsort(names, kind="stable")
    rows = chance.standard_normal((_ROWS // 8, _COLUMNS), dtype=np.float32)
    gathered = rows[order % len(rows)][: len(rows)]
    weights = chance.standard_normal((_COLUMNS, _WIDE), dtype=np.float32)
    return float(np.exp(gathered @ weights * 0.01).sum() + np.searchsorted(names[order], names).sum())
