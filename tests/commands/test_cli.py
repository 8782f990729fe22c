"""The command line: exit codes, one line an error, nothing heavy imported to say hello."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from silverprint.cli import parser


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
def test_a_name_that_params_does_not_know_is_64(typed, project: Path, arguments: list[str]) -> None:
    done = typed(*arguments, cwd=project)
    assert done.returncode == 64
    assert "one of: " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nonsense"], 64), ([], 64), (["round"], 64), (["round", "reopen", "r01", "--extra", "x", "--why", "y"], 64)],
)
def test_usage_mistakes_end_with_64_and_one_line(typed, project: Path, arguments: list[str], code: int) -> None:
    done = typed(*arguments, cwd=project)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("statsu", "status"), ("round opne r01", "open"), ("round open r04 --bugdet 5", "--budget"),
        ("round open r04 --bugdet=5", "--budget"), ("status --jsn", "--json"), ("round open r04 --page gird", "grid"),
    ],
)  # fmt: skip
def test_a_slip_is_answered_by_what_was_meant(typed, project: Path, line: str, meant: str) -> None:
    done = typed(*line.split(), cwd=project)
    assert done.returncode == 64
    assert f"; did you mean {meant}?; see: " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("line", ["zebra", "status --quux", "status r01"])
def test_nothing_is_proposed_that_is_not_near(typed, project: Path, line: str) -> None:
    assert "did you mean" not in typed(*line.split(), cwd=project).stderr


def test_outside_a_project_says_so(silverprint, tmp_path: Path) -> None:
    """As a process, whose exit code is that of `main`."""
    done = silverprint("status", cwd=tmp_path)
    assert done.returncode == 78
    assert "no dvc.yaml" in done.stderr
    assert done.stderr.count("\n") == 1


def test_status_of_a_new_project(typed, project: Path) -> None:
    done = typed("status", cwd=project / "data")
    assert done.returncode == 0, done.stderr
    assert "r01" in done.stdout
    assert "silverprint repro goes on with r01" in done.stdout


def test_a_circle_of_rounds_is_78(typed, project: Path) -> None:
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("r01: {prev: start", "r01: {prev: r03"))
    done = typed("start", cwd=project)
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "cycle" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["round"], ["round", "open"], ["source", "add", "x", "--archive", ""], ["status", "-x"]],
)
def test_the_program_names_itself_once(typed, project: Path, arguments: list[str]) -> None:
    done = typed(*arguments, cwd=project)
    assert done.returncode == 64
    before, _, remedy = done.stderr.partition("; see: ")
    assert before.count("silverprint") == 1
    assert before.startswith("silverprint: ")
    assert remedy.endswith("--help\n")


@pytest.mark.parametrize(
    ("path", "stored"),
    [("drop", "inbox/drop"), ("../inbox/drop/", "inbox/drop"), ("./drop/../drop", "inbox/drop"), ("..", ".")],
)
def test_a_path_is_meant_from_where_it_was_typed(typed, project: Path, path: str, stored: str) -> None:
    (project / "inbox/drop").mkdir(parents=True)
    done = typed("source", "add", "museum", "--archive", path, cwd=project / "inbox")
    assert done.returncode == 0, done.stderr
    assert f"    path: {stored}\n" in (project / "params.yaml").read_text()


def test_a_path_outside_the_project_is_kept_in_full(typed, project: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = typed("source", "add", "museum", "--archive", f"../{elsewhere.name}", cwd=project)
    assert done.returncode == 0, done.stderr
    assert f"    path: {elsewhere}\n" in (project / "params.yaml").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml"])
@pytest.mark.parametrize("text", ["", "[1]\n", "a: 1\n", "a: [\n", "stages: null\n", "a: 1\na: 2\n"])
@pytest.mark.parametrize(
    "arguments", [["check"], ["source", "remove", "partner"], ["source", "add", "m", "--archive", "."], ["start"]]
)
def test_a_damaged_file_is_one_line_to_every_verb(
    typed, project: Path, name: str, text: str, arguments: list[str]
) -> None:
    (project / name).write_text(text)
    done = typed(*arguments, cwd=project)
    assert done.returncode == 78, done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"silverprint: {name} ")


@pytest.mark.parametrize("text", ["", "[1]\n", "a: 1\n"])
def test_a_damaged_params_yaml_is_one_line_to_round_open(typed, project: Path, text: str) -> None:
    (project / "params.yaml").write_text(text)
    done = typed("round", "open", "r04", cwd=project)
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999", "80a", "", "８０"])
@pytest.mark.parametrize("server", ["studio", "track"])
def test_a_port_is_one(typed, tmp_path: Path, server: str, port: str) -> None:
    done = typed(server, "up", f"--port={port}", cwd=tmp_path)
    assert done.returncode == 64
    assert done.stderr.count("\n") == 1


PRINTING = [pytest.param("status --json", marks=pytest.mark.slow), "status", "--help"]


def shell(line: str, folder: Path) -> tuple[str, str]:
    """The first program's exit code and what is said on standard error; buffered, as in a user's shell."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m silverprint {line}; echo ${{PIPESTATUS[0]}} >&2"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    *said, code = done.stderr.splitlines()
    return code, "\n".join(said)


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_output_to_a_full_disk_is_one_line(project: Path, command: str) -> None:
    code, said = shell(f"{command} > /dev/full", project)
    assert code == "74"
    assert said == "silverprint: the output: no space left to write it; free some space and run again"


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_stops_reading_ends_it_quietly(project: Path, command: str) -> None:
    assert shell(f"{command} | true", project) == ("141", "")


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_a_closed_output_is_no_harm(project: Path, command: str) -> None:
    assert shell(f"{command} >&-", project) == ("0", "")


@pytest.mark.parametrize("old", ["strategy: auto", "prev: r01", "name: fashion", "min_side: 48", "last: r03"])
def test_a_long_value_is_cut(typed, project: Path, old: str) -> None:
    path = project / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, f"{old.split(':')[0]}: {'x' * 5_000}", 1))
    done = typed("check", cwd=project)
    assert done.returncode == 78, done.stderr
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) < 1_000


@pytest.mark.parametrize("arguments", [["x" * 5_000], ["queue", "x" * 5_000], ["status", "x" * 5_000]])
def test_a_long_argument_is_cut(typed, project: Path, arguments: list[str]) -> None:
    done = typed(*arguments, cwd=project)
    assert done.returncode == 64
    assert len(done.stderr) < 1_000
    assert "…" in done.stderr


def test_the_earlier_names_of_commands_go_on_working() -> None:
    assert parser().parse_args(["doctor", "--mend"]).fix
    typed = [parser().parse_args(["ledger", name, "data/asks.csv"]) for name in ("fix", "mend")]
    assert typed[0] == typed[1]
