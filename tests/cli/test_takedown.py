"""silverprint takedown: what it writes, and what it does not take."""

from pathlib import Path

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.commands import takedown
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import RAW, conform
from silverprint.store import tables

ID, OTHER, UNKNOWN = "a1" * 32, "b2" * 32, "c3" * 32
PAGE = "https://example.org/page"


@pytest.fixture(autouse=True)
def acquired(project: Path) -> None:
    rows = {
        "image_id": [ID, OTHER, None],
        "url": ["https://example.org/a.jpg", "https://example.org/b.jpg", "https://example.org/gone.jpg"],
        "page_url": [PAGE, PAGE, None],
    }
    tables.write(conform(pl.DataFrame(rows), RAW), layout.raw("web") / "index-00000.parquet", RAW)
    layout.raw("partner").mkdir()


def withdraw(target: str, why: str = "asked") -> list[dict[str, str]]:
    takedown.run(config.load(), target, why)
    return ledgers.takedowns().sort("image_id").to_dicts()


@pytest.mark.parametrize(
    ("target", "gone"),
    [(ID, [ID]), (ID.upper(), [ID]), ("https://example.org/b.jpg", [OTHER]), (PAGE, [ID, OTHER]), (UNKNOWN, [UNKNOWN])],
)
def test_what_a_target_withdraws(target: str, gone: list[str], capsys) -> None:
    rows = withdraw(target, " asked by\nits author ")
    assert [row["image_id"] for row in rows] == gone
    assert {(row["target"], row["why"]) for row in rows} == {(target, "asked by its author")}
    said = capsys.readouterr().err
    assert f"withdrawn: {len(gone)} pictures (0 were already)" in said
    assert (f"warning: no source holds {UNKNOWN}" in said) == (target == UNKNOWN)
    assert withdraw(target) == rows
    assert f"({len(gone)} were already)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "target", ["nonsense", ID[:12], "", "https://example.org/", "https://example.org/gone.jpg", "http://x\udcff/"]
)
def test_a_target_that_names_no_picture_is_refused(target: str) -> None:
    with pytest.raises(UsageError, match="no source has a picture"):
        withdraw(target)
    assert ledgers.takedowns().is_empty()


@pytest.mark.parametrize("why", ["", "  ", "\n\t"])
def test_a_reason_is_needed(why: str) -> None:
    with pytest.raises(UsageError, match="a takedown says why"):
        withdraw(ID, why)


def test_a_reason_in_any_bytes_is_kept() -> None:
    assert withdraw(ID, 'caf\udce9, "x"')[0]["why"] == 'caf\\udce9, "x"'


def test_an_upper_case_line_is_not_written_twice() -> None:
    layout.TAKEDOWNS.write_text(f"image_id,target,why,at\n{ID.upper()},x,asked,2026-01-01\n")
    assert len(withdraw(ID)) == 1


def test_without_an_index_it_cannot_be_said() -> None:
    layout.raw("partner").rmdir()
    with pytest.raises(UnavailableError, match="dvc pull data/raw/partner"):
        withdraw(ID)
