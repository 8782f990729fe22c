"""Facts of a release: what is counted, against the tables it is counted from."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.reporting import release_facts
from tests.helpers import release_facts as made


def test_hosts_are_those_of_training_pictures_that_were_fetched() -> None:
    found = made.facts().domains
    used = made.rows().filter(pl.col("split").is_in(["train", "silver"]) & (pl.col("source") == "web"))
    assert dict(found.select("domain", "pictures").iter_rows()) == dict(
        used.group_by(pl.col("url").str.slice(8, 9)).len().iter_rows()
    )
    assert found["bytes"].to_list() == sorted((1000 * n for n in found["pictures"]), reverse=True)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://a.example/x", "a.example"),
        ("https://A.Example:8443?x", "a.example"),
        ("http://user:word@a.example/x@y", "a.example"),
        ("http://[::1]:80/x", "[::1]"),
        ("http://a.example#x", "a.example"),
    ],
)
def test_a_host_is_told_without_port_user_and_capitals(url: str, host: str) -> None:
    facts = made.facts()
    rows = made.rows().filter(split="train", source="web").head(1).with_columns(pl.lit(url).alias("url"))
    assert release_facts.domains(facts.params, made.raw(rows), rows)["domain"].to_list() == [host]


def test_a_picture_that_two_sources_gave_counts_once() -> None:
    facts, rows = made.facts(), made.rows()
    twice = pl.concat([made.raw(rows), made.raw(rows)])
    assert release_facts.domains(facts.params, twice, rows).equals(facts.domains)


def test_answers_that_do_not_stand_are_nobodys() -> None:
    assert [one["annotator"] for one in made.facts().annotators] == ["s-1", "s-2"]
    first = made.facts().rounds[0]
    assert (first["votes"], first["people"], first["first"], first["last"]) == (
        24, 2, "2026-02-10T00:00:00Z", "2026-02-21T00:00:00Z",
    )  # fmt: skip


def test_a_source_of_which_nothing_came_has_no_time_and_no_counts() -> None:
    found = {source.name: source for source in made.facts().sources}
    assert list(found) == ["web", "partner", "own", "list", "crowd"]
    assert (found["own"].first, found["own"].outcomes, found["own"].released) == (None, {}, 0)
    assert sum(source.released for source in found.values()) == 14
    assert sum(source.training for source in found.values()) == 11


@given(st.lists(st.none() | st.sampled_from(["a", "b", "c"])))
def test_values_are_counted_without_nulls_the_commonest_first(values: list[str | None]) -> None:
    found = release_facts.value_counts(pl.Series("x", values, dtype=pl.String))
    assert found == {name: values.count(name) for name in found}
    assert sum(found.values()) == len([value for value in values if value is not None])
    assert list(found.values()) == sorted(found.values(), reverse=True)
