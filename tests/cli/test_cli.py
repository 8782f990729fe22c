"""The command line: exit codes, one line an error, nothing heavy imported to say hello."""

import subprocess
import sys
from pathlib import Path

import pytest


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, silverprint.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'polars', 'mlflow', 'scrapy', 'great_expectations', 'numpy', 'pydantic', 'rich'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["queue", "r99"], ["round", "redraw", "r99"], ["acquire", "mars"]])
def test_a_name_that_params_does_not_know_is_64(silverprint, project: Path, arguments: list[str]) -> None:
    done = silverprint(*arguments, cwd=project)
    assert done.returncode == 64
    assert "one of: " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nonsense"], 64), ([], 64), (["round"], 64), (["round", "reopen", "r01", "--extra", "x", "--why", "y"], 64)],
)
def test_usage_mistakes_end_with_64_and_one_line(silverprint, project: Path, arguments: list[str], code: int) -> None:
    done = silverprint(*arguments, cwd=project)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1


def test_outside_a_project_says_so(silverprint, tmp_path: Path) -> None:
    done = silverprint("status", cwd=tmp_path)
    assert done.returncode == 78
    assert "no dvc.yaml" in done.stderr


def test_status_of_a_new_project(silverprint, project: Path) -> None:
    done = silverprint("status", cwd=project / "data")
    assert done.returncode == 0, done.stderr
    assert "r01" in done.stdout
    assert "dvc repro goes on with r01" in done.stdout


def test_a_circle_of_rounds_is_78(silverprint, project: Path) -> None:
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("r01: {prev: start", "r01: {prev: r03"))
    done = silverprint("start", cwd=project)
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "circle" in done.stderr
