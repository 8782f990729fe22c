"""What the contact sheet shows, against the manifest it is drawn from."""

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from silverprint import config
from silverprint.core.cleaning.rules import BY_REASON, FLAGS, REASONS
from silverprint.core.reporting import sheet_examples
from silverprint.records import MANIFEST
from tests.conftest import ROOT

LIMITS = config.load(ROOT / "params.yaml").clean
EVIDENCE = {"too-small": ["40x30", "1x1"], "undecodable": ["truncated", "not-an-image"], "license-unknown": ["unknown"]}


@some.composite
def manifests(draw: some.DrawFn) -> pl.DataFrame:
    """Pictures that are kept, flagged or not, or rejected; copies give way to one that is, or was, kept."""
    rows: list[dict[str, Any]] = []
    for number in range(draw(some.integers(1, 60))):
        reason = draw(some.sampled_from([None, *REASONS])) if number else None
        told = draw(some.sampled_from(EVIDENCE.get(reason or "", ["1.5"])))
        if reason == "same-pixels":  # of one that may itself be a near-duplicate
            told = draw(
                some.sampled_from([row["image_id"] for row in rows if row["reason"] in (None, "near-duplicate")])
            )
        if reason == "near-duplicate":
            told = draw(some.sampled_from([row["image_id"] for row in rows if row["reason"] is None]))
        flags = " ".join(f"{name}:7" for name in FLAGS if draw(some.booleans()))
        row = {"image_id": f"{number * 7919 % 997:064x}", "kept": reason is None, "reason": reason}
        more = {"evidence": told if reason else None, "flags": flags or None, "width": 9, "height": 9, "source": "web"}
        rows.append({**row, **more})
    return pl.DataFrame(rows, schema_overrides=MANIFEST)


@pytest.mark.slow
@given(manifests(), some.integers(2, 9))
def test_every_reason_is_a_row_or_said_to_be_idle(manifest: pl.DataFrame, most: int) -> None:
    found = sheet_examples.example_rows(manifest, LIMITS, most)
    assert [row.reason for row in found if not row.flags] == [
        reason for reason in REASONS if reason in set(manifest["reason"])
    ]
    assert {row.reason for row in found} | set(sheet_examples.unused_reasons(found, LIMITS)) == set(REASONS)
    assert not {row.reason for row in found} & set(sheet_examples.unused_reasons(found, LIMITS))
    rejected = [row.pictures for row in found if not row.flags]
    assert sum(rejected) == manifest.filter(~pl.col("kept")).height
    assert all(row.share == row.pictures / manifest.height for row in found)


@pytest.mark.slow
@given(manifests(), some.integers(2, 9))
def test_examples_are_of_their_row_and_copies_are_beside_what_is_kept(manifest: pl.DataFrame, most: int) -> None:
    by_id = {row["image_id"]: row for row in manifest.to_dicts()}
    for row in sheet_examples.example_rows(manifest, LIMITS, most):
        shown = [one.image_id for one in row.examples]
        assert len(set(shown)) == len(shown)
        assert 1 <= len(shown) + sum(one.instead is not None for one in row.examples) <= most
        for one in row.examples:
            picture = by_id[one.image_id]
            assert f"{row.reason}:" in (picture["flags"] or "") if row.flags else picture["reason"] == row.reason
            assert picture["kept"] == row.flags
            assert (one.instead is not None) == (row.reason in sheet_examples.COPIES)
            assert one.instead is None or by_id[one.instead]["kept"]


def test_what_shows_as_a_sign_is_shown_once_for_each_kind_of_evidence() -> None:
    why = ["truncated"] * 5 + ["too-many-pixels"] + ["not-an-image"] * 2
    rows = [
        {"image_id": f"{n:064x}", "kept": False, "reason": "undecodable", "evidence": one} for n, one in enumerate(why)
    ]
    (row,) = sheet_examples.example_rows(
        pl.DataFrame(rows, schema_overrides=MANIFEST).match_to_schema(MANIFEST, missing_columns="insert"), LIMITS, 8
    )
    assert row.pictures == 8
    assert [one.image_id for one in row.examples] == [f"{n:064x}" for n in (0, 6, 5)]
    assert row.evidence == "truncated, not-an-image, too-many-pixels"


@given(
    some.lists(some.tuples(some.sampled_from("abc"), some.sampled_from(["x", "y", None])), max_size=80),
    some.integers(1, 40),
)
def test_what_was_kept_is_spread_over_sources_and_classes(kept: list[tuple[str, str | None]], most: int) -> None:
    rows = [
        {"image_id": f"{n * 7919 % 997:064x}", "source": source, "label": label}
        for n, (source, label) in enumerate(kept)
    ]
    frame = pl.DataFrame(rows, schema={"image_id": pl.String(), "source": pl.String(), "label": pl.String()})
    found = sheet_examples.spread_sample(frame, most)
    there, shown = Counter(kept), Counter(found.select("source", "label").iter_rows())
    assert found["image_id"].n_unique() == found.height == min(most, len(kept))
    assert all(shown[kind] == there[kind] or shown[kind] >= max(shown.values()) - 1 for kind in there)
    assert found.equals(sheet_examples.spread_sample(frame.reverse(), most))


@pytest.mark.parametrize(
    ("reason", "figure", "words"),
    [
        ("too-small", "300x40", "side 40 < 48"),
        ("extreme-aspect", "3.2", "aspect 3.2 > 3"),
        ("flat", "0.0", "contrast 0.0 < 4"),
        ("too-dark", "1.5", "brightness 1.5 < 4"),
        ("too-bright", "253.1", "brightness 253.1 > 251"),
        ("blurred", "1.9", f"sharpness 1.9 < {LIMITS.min_sharpness:g}"),
        ("placeholder", "12", "12 pages ≥ 5"),
        ("text-like", "9", "9 lines ≥ 6"),
        ("off-topic", "7.25", "7.25 ≥ 6 deviations"),
        ("license-unknown", "unknown", "no licence named"),
        ("license-not-allowed", "CC-BY-NC-4.0", "CC-BY-NC-4.0"),
        ("undecodable", "truncated", "truncated"),
    ],
)  # fmt: skip
def test_evidence_says_the_figure_and_the_limit(reason: str, figure: str, words: str) -> None:
    assert BY_REASON[reason].explain(figure, LIMITS) == words
