"""Images that a list of hashes names, so that nobody is to see them."""

import numpy as np
import polars as pl

from silverprint.core.hashing import Words, hamming

SHA256, PHASH256 = KINDS = ("sha256", "phash256")
_FILE = ("image_id", "stored_sha256", "pixel_sha256")


def matches(pictures: pl.DataFrame, blocked: pl.DataFrame, radius: int) -> pl.DataFrame:
    """Those of `pictures` that the list names.

    Args:
        pictures: image_id, stored_sha256, pixel_sha256 and the columns of `phash256`, null where it does not decode.
        blocked: BLOCKED rows, hashes in lower case.
        radius: bits of 256 in which a perceptual hash may differ, at most.

    Returns:
        image_id, blocked: `sha256`, or `phash256:` and the bits in which it differs.
    """
    named = blocked.filter(kind=SHA256)["hash"].implode()
    same = pl.any_horizontal(pl.col(name).is_in(named) for name in _FILE)
    exact = pictures.filter(same.fill_null(False)).select("image_id", blocked=pl.lit(SHA256))
    words = [words_of(text) for text in blocked.filter(kind=PHASH256)["hash"]]
    if not words:
        return exact
    rest = pictures.join(exact, on="image_id", how="anti").drop_nulls("phash256_0")
    near = _near(rest.select(pl.col("^phash256_.$")).to_numpy(), words)
    alike = rest.select("image_id").with_columns(bits=near).filter(pl.col("bits") <= radius)
    return pl.concat([exact, alike.select("image_id", blocked=pl.format(f"{PHASH256}:{{}}", "bits"))])


def _near(hashes: Words, words: list[Words]) -> pl.Series:
    """The bits in which each of (N, 4) hashes differs from the nearest of the list."""
    least = np.full(len(hashes), 256, dtype=np.int64)
    for one in words:
        np.minimum(least, hamming(hashes, one), out=least)
    return pl.Series(least)


def words_of(text: str) -> Words:
    """(4,) words of 64 hex digits."""
    return np.array([int(text[at : at + 16], 16) for at in range(0, 64, 16)], dtype=np.uint64)


def text_of(words: list[int]) -> str:
    """64 hex digits of the four words."""
    return "".join(f"{word:016x}" for word in words)
