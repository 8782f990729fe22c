"""Restatement of a source's settings in its stored rows, where nothing else states the field."""

from pathlib import Path

import polars as pl

from silverprint.core.licenses import spdx
from silverprint.records import RAW, conform
from silverprint.store import tables
from silverprint.store.shards.names import index_name, index_numbers

COLUMNS = ("license", "contract", "consent")

# A licence's evidence shows that a source's settings gave it; any other field shows it by being what they said before.
_FROM_SETTINGS = "source"


def restate(root: Path, before: dict[str, str | None], now: dict[str, str | None]) -> int:
    """Changes rows of the source in `root` whose `COLUMNS` are as its settings had them `before`.

    A row keeps what its manifest or list says. Indexes are replaced, not written into, as a purge does.

    Returns:
        How many rows changed.
    """
    changed = {name: now.get(name) for name in COLUMNS if before.get(name) != now.get(name)}
    total = 0
    for number in index_numbers(root) if changed else ():
        path = root / index_name(number)
        rows = tables.read(path, RAW)
        new = rows
        for name, said in changed.items():
            new = new.with_columns(*(_license(said) if name == "license" else _plain(name, before.get(name), said)))
        count = int((conform(new, RAW).hash_rows() != rows.hash_rows()).sum())
        if count:
            tables.write(new, path, RAW)
            total += count
    return total


def _license(said: str | None) -> list[pl.Expr]:
    ours = pl.col("image_id").is_not_null() & (
        (pl.col("license_evidence") == _FROM_SETTINGS) | pl.col("license").is_null()
    ).fill_null(True)
    known = spdx(said or "")
    evidence = None if known is None else _FROM_SETTINGS
    values = (("license", known), ("license_evidence", evidence))
    return [pl.when(ours).then(pl.lit(value, pl.String)).otherwise(pl.col(name)).alias(name) for name, value in values]


def _plain(name: str, before: str | None, said: str | None) -> list[pl.Expr]:
    ours = pl.col("image_id").is_not_null() & pl.col(name).eq_missing(pl.lit(before, pl.String))
    return [pl.when(ours).then(pl.lit(said, pl.String)).otherwise(pl.col(name)).alias(name)]
