"""check(): what its findings say, and the one clear error for each way a suite can be broken."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silverprint.adapters.expectations import Finding, check, critical_failures
from silverprint.errors import ConfigError

pytestmark = pytest.mark.slow

FRAME = pl.DataFrame({"name": ["a", "b", "b", None], "size": [1, 2, 3, 4]})


@pytest.fixture
def suite(tmp_path: Path):
    def write(*expectations: dict[str, Any]) -> Path:
        path = tmp_path / "suite.json"
        path.write_text(json.dumps({"name": "suite", "expectations": expectations}))
        return path

    return write


def _expect(kind: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": severity}


UNIQUE = _expect("expect_column_values_to_be_unique", column="name")


def test_findings_are_sorted_and_say_what_was_seen(suite):
    when = {"type": "comparison", "column": {"name": "size"}, "operator": ">", "parameter": 2}
    path = suite(
        _expect("expect_column_max_to_be_between", "warning", column="size", max_value={"$PARAMETER": "most"}),
        UNIQUE,
        _expect("expect_column_values_to_be_in_set", column="name", value_set=["a"], row_condition=when),
        _expect("expect_table_row_count_to_equal", value=4),
    )
    findings = check(FRAME, path, {"most": 3})
    assert [(finding.column, finding.success, finding.severity) for finding in findings] == [
        (None, True, "critical"),
        ("name", False, "critical"),
        ("name", False, "critical"),
        ("size", False, "warning"),
    ]
    assert [str(finding) for finding in critical_failures(findings)] == [
        "name expect_column_values_to_be_in_set (value_set=['a'], row_condition=size > 2): 1 of 2 rows (b)",
        "name expect_column_values_to_be_unique: 2 of 4 rows (b, b)",
    ]
    assert str(findings[3]) == "size expect_column_max_to_be_between (max_value=3.0): 4"


def test_findings_are_the_same_every_time(suite):
    path = suite(UNIQUE, _expect("expect_column_values_to_not_be_null", column="name"))
    assert check(FRAME, path) == check(FRAME, path)


def test_a_warning_alone_is_no_critical_failure():
    finding = Finding("expect_x", None, "warning", False, "1", {})
    assert critical_failures([finding]) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "not a suite"),
        ("[]", "not a suite"),
        ('{"name": "x"}', "not a suite"),
        ('{"expectations": []}', "checks nothing"),
        ("\udcff", "not a suite"),
    ],
)
def test_a_corrupt_suite(tmp_path, text, rule):
    path = tmp_path / "suite.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=rule):
        check(FRAME, path)


def test_a_missing_suite(tmp_path):
    with pytest.raises(ConfigError, match="the suite is missing; run: git checkout"):
        check(FRAME, tmp_path / "none.json")


@pytest.mark.parametrize(
    "broken",
    [
        _expect("expect_pictures_to_be_nice", column="name"),  # the library would drop it without a word
        _expect("expect_column_values_to_be_unique"),
        _expect("expect_column_values_to_be_unique", "fatal", column="name"),
        {"kwargs": {}},
        7,
    ],
)
def test_an_expectation_that_is_none_is_named(suite, broken):
    with pytest.raises(ConfigError, match=r"expectations\[1\]: not an expectation"):
        check(FRAME, suite(UNIQUE, broken))


def test_a_parameter_that_is_not_given_is_named(suite):
    path = suite(_expect("expect_column_max_to_be_between", column="size", max_value={"$PARAMETER": "most"}))
    with pytest.raises(ConfigError, match=r"'most': no such parameter is given; known here: least"):
        check(FRAME, path, {"least": 1})


def test_a_column_that_the_table_lacks_is_named(suite):
    with pytest.raises(ConfigError, match=r"cannot run on this table .*colour"):
        check(FRAME, suite(_expect("expect_column_values_to_be_unique", column="colour")))


def test_an_expectation_written_twice_runs_twice(suite):
    assert len(check(FRAME, suite(UNIQUE, UNIQUE))) == 2


def test_fewer_results_than_expectations_are_refused(suite, monkeypatch):
    from silverprint.adapters.expectations import runner

    monkeypatch.setattr(runner, "_validate", lambda *_: [])
    with pytest.raises(ConfigError, match="1 expectations in the file, 0 ran"):
        check(FRAME, suite(UNIQUE))


def test_importing_the_adapter_is_light():
    code = "import sys, silverprint.adapters.expectations as e; assert 'great_expectations' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_is_left_in_the_temporary_folder(suite, tmp_path, monkeypatch):
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    check(FRAME, suite(UNIQUE))
    assert list(place.iterdir()) == []
