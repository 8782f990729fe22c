"""Metrics of a dataset version, as scalars: its scale, the checks' findings, how far people agree.

Shares are 0..1. What has no answer yet is left out: a figure is never null.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from silverprint.core.reporting import summary

DIGITS: Final = 6  # decimal places of a share


def scale(manifest: pl.DataFrame, released: pl.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """Pictures, per source and licence of those that are kept, per class of those that are released.

    Args:
        manifest: MANIFEST.
        released: core.splits.SPLIT.
    """
    kept = manifest.filter("kept")
    return {
        "acquired": manifest.height,
        "kept": kept.height,
        "released": released.height,
        "labelled": int((released["label_source"] == "human").sum()),
        "sources": _counts(kept["source"]),
        "licenses": _counts(kept["license"].fill_null("unknown")),
        "classes": dict.fromkeys(classes, 0) | _counts(released["label"]),
    }


def quality(manifest: pl.DataFrame) -> dict[str, Any]:
    """Shares of the acquired pictures (MANIFEST): kept, rejected by each reason, and with each flag."""
    acquired = manifest.height
    return {
        "kept": _share(int(manifest["kept"].sum()), acquired),
        "rejected": {reason: _share(n, acquired) for reason, n in summary.rejection_counts(manifest).items()},
        "flagged": {flag: _share(n, acquired) for flag, n in summary.flag_counts(manifest).items()},
    }


def consistency(labels: pl.DataFrame, figures: Mapping[str, Any]) -> dict[str, float]:
    """How far people agree with each other, and with what is known.

    Args:
        labels: LABELS of the last round, which has those of every round.
        figures: the round's quality.json.

    Returns:
        alpha_round (Krippendorff's, of the last round), agreement (share of agreeing pairs of votes on the evaluation
        pictures, which are a random draw), gold_accuracy (of all rounds), disputed (share of the pictures with two
        votes or more on which votes differ).
    """
    shared = labels["agreement"].drop_nulls()
    found = {
        "alpha_round": figures["alpha_round"],
        "agreement": figures["by_role"].get("evaluation", {}).get("agreement"),
        "gold_accuracy": figures["gold"]["all"]["accuracy"],
        "disputed": _share(int((shared < 1).sum()), len(shared)) if len(shared) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _counts(values: pl.Series) -> dict[str, int]:
    return {str(value): count for value, count in values.value_counts().iter_rows()}


def _share(count: int, of: int) -> float:
    return round(count / of, DIGITS)
