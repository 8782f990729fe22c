"""URL history of a source, from its rows so far."""

from typing import Any

import polars as pl

from silverprint.fetch_result import Validators
from silverprint.store.int_map import IntMap

_OF_THE_BYTES = ("empty", "not-an-image")  # reasons that hold for as long as the bytes stay


class UrlHistory:
    """The latest row of each address that tells of its bytes.

    Args:
        index: the rows so far (columns RAW), older parts first.
    """

    def __init__(self, index: pl.DataFrame) -> None:
        of_the_bytes = pl.col("image_id").is_not_null() | pl.col("reason").is_in(_OF_THE_BYTES)
        self._rows = index.with_row_index("number").filter(of_the_bytes)
        self._last = IntMap(map(hash, self._rows["url"]), range(len(self._rows)))

    def row(self, url: str) -> dict[str, Any] | None:
        """The address's latest row, with its `number` in the index."""
        number = self._last.get(hash(url))
        if number is None:
            return None
        row = self._rows.row(number, named=True)
        return row if row["url"] == url else None  # another address may have the same hash

    def validators(self, url: str) -> Validators | None:
        """What to ask `url` with, so that an unchanged picture need not be sent again."""
        row = self.row(url)
        if row is None or row["image_id"] is None or (row["etag"] is None and row["last_modified"] is None):
            return None
        return Validators(row["image_id"], row["etag"], row["last_modified"])
