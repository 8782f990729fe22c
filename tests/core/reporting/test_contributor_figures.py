"""Figures of contributors: who has whose pictures, and when a limit is surely broken."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.config import ReviewLimits
from silverprint.core.reporting.contributor_figures import FIGURES, GIVEN, figures, propose, share

LIMITS = ReviewLimits()


def table(rows, **others):
    """Figures of (contributor, image_id, at, reason, evidence)."""
    gave = pl.DataFrame([(who, "birds", name, at) for who, name, at, _, _ in rows], schema=GIVEN, orient="row")
    known = {name: (reason is None, reason, evidence) for _, name, _, reason, evidence in rows}
    known |= others.pop("manifest", {})
    schema = {"image_id": pl.String, "kept": pl.Boolean, "reason": pl.String, "evidence": pl.String}
    manifest = pl.DataFrame([(name, *rest) for name, rest in known.items()], schema=schema, orient="row")
    elsewhere = pl.DataFrame({"image_id": others.pop("others", [])}, schema={"image_id": pl.String})
    answers = pl.DataFrame(
        others.pop("answers", []), schema={"image_id": pl.String, "agrees": pl.Boolean}, orient="row"
    )
    found = figures(gave, elsewhere, manifest, answers)
    assert found.schema == pl.Schema(FIGURES)
    return {row["contributor"]: row for row in found.to_dicts()}


def test_reasons_are_counted_and_what_was_withdrawn_counts_nowhere():
    found = table(
        [
            ("ada", "1", "1", None, None),
            ("ada", "2", "1", "blurred", "3.1"),
            ("ada", "3", "1", "blurred", "2.0"),
            ("ada", "4", "1", "too-small", "9x9"),
            ("ada", "5", "1", "withdrawn", "contributor:x"),
            ("bob", "6", "1", "withdrawn", "contributor:y"),
        ]
    )
    assert (found["ada"]["judged"], found["ada"]["kept"], found["ada"]["reasons"]) == (4, 1, "blurred 2, too-small 1")
    assert (found["bob"]["judged"], found["bob"]["reasons"]) == (0, "")
    assert propose(found["bob"], LIMITS).verdict == "look"


@pytest.mark.parametrize("reason", ["same-pixels", "near-duplicate"])
@pytest.mark.parametrize("gave_way", ["mine", "theirs"])
def test_a_picture_of_another_source_is_a_copy_whichever_of_the_two_is_kept(reason, gave_way):
    mine = ("ada", "a", "1", reason, "w") if gave_way == "mine" else ("ada", "a", "1", None, None)
    theirs = (True, None, None) if gave_way == "mine" else (False, reason, "a")
    found = table([mine], others=["w"], manifest={"w": theirs})
    assert (found["ada"]["copies"], found["ada"]["duplicates"]) == (1, 0)


def test_the_same_bytes_in_another_source_are_a_copy_and_other_reasons_name_no_picture():
    found = table([("ada", "a", "1", None, None), ("ada", "b", "1", "blurred", "w")], others=["a", "w"])
    assert found["ada"]["copies"] == 1


def test_of_two_who_give_the_same_the_later_one_has_the_duplicate():
    found = table([("ada", "a", "2026-02", None, None), ("bob", "a", "2026-01", None, None)])
    assert (found["ada"]["duplicates"], found["bob"]["duplicates"]) == (1, 0)
    found = table([("ada", "a", "2", None, None), ("bob", "b", "1", "near-duplicate", "a")])
    assert (found["ada"]["duplicates"], found["bob"]["duplicates"]) == (1, 0)
    found = table([("ada", "a", "1", None, None), ("ada", "b", "2", "near-duplicate", "a")])
    assert found["ada"]["duplicates"] == 0


def test_agreement_is_of_what_people_labelled():
    rows = [("ada", name, "1", None, None) for name in "abcd"]
    found = table(rows, answers=[("a", True), ("b", False), ("c", True)])
    assert (found["ada"]["labelled"], found["ada"]["agreeing"]) == (3, 2)


ROW = {"judged": 0, "kept": 0, "copies": 0, "duplicates": 0, "labelled": 0, "agreeing": 0}
COUNT = st.integers(0, 200)


@given(COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
def test_only_a_limit_that_is_surely_broken_rejects(judged, kept, copies, duplicates, labelled, agreeing):
    labelled = min(labelled, judged)
    row = {
        "judged": judged,
        "kept": min(kept, judged),
        "copies": min(copies, judged),
        "duplicates": min(duplicates, judged),
        "labelled": labelled,
        "agreeing": min(agreeing, labelled),
    }
    verdict, why = propose(row, LIMITS)
    assert why
    told = [("copies", "judged", 0.1), ("duplicates", "judged", 0.1)]
    shares = [(share(row, part, of), most) for part, of, most in told]
    shares.append((share(row | {"rest": judged - row["kept"]}, "rest", "judged"), 0.5))
    shares.append((share(row | {"rest": labelled - row["agreeing"]}, "rest", "labelled"), 0.5))
    known = [(found, most) for found, most in shares if found is not None]
    if any(found.low > most for found, most in known):
        assert verdict == "reject"
    elif judged and all(found.value <= most for found, most in known):
        assert verdict == "accept"
    else:
        assert verdict == "look"


def test_one_copy_of_two_rejects_nobody_and_thirty_of_forty_do():
    assert propose(ROW | {"judged": 2, "kept": 2, "copies": 1}, LIMITS).verdict == "look"
    verdict, why = propose(ROW | {"judged": 40, "kept": 40, "copies": 30}, LIMITS)
    assert verdict == "reject"
    assert why.startswith("30 of 40 look like pictures of other sources (60%-86%; at most 10%)")
