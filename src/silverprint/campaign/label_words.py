"""Meanings of the words in a source's labels: data/words.csv in Git, given once with `votes import --map`."""

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core.votes import imported_labels
from silverprint.records import WORDS, empty
from silverprint.store import tables


def read(source: str) -> dict[str, str]:
    """Word -> class, as a person said last. Mappings from before the ledger are read from the imports themselves."""
    standing = imported_labels.latest_statements(ledgers.imports())
    mapped = standing.filter(
        (pl.col("annotator") == imported_labels.annotator(source))
        & (pl.col("status") == "valid")
        & (pl.col("said") != pl.col("choice"))
        & ~pl.col("said").str.contains(imported_labels.BETWEEN, literal=True)
    )
    before = dict(mapped.sort("batch").select("said", "choice").iter_rows())
    return before | given(source)


def given(source: str) -> dict[str, str]:
    """Word -> class, of the words in the ledger."""
    return dict(_ledger().filter(pl.col("source") == source).select("said", "choice").iter_rows())


def write(source: str, words: Mapping[str, str]) -> None:
    """Writes down what `words` mean, in place of what they meant."""
    if not words:
        return
    at = datetime.now(UTC).isoformat(timespec="seconds")
    new = [{"source": source, "said": said, "choice": choice, "at": at} for said, choice in words.items()]
    kept = _ledger().filter(~((pl.col("source") == source) & pl.col("said").is_in(list(words))))
    rows = pl.concat([kept, pl.DataFrame(new, schema=WORDS)])
    tables.write_ledger(rows, layout.WORDS, WORDS, ["source", "said"])


def _ledger() -> pl.DataFrame:
    return ledgers.read(layout.WORDS) if layout.WORDS.exists() else empty(WORDS)
