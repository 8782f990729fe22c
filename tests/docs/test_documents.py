"""What the documents say to type exists, what they link to is there, and the reference is the table of commands."""

import re
import runpy
import shlex
import subprocess
from pathlib import Path

import pytest

from silverprint import cli
from silverprint.errors import UsageError
from tests.contracts.digests import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def typed(path: Path) -> list[str]:
    """Every silverprint and make command in the document's code, with placeholders filled."""
    text = path.read_text(encoding="utf-8")
    code = re.findall(r"```bash\n(.*?)```", text, re.S) + re.findall(r"`((?:silverprint|make) [^`]+)`", text)
    lines = [line.split("#")[0].strip() for block in code for line in block.splitlines()]
    return [line for line in lines if line.startswith(("silverprint ", "make "))]


def commands() -> list[tuple[str, str]]:
    return [(path.name, line) for path in DOCUMENTS if path.name != "cli.md" for line in typed(path)]


@pytest.mark.parametrize(("document", "line"), commands())
def test_a_command_in_the_documents_is_one(document: str, line: str) -> None:
    line = re.sub(r"\[[^]]*\]", "", line).replace("|", " ").replace("<", "").replace(">", "")
    program, *words = shlex.split(line.replace("...", "x"))
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
        assert words[0] in targets, document
        return
    # Prose may name a command without its arguments.
    assert complaint(words) in ("", "the following arguments are required"), f"{document}: {line}"


def test_the_readme_enters_the_environment_before_its_first_command() -> None:
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    (round_,) = [block for block in blocks if "silverprint " in block]
    assert round_.startswith("source .venv/bin/activate ")
    assert "BIN := $(CURDIR)/.venv/bin\n" in (ROOT / "Makefile").read_text()


def complaint(words: list[str]) -> str:
    try:
        cli.parser().parse_args(words)
    except UsageError as error:
        return error.rule.split(":")[0]
    return ""


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (path.parent / target).exists(), f"{path.name} -> {target}"


def test_the_reference_is_the_table_of_commands() -> None:
    module = runpy.run_path(str(ROOT / "scripts/cli_reference.py"))
    written = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert written == module["reference"](), "run: python scripts/cli_reference.py"


def test_pictures_in_git_are_small() -> None:
    listed = subprocess.run(["git", "ls-files", "*.png"], cwd=ROOT, check=True, capture_output=True, text=True)
    for line in listed.stdout.split():
        if "fashion-5000" not in line:
            assert (ROOT / line).stat().st_size <= 300_000, line
