"""Whatever a stranger says becomes a row that a table holds: the part that it goes into is never lost by it."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from silverprint.fetch_result import LONGEST_ADDRESS, Answer, Showing
from silverprint.records import RAW, empty
from silverprint.store import ShardReader, ShardWriter
from silverprint.store.intake import Intake, field_bounds
from tests.helpers.web_pictures import encoded

# What may stand in any field: text of any signs (halves of signs, controls), numbers of any size, and no text at all.
HUGE = ["x" * 20_000, "\xfc" * 20_000, "\udcff" * 9_000, 10**30, -(10**30), 10**400, float("nan"), "9" * 5_000]
ODD = (
    st.none() | st.text(max_size=20) | st.text(st.characters(categories=["Cs", "Cc"]), max_size=9) | st.integers()
    | st.booleans() | st.floats() | st.binary(max_size=9) | st.lists(st.text(max_size=2), max_size=2)
    | st.integers(0, len(HUGE) - 1).map(HUGE.__getitem__)
)  # fmt: skip
URL = st.text(max_size=30) | st.sampled_from(["http://a/" + "x" * 20_000, "http://a/\0", "http://a/\udcff", ""])
NO_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]  # of what is huge on purpose, it would take minutes
SHOWINGS = st.builds(Showing, URL, *[ODD] * (len(Showing._fields) - 1))
STATUS = ODD | st.integers(90, 1_010)
DATA = st.none() | st.sampled_from([b"", b"no picture", encoded(1), encoded(2)])
ANSWERS = st.builds(
    Answer, ODD | st.sampled_from(["present", "refused", "failed"]), ODD, DATA, st.none() | ODD, ODD, STATUS, *[ODD] * 4
)


def intake(writer: ShardWriter) -> Intake:
    return Intake(writer, "odd", empty(RAW))


@pytest.mark.slow
@settings(max_examples=100, deadline=None, phases=NO_SHRINKING)
@given(SHOWINGS, ANSWERS)
def test_whatever_is_said_a_table_holds_it(showing: Showing, answer: Answer) -> None:
    said, found = field_bounds.showing(showing), field_bounds.answer(answer, showing)
    row = {**said._asdict(), **found._asdict()}
    frame = pl.DataFrame(
        [{name: row.get(name) for name in RAW if name in row}], schema_overrides=dict(RAW), strict=True
    )
    for name, longest in field_bounds.LONGEST.items():
        value = row[name]
        assert value is None or (isinstance(value, str) and len(value) <= longest), name
        assert value is None or "\0" not in value
    assert frame["status"][0] is None or 100 <= frame["status"][0] <= 999
    assert found.outcome in ("present", "refused", "failed")
    assert (field_bounds.showing(said), field_bounds.answer(found, said)) == (said, found)  # once is enough


@pytest.mark.slow
@settings(max_examples=10, deadline=None, phases=NO_SHRINKING)
@given(steps=st.lists(st.tuples(SHOWINGS, ANSWERS), min_size=1, max_size=12))
def test_no_part_is_lost_by_what_is_said(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Showing, Answer]]
) -> None:
    root = tmp_path_factory.mktemp("odd")
    with ShardWriter(root) as writer:
        taking = intake(writer)
        taking.take(Showing("http://a.example/good"), Answer("present", data=encoded(3)))
        for showing, answer in steps:
            # A name that is none of this source's comes with bytes, or is none; channels give no other.
            taking.take(showing, answer._replace(image_id=None))
    rows = ShardReader(root).index()
    assert rows.filter(url="http://a.example/good")["outcome"].to_list() == ["stored"]
    assert rows["outcome"].is_in(["stored", "duplicate", "refused", "failed"]).all()
    assert rows.filter(pl.col("outcome").is_in(["refused", "failed"]))["image_id"].is_null().all()


def take(root: Path, showing: Showing, answer: Answer) -> dict[str, Any]:
    with ShardWriter(root) as writer:
        intake(writer).take(showing, answer)
    return ShardReader(root).index().row(0, named=True)


@pytest.mark.parametrize("status", [10**30, -1, 0, 99, 1_000, 2**63, True, "200", 200.0])
def test_a_status_that_is_none_is_a_reason(tmp_path: Path, status: Any) -> None:
    row = take(tmp_path, Showing("http://a/1"), Answer("failed", "http-9", status=status))
    assert (row["outcome"], row["reason"], row["status"], row["image_id"]) == ("failed", "broken-response", None, None)


@pytest.mark.parametrize("status", [100, 200, 404, 600, 999])
def test_a_status_of_three_digits_is_one(tmp_path: Path, status: int) -> None:
    row = take(tmp_path, Showing("http://a/1"), Answer("failed", f"http-{status}", status=status))
    assert (row["reason"], row["status"]) == (f"http-{status}", status)


def test_an_address_that_no_row_holds_is_a_reason_and_stays_apart_from_others(tmp_path: Path) -> None:
    longs = [f"http://a.example/{'x' * 1_000_000}{end}" for end in "12"]
    with ShardWriter(tmp_path) as writer:
        taking = intake(writer)
        for url in longs:
            taking.take(Showing(url), Answer("present", data=encoded(1)))
    rows = ShardReader(tmp_path).index()
    assert rows["reason"].to_list() == ["bad-url"] * 2
    assert rows["url"].n_unique() == 2
    assert rows["url"].str.len_chars().to_list() == [LONGEST_ADDRESS] * 2
    assert all(url.startswith("http://a.example/xxx") for url in rows["url"])
    mark = hashlib.sha256(longs[0].encode()).hexdigest()[:16]
    assert rows.filter(pl.col("url").str.ends_with(f"…{mark}")).height == 1


@pytest.mark.parametrize("slashes", ["//", "\\\\", "///"])
@pytest.mark.parametrize("place", ["h.example", "h.example:99999", "[bad"])
@pytest.mark.parametrize("end", ["", "x" * 20_000])
def test_no_field_holds_the_password_of_an_address(slashes: str, place: str, end: str) -> None:
    address = f"http:{slashes}ada:SECRET{end}@{place}/p{end}"
    said = field_bounds.showing(Showing(*[address] * len(Showing._fields)))
    assert not [name for name, value in said._asdict().items() if "SECRET" in value]
    found = field_bounds.answer(
        Answer("failed", "bad-url", content_type=address, reservation=f"tdmrep:{address}"), said
    )
    assert "SECRET" not in str(found)
    assert field_bounds.address(address) == said.url
    assert said.url.startswith(f"http:{slashes}***@{place}/p")
    assert said.page_url is not None
    assert said.page_url.startswith(f"http:{slashes}{place}/p")


def test_a_validator_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    for number, (etag, kept) in enumerate([('"a"', '"a"'), ("x" * 1_025, None), ('"a\x01"', None), ('"\udcff"', None)]):
        row = take(tmp_path / str(number), Showing("http://a/1"), Answer("failed", "empty", etag=etag))
        assert row["etag"] == kept


def test_a_number_that_python_does_not_write_is_no_end(tmp_path: Path) -> None:
    row = take(tmp_path, Showing("http://a/1", source_label=10**5_000), Answer("failed", "empty", status=10**5_000))
    assert (row["source_label"], row["reason"]) == ("int", "broken-response")


def test_what_is_sane_stays_as_it_is() -> None:
    said = Showing(
        "http://a/1?ü", "http://a/", "CC0-1.0", "list", "Tasche – rot", "Zeile 1\nZeile\t2 \N{CAT FACE}", "c", "d"
    )
    assert field_bounds.showing(said) is said
    found = Answer("present", image_id="a" * 64, format="jpeg", status=200, content_type="image/jpeg", etag='W/"1"')
    assert field_bounds.answer(found, said) is found
