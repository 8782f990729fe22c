"""Purge of images that were taken down: their bytes in the shard are overwritten, all other offsets stay.

What is left of a picture is its fingerprint, in `fingerprints.csv` beside the shards: by it a later copy of the same
pixels is found and withdrawn, too.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

import polars as pl

from silverprint.imaging.measurement import fingerprint
from silverprint.records import FINGERPRINTS, RAW, conform, empty
from silverprint.store import tables
from silverprint.store.shards.names import index_name, index_numbers, shard_name
from silverprint.store.shards.reader import ShardReader
from silverprint.store.storage import content

PURGED = "purged"  # RAW.outcome

_FINGERPRINTS = "fingerprints.csv"


def purge(root: Path, image_ids: Collection[str]) -> list[Path]:
    """Overwrites the payloads of `image_ids` in a source's folder with zeros, and marks their rows as purged.

    Fingerprints are taken before anything goes. Then the shard goes first: where a kill comes between it and the index,
    that still says that the picture is stored, and the next call does both again. Files are replaced, never written
    into, since DVC's cache may hold the same file. Objects that were replaced are deleted last, those of an earlier
    call too, for a kill may have come before that.

    Returns:
        The shards and indexes that changed.

    Raises:
        DiskError: no space; what was done stays done.
        UnavailableError, NotAllowedError: a bucket does not let us; likewise.
    """
    changed = []
    for number in index_numbers(root):
        index, shard = root / index_name(number), root / shard_name(number)
        rows = tables.read(index, RAW)
        gone = pl.col("image_id").is_in(sorted(image_ids)) & pl.col("outcome").is_in(["stored", "duplicate"])
        stored = rows.filter(gone & (pl.col("outcome") == "stored"))
        if not stored.is_empty():
            _remember(root, ShardReader.of_part(index).read(stored["image_id"].to_list()))
            content.overwrite(shard, stored.select("offset", "size").rows())
            changed.append(shard)
        if not rows.filter(gone).is_empty():
            tables.write(_marked(rows, gone), index, RAW)
            changed.append(index)
    content.delete_purged(root)
    return changed


def fingerprints(root: Path) -> pl.DataFrame:
    """FINGERPRINTS of what was purged from a source's folder."""
    path = root / _FINGERPRINTS
    return tables.read_ledger(path, FINGERPRINTS) if path.exists() else empty(FINGERPRINTS)


def _remember(root: Path, pictures: Iterable[tuple[str, bytes]]) -> None:
    """Adds fingerprints; one that is there stays: after a kill, what is read now may be overwritten already."""
    rows = [row for image_id, data in pictures if (row := fingerprint(image_id, data))]
    if rows:
        found = pl.concat([fingerprints(root), conform(pl.DataFrame(rows), FINGERPRINTS)])
        once = found.unique("image_id", keep="first", maintain_order=True)
        tables.write_ledger(once, root / _FINGERPRINTS, FINGERPRINTS, ["image_id"])


def _marked(rows: pl.DataFrame, gone: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(
        outcome=pl.when(gone).then(pl.lit(PURGED)).otherwise("outcome"),
        reason=pl.when(gone).then(pl.lit("taken-down")).otherwise("reason"),
        stored_sha256=pl.when(gone).then(None).otherwise("stored_sha256"),
    )
