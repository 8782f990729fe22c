"""dvc.yaml against the code that reads it."""

import re
import subprocess
from typing import Any

import pytest
from ruamel.yaml import YAML

from silverprint import command_table
from tests.contracts.digests import ROOT

STAGES: dict[str, dict[str, Any]] = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]


def body(stage: str) -> dict[str, Any]:
    found = STAGES[stage]
    inner: dict[str, Any] = found.get("do", found)
    return inner


def test_every_stage_of_the_pipeline_is_a_command_and_a_module() -> None:
    assert list(STAGES) == [verb.name for verb in command_table.STAGES]
    for stage in STAGES:
        place = ROOT / "src/silverprint/stages" / stage
        assert place.with_suffix(".py").exists() or (place / "__init__.py").exists()


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_depends_on_no_source_file_but_on_its_version(stage: str) -> None:
    assert not [dep for dep in body(stage).get("deps", []) if str(dep).startswith("src")]
    versions = [param["versions.yaml"] for param in body(stage).get("params", []) if isinstance(param, dict)]
    assert versions == ([] if stage in ("annotate", "check") else [[stage]])


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_the_parameters_a_stage_reads_are_the_ones_it_declares(stage: str) -> None:
    """What the stage's module and its helpers read of `params.<section>` is under `params:` in dvc.yaml."""
    place = ROOT / "src/silverprint/stages" / stage
    files = [place.with_suffix(".py")] if place.with_suffix(".py").exists() else sorted(place.glob("*.py"))
    text = "\n".join(path.read_text() for path in files)
    read = set(
        re.findall(
            r"\bparams\.(seed|dataset|measure|persons|clean|embed|model|evaluation|classifiers|labels|gate|release)\b",
            text,
        )
    )
    declared = {str(param).split(".")[0] for param in body(stage).get("params", []) if isinstance(param, str)}
    if stage == "annotate" or "params.yaml" in body(stage).get("deps", []):
        return
    assert read <= declared, f"{stage} reads {sorted(read - declared)} undeclared"


def test_no_code_outside_the_demo_knows_of_the_truth() -> None:
    package = ROOT / "src/silverprint"
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] != "demo":
            assert not re.search(r"truth\.csv|DEMO_TRUTH|layout\.DEMO\b|var/demo", path.read_text()), path


def test_ledgers_are_not_ignored_and_outputs_are() -> None:
    ledgers = ["queue.csv", "votes.csv", "state.json", "asks.csv", "gate.json", "gate.csv", "metrics.json"]
    by_hand = [
        f"data/{name}.csv"
        for name in ("takedowns", "imports", "waivers", "include", "exclude", "gold", "personal", "releases")
    ]
    for path in [f"data/rounds/r09/{name}" for name in ledgers] + by_hand:
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 1, path
    for path in (
        "data/raw/x/a",
        "data/clean/m",
        "data/rounds/r09/model/h",
        "data/rounds/r09/queue.html",
        "data/release/x",
        "data/releases/v1.parquet",
        "var/x",
    ):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0, path


def test_the_shipped_repository_has_no_round_opened() -> None:
    listed = subprocess.run(["git", "ls-files", "data/rounds*"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert listed.stdout == ""


def test_what_lies_in_git_is_never_taken_away_by_dvc() -> None:
    """DVC removes what it does not persist before a stage runs; where that then fails, Git has lost a file."""
    for name, stage in STAGES.items():
        found = stage.get("do", stage)
        for entry in [*found.get("outs", []), *found.get("metrics", [])]:
            path, options = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
            if options.get("cache") is False:
                assert options.get("persist"), f"{name}: {path}"
