"""silverprint takedown: what it writes, and what it does not take."""

from pathlib import Path

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.commands import takedown
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import MEASURED, RAW, conform
from silverprint.stages import measure
from silverprint.store import tables
from tests.helpers.album import Found, acquire, png, tile

ID, OTHER, UNKNOWN, THIRD = "a1" * 32, "b2" * 32, "c3" * 32, "d4" * 32
PAGE = "https://example.org/page"


@pytest.fixture(autouse=True)
def acquired(project: Path) -> None:
    rows = {
        "image_id": [ID, OTHER, None, THIRD],
        "url": [
            "https://example.org/a.jpg",
            "https://example.org/b.jpg",
            "https://example.org/gone.jpg",
            "s3://bucket/may/a#b.jpg",
        ],
        "page_url": [PAGE, PAGE, None, None],
        "source": ["web", "web", "web", "partner"],
    }
    tables.write(conform(pl.DataFrame(rows), RAW), layout.raw("web") / "index-00000.parquet", RAW)
    for source in config.load().sources:
        layout.raw(source).mkdir(exist_ok=True)


def withdraw(target: str, why: str = "asked", *, purge: bool = False) -> list[dict[str, str]]:
    takedown.run(config.load(), target, why, purge)
    return ledgers.takedowns().to_dicts()


@pytest.mark.parametrize(
    ("target", "kind", "gone"),
    [
        (ID, "image", [ID]),
        (ID.upper(), "image", [ID]),
        (ID[:12].upper(), "image", [ID]),
        (UNKNOWN, "image", [UNKNOWN]),
        ("https://example.org/b.jpg", "url", [OTHER]),
        (f"{PAGE}#top", "url", [ID, OTHER]),
        ("https://example.org/", "url", []),
        ("s3://bucket/may/a#b.jpg", "url", [THIRD]),
        ("drop.tar!a.jpg#2", "url", []),
        ("Example.ORG", "domain", [ID, OTHER]),
        ("elsewhere.example", "domain", []),
        ("web", "source", [ID, OTHER]),
        ("partner", "source", [THIRD]),
        ("own", "source", []),
    ],
)
def test_what_a_target_withdraws(target: str, kind: str, gone: list[str], capsys) -> None:
    rows = withdraw(target, " asked by\nits author ")
    assert sorted(row["image_id"] for row in rows if row["image_id"]) == gone
    rules = [row for row in rows if row["image_id"] is None]
    assert len(rules) == (kind != "image")
    assert {(row["kind"], row["why"]) for row in rows} == {(kind, "asked by its author")}
    said = capsys.readouterr().err
    assert f"withdrawn: {len(gone)} pictures" in said
    assert (f"warning: no source holds a picture of this {kind}" in said) == (not set(gone) & {ID, OTHER, THIRD})
    assert withdraw(target) == rows


@pytest.mark.parametrize("target", ["nonsense", ID[:7], "", " ", "10.0.0.1", "a b", "\udcff", "web ner"])
def test_a_target_of_no_kind_is_refused(target: str) -> None:
    with pytest.raises(UsageError, match=r"neither an image_id .* nor contributor:NAME"):
        withdraw(target)
    assert ledgers.takedowns().is_empty()


def test_digits_that_name_no_picture_here_are_refused() -> None:
    with pytest.raises(UsageError, match="no picture on this disk begins with it; give all 64 hex digits"):
        withdraw(UNKNOWN[:12])
    assert ledgers.takedowns().is_empty()


@pytest.mark.parametrize("target", ["htp://shop.example/a.jpg", "file:///etc/passwd", "://x", "HTTPS2://x"])
def test_an_address_that_nothing_comes_by_is_refused(target: str) -> None:
    with pytest.raises(UsageError, match="pictures come by http, https, s3"):
        withdraw(target)
    assert ledgers.takedowns().is_empty()


@pytest.mark.parametrize("why", ["", "  ", "\n\t"])
def test_a_reason_is_needed(why: str) -> None:
    with pytest.raises(UsageError, match="a takedown says why"):
        withdraw(ID, why)


def test_a_reason_in_any_bytes_is_kept() -> None:
    assert withdraw(ID, 'caf\udce9, "x"')[0]["why"] == 'caf\\udce9, "x"'


def test_an_upper_case_line_is_not_written_twice() -> None:
    layout.TAKEDOWNS.write_text(f"image_id,kind,target,why,at\n{ID.upper()},image,{ID},asked,2026-01-01\n")
    assert len(withdraw(ID)) == 1


def test_copies_are_named_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    copies = [Found(png(tile(0)), "named"), Found(png(tile(0), compress_level=1), "copy"), Found(png(tile(1)), "other")]
    acquire("web", copies)
    assert [row["image_id"] for row in withdraw(copies[0].image_id)] == [copies[0].image_id]  # not measured yet
    unknown = "are not known here, for it was not measured"
    assert unknown in capsys.readouterr().err
    for source in config.load().sources:
        layout.measured(source).mkdir(parents=True, exist_ok=True)
    tables.write(
        measure.measure([(one.image_id, one.data) for one in copies]),
        layout.measured("web") / "part-00001.parquet",
        MEASURED,
    )
    assert {row["image_id"] for row in withdraw(copies[0].image_id)} == {one.image_id for one in copies[:2]}
    assert unknown not in capsys.readouterr().err


def test_without_an_index_it_cannot_be_said() -> None:
    layout.raw("partner").rmdir()
    with pytest.raises(UnavailableError, match=r"data/raw/partner: .*; run: silverprint repro"):
        withdraw(ID)


@pytest.mark.slow
def test_a_purge_removes_what_is_being_served_in_every_campaign_and_round(capsys) -> None:
    served = [layout.SERVING / place / f"{ID}.jpg" for place in ("one/r01", "one/r02", "renamed/r01")]
    other = layout.SERVING / "one/r01" / f"{OTHER}.jpg"
    for path in (*served, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"jpeg")
    withdraw(ID)
    assert all(path.exists() for path in served)
    withdraw(ID, purge=True)
    assert not any(path.exists() for path in served)
    assert other.exists()
    said = capsys.readouterr().err
    assert all(f"{path}: removed" in said for path in served)
