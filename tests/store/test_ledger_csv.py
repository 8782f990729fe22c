"""What a ledger's text may hold: whatever else is in it is refused with its line."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.campaign import ledgers
from silverprint.errors import DataError
from silverprint.records import ASKS, VOTES, conform
from silverprint.store import ledger_csv, tables

OF_FOUR = {name: kind for name, kind in ASKS.items() if name != "tier"}
HEAD = "image_id,extra,reason,asked_at"
ROW = "aa,1,two classes mixed up,2026-01-01"


def parse(text: str | bytes) -> ledger_csv.Ledger:
    return ledger_csv.parse(text if isinstance(text, bytes) else text.encode(), "data/x.csv", OF_FOUR)


@pytest.mark.parametrize(
    ("third", "rule"),
    [
        ("<<<<<<< HEAD", "marks of a conflict.*silverprint ledger fix"),
        (">>>>>>> 4c67a56994ce90761048f5060e16463aa69bb6b5", "marks of a conflict"),
        ("||||||| merged common ancestors", "marks of a conflict"),
        ("<<<<<<<<<<< a longer mark", "marks of a conflict"),
        ("=======", "1 of the 4 fields"),
        ("aa", "1 of the 4 fields"),
        ("aa,1,x", "3 of the 4 fields"),
        ("aa,1,x,2026-01-01,more", "5 of the 4 fields"),
        (" ", "1 of the 4 fields"),
        ("aa,1,x\0y,2026", "NUL"),
        ("aa,many,x,2026", "extra 'many'"),
        ("aa,1.5,x,2026", "extra '1.5'"),
        ('aa,1,"x,2026', "no CSV"),
        ('aa,1,x"y"z,2026\naa,1,"x"y,2026', "no CSV"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_is_no_row_is_told_with_its_number(third: str, rule: str, end: str) -> None:
    text = end.join([HEAD, ROW, third, ROW, ""])
    with pytest.raises(DataError, match=rf"data/x\.csv line [34].*{rule}") as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert "data/x.csv" in caught.value.remedy


def test_a_line_that_is_no_utf8_is_told_with_its_number() -> None:
    with pytest.raises(DataError, match=r"data/x\.csv line 3: is no text in UTF-8"):
        parse(f"{HEAD}\n{ROW}\naa,1,".encode() + b"\xff,2026\n")


def test_lines_are_counted_over_empty_ones_and_over_fields_of_several_lines() -> None:
    found = parse(f'\n{HEAD}\n\naa,1,"two\n\nlines",x\n\n\nbb,2,y,z\n')
    assert found.lines == [4, 9]
    assert found.frame["reason"].to_list() == ["two\n\nlines", "y"]
    with pytest.raises(DataError, match="line 9: extra"):
        parse(f'\n{HEAD}\n\naa,1,"two\n\nlines",x\n\n\nbb,z,y,z\n')


def test_a_mark_of_order_is_no_part_of_the_first_columns_name() -> None:
    assert parse(b"\xef\xbb\xbf" + f"{HEAD}\n{ROW}\n".encode()).frame.height == 1


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(texts, st.integers(0, 9), texts, texts), max_size=6))
def test_crlf_reads_as_lf_and_hashes_as_lf(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]):
    frame = conform(pl.DataFrame(rows, schema=OF_FOUR, orient="row"), OF_FOUR)
    text = tables.ledger_bytes(frame, OF_FOUR, ["image_id"])
    turned = text.replace(b"\n", b"\r\n")
    assert parse(turned).frame.equals(parse(text).frame)
    assert ledger_csv.digest(turned) == ledger_csv.digest(text)


def votes(*lines: str) -> str:
    return "\n".join([",".join(VOTES), *lines, ""])


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("aa,r01,s-1,coat,sure,,,,2", "status 'sure': must be one of: valid"),
        ("aa,r01,s-1,coat,,,,,2", "has no status"),
        (",r01,s-1,coat,valid,,,,2", "has no image_id"),
        ('"",r01,s-1,coat,valid,,,,2', "has no image_id"),
        ("aa,r01,,coat,valid,,,,2", "has no annotator"),
        (",,,,,,,,", "has no image_id"),
    ],
)
def test_a_vote_without_what_makes_it_one_is_refused(tmp_path: Path, monkeypatch, line: str, rule: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("data/rounds/r01/votes.csv")
    path.parent.mkdir(parents=True)
    path.write_text(votes("aa,r01,s-1,coat,valid,,,,1", line))
    with pytest.raises(DataError, match=rf"votes\.csv line 3.*{rule}"):
        ledgers.votes("r01")


def test_votes_with_gits_marks_are_no_votes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("data/rounds/r01/votes.csv")
    path.parent.mkdir(parents=True)
    path.write_text(
        votes(
            "aa,r01,s-1,coat,valid,,,,1", "<<<<<<< HEAD", "=======", "bb,r01,s-2,bag,valid,,,,2", ">>>>>>> 4c67a56994ce"
        )
    )
    with pytest.raises(DataError, match=r"votes\.csv line 3: Git left the marks.*ledger fix data/rounds/r01/votes"):
        ledgers.votes("r01")
