"""Pace: people whose answers come so much faster than everybody else's that they can hardly have looked."""

import polars as pl

from silverprint.core.gates.counted_share import CountedShare


def quick_answers(votes: pl.DataFrame, part: float) -> dict[str, tuple[CountedShare, float]]:
    """Per annotator: how many of the timed answers took less than `part` of what others need, and that time, seconds.

    What others need is the median of their medians, so that neither a break nor one other person decides it.

    Args:
        votes: annotator, lead_time_s (null: not timed).
        part: 0..1.

    Returns:
        annotator -> the share and the limit; nobody who has no time, or with whom nobody can be compared.
    """
    timed = votes.drop_nulls("lead_time_s").select("annotator", "lead_time_s")
    medians = dict(timed.group_by("annotator").agg(pl.col("lead_time_s").median()).iter_rows())
    found = {}
    for (who,), own in sorted(timed.group_by("annotator")):
        others = pl.Series([median for name, median in medians.items() if name != who], dtype=pl.Float64)
        if len(others):
            limit = part * float(others.median())  # type: ignore[arg-type]
            found[str(who)] = (CountedShare(int((own["lead_time_s"] < limit).sum()), own.height), limit)
    return found
