"""What signals said, counted for the report."""

import polars as pl

from silverprint.core.reporting.summary import reservations
from silverprint.records import RAW, conform


def test_each_thing_said_is_counted_with_what_became_of_it() -> None:
    rows = [
        ("web", "stored", "none"),
        ("web", "stored", None),
        ("web", "refused", "tdmrep:1@header"),
        ("web", "refused", "content-usage:train-ai=y@robots.txt tdmrep:1@header"),
        ("web", "stored", "content-usage:train-ai=y@robots.txt"),
        ("list", "stored", "tdmrep:0@header"),
    ]
    raw = conform(pl.DataFrame(rows, schema=["source", "outcome", "reservation"], orient="row"), RAW)
    assert reservations(raw).rows() == [
        ("list", "tdmrep:0@header", 1, 0),
        ("web", "content-usage:train-ai=y@robots.txt", 2, 1),
        ("web", "tdmrep:1@header", 2, 2),
    ]
    assert reservations(raw.head(2)).is_empty()
