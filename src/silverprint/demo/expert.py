"""Simulated expert: looks at images before anybody is asked, and records the label of those that are certain."""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.console import say
from silverprint.demo import truth
from silverprint.demo.personas import difficulty
from silverprint.records import MANIFEST
from silverprint.store import files, tables

NOTES: Final = layout.DEMO / "gold.csv"
WHY: Final = "the demo's expert is certain"
KNOWN: Final = 12  # pictures: four for each of the demo's three rounds
CLEAR: Final = 1.0  # difficulty, of mean 1, up to which an expert is certain


def write_gold() -> None:
    """Writes var/demo/gold.csv, for `silverprint gold import`.

    Raises:
        UnavailableError: cleaning has not run, or the truth was not built.
    """
    manifest = tables.read(layout.MANIFEST, MANIFEST).select("image_id", "kept", "group")
    found = certain_labels(manifest, truth.read())
    buffer = StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(("image_id", "label", "why"))
    rows.writerows((image_id, label, WHY) for image_id, label in found.items())
    files.write_text(NOTES, buffer.getvalue())
    say(f"{NOTES}: an expert is certain of {len(found)} pictures")


def certain_labels(manifest: pl.DataFrame, labels: Mapping[str, str]) -> dict[str, str]:
    """image_id -> what it shows, of KNOWN clear pictures at most; by chance, since an image_id is a hash.

    Args:
        manifest: image_id, kept, group. One picture of each near-duplicate group is taken.
        labels: image_id -> what it shows.
    """
    kept = manifest.filter("kept").sort("image_id").unique("group", keep="first", maintain_order=True)
    clear = [name for name in kept["image_id"] if name in labels and difficulty(name) <= CLEAR]
    return {name: labels[name] for name in clear[:KNOWN]}
