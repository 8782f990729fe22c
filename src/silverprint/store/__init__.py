"""Storage on disk: images in shards, tables in Parquet, ledgers in CSV."""

from silverprint.store.shards.reader import ShardReader, read_span
from silverprint.store.shards.span import Span
from silverprint.store.shards.writer import ShardWriter

__all__ = ["ShardReader", "ShardWriter", "Span", "read_span"]
