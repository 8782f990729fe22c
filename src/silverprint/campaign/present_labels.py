"""Labels of a round by the classes of today, whatever those were called when the labels were made."""

import json
from collections.abc import Mapping

import polars as pl

from silverprint import layout
from silverprint.campaign import class_changes
from silverprint.core.votes.class_changes import meaning
from silverprint.errors import restore_remedy
from silverprint.records import LABELS
from silverprint.store import json_files, tables


def of_round(name: str) -> pl.DataFrame:
    """LABELS of the round: classes that were renamed or merged since are those of today, in the label and in the
    distribution; one that was split since keeps its name, which no class has any more.

    Raises:
        UnavailableError: they are not on this disk.
        DataError: they, or data/class_changes.csv, are not readable.
    """
    folder = layout.labels(name)
    rows = tables.read(folder / "labels.parquet", LABELS)
    seen = json_files.read(folder / "quality.json", remedy=restore_remedy(folder)).get("class_changes", [])
    later = class_changes.since(seen)
    means = {label: meaning(label, later) for label in rows["label"].drop_nulls().unique()}
    told = {one for text in rows["distribution"].drop_nulls() for one in json.loads(text)} if later else set()
    means |= {label: meaning(label, later) for label in told}
    now = {label: found[0] for label, found in means.items() if len(found) == 1 and found[0] != label}
    if not now:
        return rows
    distribution = pl.Series("distribution", [_renamed(text, now) for text in rows["distribution"]], pl.String)
    return rows.with_columns(pl.col("label").replace(now), distribution)


def _renamed(text: str | None, now: Mapping[str, str]) -> str | None:
    """A distribution, JSON of class -> share, by the names `now`; shares of classes that are one by now add up."""
    if text is None:
        return None
    shares: dict[str, float] = {}
    for name, share in json.loads(text).items():
        present = now.get(name, name)
        shares[present] = shares.get(present, 0.0) + share
    return json.dumps(shares, ensure_ascii=False)
