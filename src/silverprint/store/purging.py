"""Stored bytes overwritten in their shard, for pictures that were taken down; all other offsets stay."""

import shutil
from collections.abc import Collection
from pathlib import Path

import polars as pl

from silverprint.records import RAW
from silverprint.store import files, tables
from silverprint.store.places import index_name, index_numbers, shard_name

PURGED = "purged"  # RAW.outcome


def purge(root: Path, image_ids: Collection[str]) -> list[Path]:
    """Overwrites the payloads of `image_ids` in a source's folder with zeros, and marks their rows as purged.

    The shard goes first: where a kill comes between the two, the index still says that the picture is stored, and the
    next call does both again. Files are replaced, never written into, since DVC's cache may hold the same file.

    Returns:
        The shards and indexes that changed.

    Raises:
        DiskError: no space; what was done stays done.
    """
    changed = []
    for number in index_numbers(root):
        index, shard = root / index_name(number), root / shard_name(number)
        rows = tables.read(index, RAW)
        gone = pl.col("image_id").is_in(sorted(image_ids)) & pl.col("outcome").is_in(["stored", "duplicate"])
        stored = rows.filter(gone & (pl.col("outcome") == "stored"))
        if not stored.is_empty():
            _overwrite(shard, stored.select("offset", "size").rows())
            changed.append(shard)
        if not rows.filter(gone).is_empty():
            tables.write(_marked(rows, gone), index, RAW)
            changed.append(index)
    return changed


def _overwrite(shard: Path, places: list[tuple[int, int]]) -> None:
    with files.replacing(shard) as temporary:
        shutil.copyfile(shard, temporary)
        with temporary.open("r+b") as handle:
            for offset, size in places:
                handle.seek(offset)
                handle.write(bytes(size))


def _marked(rows: pl.DataFrame, gone: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(
        outcome=pl.when(gone).then(pl.lit(PURGED)).otherwise("outcome"),
        reason=pl.when(gone).then(pl.lit("taken-down")).otherwise("reason"),
        stored_sha256=pl.when(gone).then(None).otherwise("stored_sha256"),
    )
