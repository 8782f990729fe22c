"""No text of a stranger's becomes a formula in the CSV that people open."""

import csv
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.exporters import EXPORTERS, spreadsheet
from tests.helpers.exports import a_dataset


def neutral(text: str | None) -> str | None:
    return spreadsheet.neutralise(pl.DataFrame({"a": [text]}, schema={"a": pl.String}))["a"][0]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\ufeff=1", "＝1+1", "－2+3",
     '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+", "-", "--1", "-1-1", "\tx"],
)  # fmt: skip
def test_a_formula_is_text(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-1", "+1", "-1.5e-3", ".5", "-.5", "a=1", "t-shirt", "'=1", "", "http://x/?a=1", None]
)
def test_numbers_and_plain_text_stay(text: str | None) -> None:
    assert neutral(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_no_cell_begins_a_formula_and_nothing_else_changes(texts: list[str]) -> None:
    found = spreadsheet.neutralise(pl.DataFrame({"a": texts}, schema={"a": pl.String}))["a"].to_list()
    for before, after in zip(texts, found, strict=True):
        assert after in (before, f"'{before}")
        try:
            float(after)
        except ValueError:
            assert not after.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(("name", "table"), [("imagefolder", "train.csv"), ("csv", "labels.csv")])
def test_a_csv_beside_the_pictures_is_neutral_unless_it_is_to_be_raw(
    tmp_path: Path, name: str, table: str, raw: bool
) -> None:
    dataset = a_dataset({"train": [0]}, ("-x", "y"), raw, caption="=1+1", confidence=-0.5, n_votes=-1)
    EXPORTERS[name](dataset, tmp_path)
    (found,) = csv.DictReader(StringIO((tmp_path / table).read_text()))
    assert (found["caption"], found["label"]) == (("=1+1", "-x") if raw else ("'=1+1", "'-x"))
    assert (found["confidence"], found["n_votes"]) == ("-0.5", "-1")
    assert (tmp_path / found["file_name"] if name == "csv" else tmp_path / "train" / found["file_name"]).is_file()


def test_the_librarys_table_is_never_neutralised(tmp_path: Path) -> None:
    EXPORTERS["imagefolder"](a_dataset({"train": [0]}, caption="=1+1"), tmp_path)
    assert pl.read_parquet(tmp_path / "train" / "metadata.parquet")["caption"].to_list() == ["=1+1"]
