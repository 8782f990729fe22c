"""Labelling effort: how long people take, from the lead times that their browsers reported."""

from typing import Final

import numpy as np
import polars as pl

CAP: Final = 10.0  # medians: who takes longer over one picture was away from the desk


def capped_seconds(lead_times: pl.Series) -> pl.Series:
    """`lead_times` (n,) in seconds, without the missing ones, each at most CAP times their median."""
    known = lead_times.drop_nulls().to_numpy()
    if not len(known):
        return pl.Series(lead_times.name, [], dtype=pl.Float64)
    return pl.Series(lead_times.name, np.minimum(known, CAP * np.median(known)))


def seconds_per_vote(lead_times: pl.Series) -> float | None:
    """Seconds for a vote, the mean of `capped_seconds`; None where no time is known."""
    known = capped_seconds(lead_times).to_numpy()
    return float(known.mean()) if len(known) else None
