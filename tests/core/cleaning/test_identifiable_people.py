"""What detectors found of persons: the ledger, its errors, the manifest's column."""

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.core.cleaning.identifiable_people import personal_findings
from silverprint.errors import ConfigError
from silverprint.records import PERSONAL
from tests.helpers.album import Found, acquire, jpeg, manifest, tile

FINDINGS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["face", "plate"]), st.floats(0, 1), st.just("d 1"))
)


@given(rows=FINDINGS, least=st.floats(0, 1))
def test_each_kind_s_best_finding_that_counts(rows, least: float) -> None:
    found = dict(personal_findings(pl.DataFrame(rows, schema=PERSONAL, orient="row"), least).iter_rows())
    expected: dict[str, dict[str, float]] = {}
    for name, kind, confidence, _ in rows:
        if confidence >= least:
            best = expected.setdefault(name, {})
            best[kind] = max(best.get(kind, 0), confidence)
    assert list(found) == sorted(expected)
    for name, text in found.items():
        said = dict(part.split(":") for part in text.split(" "))
        assert list(said) == sorted(expected[name])
        assert {kind: float(figure) for kind, figure in said.items()} == pytest.approx(expected[name], abs=6e-4)


@pytest.mark.slow
def test_the_manifest_says_what_counts_and_keeps_the_picture(project: Path) -> None:
    face, faint, none = (Found(jpeg(tile(number)), name) for number, name in enumerate(["face", "faint", "none"]))
    lines = [
        f"{face.image_id.upper()},face,0.93,d 1",
        f"{face.image_id},plate,0.5,e 2",
        f"{faint.image_id},face,0.4,d 1",
    ]
    layout.PERSONAL.write_text("\n".join(["image_id,kind,confidence,detector", *lines, f"{'0' * 64},face,1,d 1", ""]))
    acquire("web", [face, faint, none])
    acquire("partner", [])
    rows = manifest()
    assert {url: row["personal"] for url, row in rows.items()} == {
        "face": "face:0.93 plate:0.5", "faint": None, "none": None,
    }  # fmt: skip
    assert all(row["kept"] for row in rows.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "kept", "shown_to"),
    [("hide", True, "nobody"), ("reject", False, "nobody"), ("flag", True, None), ("expert", True, "expert")],
)
def test_a_source_s_policy_says_who_sees_its_persons(project: Path, policy: str, kept: bool, shown_to: str | None):
    text = Path("params.yaml").read_text()
    text = text.replace("  policy: hide ", f"  policies: {{web: {policy}}}\n  policy: hide ")
    Path("params.yaml").write_text(text.replace("tiers: {}", "tiers: {expert: {overlap: 1}}"))
    face, none, elsewhere = (Found(jpeg(tile(number)), name) for number, name in enumerate(["face", "none", "other"]))
    lines = [f"{face.image_id},face,0.93,d 1", f"{elsewhere.image_id},face,0.9,d 1", ""]
    layout.PERSONAL.write_text("\n".join(["image_id,kind,confidence,detector", *lines]))
    acquire("web", [face, none])
    acquire("partner", [elsewhere])
    rows = manifest()
    assert (rows["face"]["kept"], rows["face"]["shown_to"]) == (kept, shown_to)
    assert rows["face"]["reason"] == (None if kept else "person")
    assert (rows["none"]["kept"], rows["none"]["shown_to"]) == (True, None)
    assert (rows["other"]["kept"], rows["other"]["shown_to"]) == (True, "nobody")


@pytest.mark.parametrize(
    ("section", "rule"),
    [
        ("policy: experts", "persons.policy = 'experts': is no way to treat pictures of persons, and no tier"),
        ("policies: {moon: flag}", "persons.policies.moon: 'moon' is no source"),
        ("detector: eyes", "persons.detector"),
    ],
)
def test_a_policy_that_means_nothing_is_told(project: Path, section: str, rule: str) -> None:
    text = Path("params.yaml").read_text()
    begin = text.index("\npersons:")
    end = text.index("\nembed:")
    Path("params.yaml").write_text(f"{text[:begin]}\npersons: {{{section}}}\n{text[end:]}")
    with pytest.raises(ConfigError, match=re.escape(rule)):
        config.load()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("abc,face,1,d", "line 3: image_id 'abc': an image_id is 64 hex digits"),
        (f"{'0' * 64},A face,1,d", "line 3: kind 'A face': a kind is of"),
        (f"{'0' * 64},face,1.5,d", "line 3: confidence '1.5': a confidence is 0 to 1"),
        (f"{'0' * 64},face,1,", "line 3: detector 'None': a finding names its detector"),
    ],
)
def test_a_line_that_means_nothing_is_told(project: Path, line: str, rule: str) -> None:
    good = f"{'1' * 64},face,1,d"
    layout.PERSONAL.write_text(f"image_id,kind,confidence,detector\n{good}\n{line}\n")
    with pytest.raises(ConfigError, match=rf"personal.csv {rule}"):
        ledgers.personal_findings()
