"""Storage on disk: images in shards, tables in Parquet, ledgers in CSV."""

from silverprint.store.shards.reader import ShardReader
from silverprint.store.shards.writer import ShardWriter

__all__ = ["ShardReader", "ShardWriter"]
