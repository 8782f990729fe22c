"""A picture is reserved as soon as no address offers it any more, and is free again as soon as one does."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.cleaning.reserved_since import reserved_since
from silverprint.records import RAW, conform

ONE, OTHER = "1" * 64, "2" * 64
SAID = "tdmrep:1@tdmrep.json"


def said(*rows: tuple[str, str | None, str | None]) -> dict[str, str]:
    """What is found of rows (url, image_id, reason), in their order."""
    frame = pl.DataFrame(rows, schema=["url", "image_id", "reason"], orient="row").with_columns(
        source=pl.lit("web"), reservation=pl.when(pl.col("reason").is_not_null()).then(pl.lit(SAID))
    )
    return dict(reserved_since(conform(frame, RAW)).iter_rows())


def test_the_last_answer_of_each_address_counts() -> None:
    assert said() == {}
    assert said(("a", ONE, None)) == {}
    assert said(("a", ONE, None), ("a", None, "reserved")) == {ONE: SAID}
    assert said(("a", ONE, None), ("a", None, "x-robots-tag")) == {ONE: SAID}
    assert said(("a", ONE, None), ("a", None, "http-404")) == {}
    assert said(("a", ONE, None), ("a", None, "reserved"), ("a", ONE, None)) == {}
    assert said(("a", ONE, None), ("b", ONE, None), ("a", None, "reserved")) == {}
    assert said(("a", ONE, None), ("b", ONE, None), ("a", None, "reserved"), ("b", None, "meta-robots")) == {ONE: SAID}
    assert said(("a", ONE, None), ("b", OTHER, None), ("a", None, "reserved")) == {ONE: SAID}
    assert said(("a", None, "reserved"), ("b", OTHER, None)) == {}


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from([ONE, OTHER, None]), st.sampled_from(["reserved", "http-404"])
    ).map(lambda row: (row[0], row[1], None if row[1] else row[2])),
    max_size=12,
)


@pytest.mark.slow
@given(ROWS)
def test_it_is_what_a_loop_finds(rows: list[tuple[str, str | None, str | None]]) -> None:
    last = {url: reason for url, _, reason in rows}
    places = {image_id: {url for url, one, _ in rows if one == image_id} for image_id in (ONE, OTHER)}
    expected = {image_id for image_id, urls in places.items() if urls and all(last[url] == "reserved" for url in urls)}
    assert set(said(*rows)) == expected
