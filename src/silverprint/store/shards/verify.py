"""Verification of a source's indexes against its shards, byte for byte, and of what a killed writer left."""

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from silverprint.errors import DataError, SilverprintError
from silverprint.records import RAW
from silverprint.store import tables
from silverprint.store.shards.names import index_name, index_numbers, leftovers, shard_name, shards_without_index
from silverprint.store.shards.purge import PURGED
from silverprint.store.storage import content
from silverprint.store.storage.pointer import pointer_path

Row: TypeAlias = dict[str, Any]
Member: TypeAlias = tuple[int, int, str]  # offset and size of the payload in bytes, SHA-256 of it


@dataclass(frozen=True)
class Fault:
    """One disagreement.

    Attributes:
        path: the file it is in.
        what: what is wrong, in words.
        leftover: whether it is only what a kill left: no picture is lost, and `names.settle` fixes it.
    """

    path: Path
    what: str
    leftover: bool = False


def inspect(root: Path) -> Iterator[Fault]:
    """Every fault in a source's folder, after reading each shard once.

    An index row must name the member at its offset, whose bytes must have the recorded hash; every member must have
    one `stored` row, or a `purged` one and no bytes left; a picture is stored once; a `duplicate` has a `stored` row.
    """
    yield from (Fault(path, "left behind by a run that was killed", leftover=True) for path in leftovers(root))
    yield from (
        Fault(path, "its index is not here, and nothing else tells what it holds")
        for path in shards_without_index(root)
    )
    first_seen: dict[str, Path] = {}
    for number in index_numbers(root):
        index, shard = root / index_name(number), root / shard_name(number)
        try:
            rows = tables.read(index, RAW)
        except DataError as error:
            yield Fault(index, error.rule)
            continue
        stored = rows.filter(pl.col("outcome") == "stored")
        purged = rows.filter((pl.col("outcome") == PURGED) & (pl.col("shard") == shard.name)).unique("image_id")
        yield from _part(shard, stored.to_dicts(), purged.sort("image_id").to_dicts())
        for image_id in stored["image_id"]:
            if image_id in first_seen:
                yield Fault(shard, f"picture {image_id} is stored a second time; first in {first_seen[image_id].name}")
            first_seen.setdefault(image_id, shard)
        copies = rows.filter(pl.col("outcome") == "duplicate")["image_id"].unique().sort()
        for image_id in copies:
            if image_id not in first_seen:
                yield Fault(index, f"picture {image_id} is a duplicate of nothing")


def _part(shard: Path, stored: list[Row], purged: list[Row]) -> Iterator[Fault]:
    if not (shard.exists() or pointer_path(shard).exists()):
        if stored or purged:
            yield Fault(shard, f"the shard is not there, and its index names {len(stored) + len(purged)} pictures")
        return
    try:
        members = _members(shard)
    except SilverprintError as error:
        yield Fault(shard, f"{error.value}: {error.rule}")
        return
    except (tarfile.TarError, OSError, EOFError) as error:
        yield Fault(shard, f"not a readable tar ({str(error) or type(error).__name__})")
        return
    for row in stored:
        found = members.pop(row["image_id"], None)
        if found is None:
            yield Fault(shard, f"picture {row['image_id']} is in the index and not in the shard")
        elif found[:2] != (row["offset"], row["size"]):
            yield Fault(shard, f"picture {row['image_id']} is not where its index says")
        elif found[2] != row["stored_sha256"]:
            yield Fault(shard, f"the bytes of picture {row['image_id']} are not those that were stored")
    for row in purged:
        found = members.pop(row["image_id"], None)
        if found is None or found[2] != hashlib.sha256(bytes(row["size"])).hexdigest():
            yield Fault(shard, f"the bytes of picture {row['image_id']} were to be purged and are not overwritten")
    for image_id in sorted(members):
        yield Fault(shard, f"picture {image_id} is in the shard and not in its index")


def _members(shard: Path) -> dict[str, Member]:
    """image_id -> place and hash, of every member."""
    members: dict[str, Member] = {}
    with content.opened(shard) as handle, tarfile.open(fileobj=handle, mode="r:") as tar:
        for entry in tar:
            payload = tar.extractfile(entry)
            digest = hashlib.sha256(payload.read() if payload else b"").hexdigest()
            members[entry.name.partition(".")[0]] = (entry.offset_data, entry.size, digest)
    return members
