"""The suites on sound tables, and on tables spoilt in one way each."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silverprint.adapters.expectations import Finding, check, critical_failures
from silverprint.core.cleaning.rules import REASONS
from silverprint.core.splits import SPLITS, TRAINABLE
from silverprint.records import LABELS, MANIFEST, NONE_OF_THESE, QUEUE, ROLES, UNSURE, VOTES, conform

pytestmark = pytest.mark.slow

SUITES = Path(__file__).resolve().parents[3] / "expectations"
IDS = [f"{number:064x}" for number in range(6)]
PARAMS: dict[str, dict[str, Any]] = {
    "clean": {"reasons": list(REASONS), "licenses": ["MIT", "CC0-1.0"], "known_license": 1.0},
    "queue": {"roles": list(ROLES), "classes": ["coat", "bag"]},
    "labels": {
        "answers": ["coat", "bag", NONE_OF_THESE], "min_alpha": 0.4, "max_unresolved": 0.1, "min_gold": 0.7,
        "max_conflicts": 0.1, "max_changed": 0.05,
        "level": 0.01,
    },
    "votes": {"max_unsure": 0.2, "max_none": 0.3, "max_anchoring": 0.1},
    "annotators": {"min_gold": 0.7, "level": 0.01},
    "training": {"roles": list(TRAINABLE)},
    "release": {"splits": list(SPLITS)},
}  # fmt: skip


def _manifest() -> pl.DataFrame:
    columns = {
        "image_id": IDS, "kept": [True] * 4 + [False] * 2, "reason": [None] * 4 + ["blurred", "license-unknown"],
        "evidence": [None] * 4 + ["1.0", "unknown"], "group": range(6), "source": ["web"] * 6, "url": ["u"] * 6,
        "license": ["MIT", "CC0-1.0", "MIT", "MIT", "MIT", None],
        "width": [90] * 5 + [None], "height": [90] * 5 + [None],
    }  # fmt: skip
    return conform(pl.DataFrame(columns, strict=False), MANIFEST)


def _queue() -> pl.DataFrame:
    columns = {
        "image_id": IDS, "rank": [3, 1, 2, 6, 5, 4], "role": ["evaluation", "control", "train"] * 2,
        "strategy": ["random", "random", "margin"] * 2, "predicted": ["coat", None] * 3, "confidence": [0.5, None] * 3,
        "seed": [7] * 6, "overlap": [3, 2, 2] * 2, "tier": ["crowd"] * 6, "show_prediction": [False] * 6,
        "why": ["Drawn by chance."] * 6,
    }  # fmt: skip
    return conform(pl.DataFrame(columns), QUEUE).with_columns(
        kept=pl.lit(True), group=pl.int_range(pl.len()), withdrawn=pl.lit(False), judging=pl.lit(None, pl.String)
    )


def _labels() -> pl.DataFrame:
    columns = {
        "image_id": IDS, "label": ["coat", "bag", None, NONE_OF_THESE, "coat", "bag"],
        "confidence": [1.0, 0.5, None, 0.7, 1.0, 1.0], "distribution": ['{"coat": 1.0}'] * 6,
        "n_votes": [2, 2, 0, 3, 1, 2], "agreement": [1.0, 0.0, None, 0.3, None, 1.0],
        "role": ["evaluation", "train", "control"] * 2, "round": ["r01"] * 6, "source": ["human"] * 6,
    }  # fmt: skip
    frame = conform(pl.DataFrame(columns), LABELS)
    figures = {
        "alpha_round": 0.6, "unresolved_share": 0.1, "gold_round_high": 0.9,
        "conflicts_low": 0.1, "changed_low": 0.05, "drift_chance": 0.01, "undecided": 0.0,
    }  # fmt: skip
    return frame.with_columns(pl.lit(figure).alias(column) for column, figure in figures.items()).with_columns(
        withdrawn=pl.lit(False)
    )


def _votes() -> pl.DataFrame:
    columns = {
        "image_id": sorted(IDS[:3] * 2), "round": ["r01"] * 6, "annotator": ["s-1", "s-2"] * 3,
        "choice": ["coat", "bag", "coat", "coat", UNSURE, "coat"], "status": ["valid"] * 4 + ["unsure", "valid"],
    }  # fmt: skip
    return conform(pl.DataFrame(columns), VOTES).with_columns(
        withdrawn=pl.lit(False), unsure_low=pl.lit(0.2), none_low=pl.lit(0.3), anchoring_low=pl.lit(0.1)
    )


def _annotators() -> pl.DataFrame:
    columns = {
        "annotator": ["s-1", "s-2", "s-3"], "gold_most": [0.7, None, 1.0], "run_chance": [0.01, 1.0, None],
        "quick_low": [0.5, None, 0.0], "suspicion": [None, None, None],
    }  # fmt: skip
    return pl.DataFrame(columns)


def _training() -> pl.DataFrame:
    roles = ["train", "control", "relabel", None, None, None]
    return pl.DataFrame({"image_id": IDS, "role": roles}).with_columns(
        withdrawn=pl.lit(False), judging=pl.lit(None, pl.String)
    )


def _release() -> pl.DataFrame:
    columns = {"split": ["test", "train", "silver"] * 2, "label_source": ["human", "human", "auto"] * 2}
    rows = pl.DataFrame({"image_id": IDS} | columns)
    like = pl.when(pl.col("split") == "test").then("image_id")  # a test picture is like itself
    return rows.with_columns(withdrawn=pl.lit(False), judging=like)


SOUND = {
    "clean": _manifest, "queue": _queue, "labels": _labels, "votes": _votes, "annotators": _annotators,
    "training": _training, "release": _release,
}  # fmt: skip
MAY_BE_EMPTY = {"votes", "annotators", "training"}  # nobody has answered; nothing is to be learnt: others say so


def _run(name: str, frame: pl.DataFrame) -> list[Finding]:
    return check(frame, SUITES / f"{name}.json", PARAMS[name])


def _first(column: str, value: object) -> pl.Expr:
    """The column with its first row spoilt."""
    return pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(value)).otherwise(column).alias(column)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_table_passes_and_every_expectation_of_the_file_ran(name):
    findings = _run(name, SOUND[name]())
    assert [str(finding) for finding in findings if not finding.success] == []
    assert len(findings) == len(json.loads((SUITES / f"{name}.json").read_text())["expectations"])


@pytest.mark.parametrize("name", sorted(SOUND.keys() - MAY_BE_EMPTY))
def test_an_empty_table_fails(name):
    failed = critical_failures(_run(name, SOUND[name]().clear()))
    assert "expect_table_row_count_to_be_between" in {finding.expectation for finding in failed}


@pytest.mark.parametrize(
    ("name", "spoil", "failed"),
    [
        ("clean", _first("image_id", IDS[1]), {("image_id", "unique")}),
        ("clean", _first("image_id", "a" * 63), {("image_id", "match_regex")}),
        ("clean", _first("image_id", None), {("image_id", "not_be_null")}),
        ("clean", _first("reason", "blurred"), {("reason", "be_null")}),
        ("clean", _first("kept", False), {("reason", "not_be_null")}),
        ("clean", _first("kept", None), {("kept", "not_be_null")}),
        ("clean", pl.col("reason").replace("blurred", "ugly"), {("reason", "in_set")}),
        ("clean", _first("evidence", "9"), {("evidence", "be_null")}),
        ("clean", _first("license", "CC-BY-NC-4.0"), {("license", "in_set")}),
        ("clean", _first("license", None), {("license", "not_be_null")}),
        ("clean", _first("group", None), {("group", "not_be_null")}),
        ("clean", _first("width", None), {("width", "not_be_null")}),
        ("queue", _first("image_id", IDS[1]), {("image_id", "unique")}),
        ("queue", _first("rank", 7), {("rank", "run_from_one")}),
        ("queue", _first("rank", 2), {("rank", "run_from_one")}),
        ("queue", _first("role", "gift"), {("role", "in_set")}),
        ("queue", _first("strategy", "margin"), {("strategy", "in_set")}),
        ("queue", _first("predicted", "hat"), {("predicted", "in_set")}),
        ("queue", _first("confidence", 1.5), {("confidence", "between")}),
        ("queue", _first("overlap", 0), {("overlap", "between")}),
        ("queue", _first("kept", False), {("kept", "in_set")}),
        ("queue", _first("kept", None), {("kept", "not_be_null")}),
        ("queue", _first("group", 1), {("group", "unique")}),
        ("labels", _first("label", "hat"), {("label", "in_set")}),
        ("labels", _first("label", None), {("label", "not_be_null")}),
        ("labels", _first("n_votes", 0), {("label", "be_null")}),
        ("labels", _first("confidence", 1.2), {("confidence", "between")}),
        ("labels", _first("confidence", None), {("confidence", "not_be_null")}),
        ("labels", _first("agreement", -0.1), {("agreement", "between")}),
        ("labels", _first("distribution", "{"), {("distribution", "json_parseable")}),
        ("labels", _first("role", "gift"), {("role", "in_set")}),
        ("labels", _first("source", "oracle"), {("source", "in_set")}),
        ("labels", _first("image_id", IDS[1]), {("image_id", "unique")}),
        ("labels", pl.lit(0.39).alias("alpha_round"), {("alpha_round", "figure_to_be_between")}),
        ("labels", pl.lit(0.11).alias("unresolved_share"), {("unresolved_share", "figure_to_be_between")}),
        ("labels", pl.lit(0.69).alias("gold_round_high"), {("gold_round_high", "figure_to_be_between")}),
        ("labels", pl.lit(None, pl.Float64).alias("gold_round_high"), set()),  # no gold was asked
        ("queue", _first("withdrawn", True), {("withdrawn", "in_set")}),
        ("queue", pl.lit(IDS[0]).alias("judging"), {("judging", "be_null")}),
        ("queue", _first("judging", IDS[5]), set()),  # an evaluation picture itself
        ("labels", _first("withdrawn", True), {("withdrawn", "in_set")}),
        ("labels", pl.lit(None, pl.Float64).alias("conflicts_low"), set()),
        ("votes", _first("annotator", "s-2"), {(None, "compound_columns_to_be_unique")}),
        ("votes", _first("withdrawn", True), {("withdrawn", "in_set")}),
        ("annotators", _first("gold_most", 0.69), {("gold_most", "between")}),
        ("training", _first("judging", IDS[5]), {("judging", "be_null")}),
        ("training", _first("role", "evaluation"), {("role", "in_set")}),
        ("training", _first("role", "gold"), {("role", "in_set")}),
        ("training", _first("withdrawn", True), {("withdrawn", "in_set")}),
        ("training", _first("image_id", IDS[1]), {("image_id", "unique")}),
        ("release", pl.lit(IDS[0]).alias("judging"), {("judging", "be_null")}),
        ("release", _first("label_source", "auto"), {("label_source", "in_set")}),
        ("release", _first("split", "gift"), {("split", "in_set")}),
        ("release", _first("withdrawn", True), {("withdrawn", "in_set")}),
        ("release", _first("image_id", IDS[1]), {("image_id", "unique")}),
        ("labels", _first("alpha_round", 0.9), {("alpha_round", "figure_to_be_between")}),
    ],
)  # fmt: skip
def test_each_fault_fails_its_expectation_and_no_other(name, spoil, failed):
    found = critical_failures(_run(name, SOUND[name]().with_columns(spoil)))
    assert {finding.column for finding in found} == {column for column, _ in failed}
    for column, ending in failed:
        assert any(finding.expectation.endswith(ending) for finding in found), (column, ending)
    assert len(found) == len(failed)


def test_a_role_that_the_round_may_not_hold_fails():
    later = [role for role in ROLES if role != "evaluation"]
    findings = check(_queue(), SUITES / "queue.json", {**PARAMS["queue"], "roles": later})
    assert [finding.observed for finding in critical_failures(findings)] == ["2 of 6 rows (evaluation, evaluation)"]


def test_an_unknown_licence_passes_where_it_may_be_kept():
    frame = _manifest().with_columns(_first("license", None))
    assert not critical_failures(check(frame, SUITES / "clean.json", {**PARAMS["clean"], "known_license": 0.0}))


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("votes", pl.lit(0.21).alias("unsure_low")),
        ("votes", pl.lit(0.11).alias("anchoring_low")),
        ("votes", pl.lit(0.31).alias("none_low")),
        ("annotators", _first("run_chance", 0.009)),
        ("annotators", _first("quick_low", 0.51)),
        ("annotators", _first("suspicion", "spammer")),
        ("labels", pl.lit(0.11).alias("conflicts_low")),
        ("labels", pl.lit(0.06).alias("changed_low")),
        ("labels", pl.lit(0.009).alias("drift_chance")),
        ("labels", pl.lit(1.0).alias("undecided")),
    ],
)
def test_what_is_beyond_a_limit_that_stops_nothing_warns(name, spoil):
    findings = _run(name, SOUND[name]().with_columns(spoil))
    (warned,) = [finding for finding in findings if not finding.success]
    assert warned.severity == "warning"
    assert warned.column == spoil.meta.output_name()


@pytest.mark.parametrize("unmeasured", [None, float("nan")])
def test_an_agreement_that_nobody_could_measure_warns_and_does_not_stop(unmeasured):
    frame = _labels().with_columns(pl.lit(unmeasured, pl.Float64).alias("alpha_round"))
    findings = _run("labels", frame)
    assert not critical_failures(findings)
    (warned,) = [finding for finding in findings if not finding.success]
    assert (warned.column, warned.severity) == ("alpha_round", "warning")
