"""Sources' folders that were copied below a prefix on S3."""

import polars as pl

from silverprint.records import RAW, empty
from silverprint.store import tables
from silverprint.store.s3 import SCHEME, Bucket
from silverprint.store.shards.names import is_index


def sources(address: str) -> list[str]:
    """`address` itself where it holds parts, else the prefixes below it.

    Raises:
        UnavailableError: nothing is there.
    """
    found = Bucket().listed(address)
    below = sorted(f"{SCHEME}{entry['name']}" for entry in found if entry["type"] == "directory")
    return [address] if not below or any(is_index(entry["name"]) for entry in found) else below


def index(address: str) -> pl.DataFrame:
    """The rows (columns RAW) of all parts of a source."""
    bucket = Bucket()
    names = sorted(entry["name"] for entry in bucket.listed(address) if is_index(entry["name"]))
    found = bucket.contents(address, names)
    parts = [tables.parse(found[name], f"{SCHEME}{name}", RAW, "copy it there again") for name in names]
    return pl.concat(parts) if parts else empty(RAW)
