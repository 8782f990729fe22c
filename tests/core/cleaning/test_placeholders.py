"""On how many pages of one source a picture is shown."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.cleaning.placeholders import page_counts
from silverprint.records import RAW, conform

ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["web", "own"]), st.sampled_from([None, "p1", "p2", "p3"])),
    min_size=1,
)


def raw(rows: list[tuple[str | None, str, str | None]]) -> pl.DataFrame:
    columns = {"image_id": pl.String, "source": pl.String, "page_url": pl.String}
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return conform(frame.with_columns(url=pl.format("u-{}", pl.col("image_id"))), RAW)


def counted(rows: list[tuple[str | None, str, str | None]], like: dict[str, int]) -> dict[str, int]:
    names = pl.Series(list(like), dtype=pl.String)
    return dict(page_counts(raw(rows), names, np.array(list(like.values()), dtype=np.int64)).iter_rows())


@given(rows=ROWS)
def test_each_picture_alone_against_a_plain_count(rows) -> None:
    shown: dict[tuple[str, str], set[str]] = {}
    for image_id, source, page in rows:
        shown.setdefault((image_id, source), set()).add(page or f"u-{image_id}")
    expected = {name: max(len(found) for (one, _), found in shown.items() if one == name) for name, _ in shown}
    assert counted(rows, {}) == expected
    assert counted([*rows, *rows, (None, "web", "p9")], {}) == expected  # seen again, and a page that failed


def test_pictures_that_are_nearly_the_same_count_together_in_one_source() -> None:
    rows = [("a", "web", "p1"), ("b", "web", "p2"), ("c", "web", "p3"), ("a", "own", "p4")]
    assert counted(rows, {"a": 0, "b": 0, "c": 2}) == {"a": 2, "b": 2, "c": 1}
