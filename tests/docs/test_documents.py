"""What the documents say to type exists, what they link to is there, and the reference is the table of commands."""

import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from silverprint import cli
from silverprint.errors import UsageError
from tests.contracts.digests import ROOT

TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
DOCUMENTS = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]

# The folders whose files documents name in full; those below data/ and var/ come with a campaign.
ROOMS = {
    *("src", "tests", "benchmarks", "scripts", "expectations", "requirements"),
    *(place.name for place in (ROOT / "src/silverprint").iterdir() if place.is_dir()),
}


def typed(path: Path) -> list[str]:
    """Every silverprint and make command in the document's code, with placeholders filled."""
    text = path.read_text(encoding="utf-8")
    code = re.findall(r"```bash\n(.*?)```", text, re.S) + re.findall(r"`((?:silverprint|make) [^`]+)`", text)
    lines = [line.split("#")[0].strip() for block in code for line in block.splitlines()]
    return [line for line in lines if line.startswith(("silverprint ", "make "))]


def test_a_command_in_the_documents_is_one() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    lines = [(path.name, line) for path in DOCUMENTS if path.name != "cli.md" for line in typed(path)]
    assert len(lines) > 100
    assert [(document, line) for document, line in lines if not is_command(line, targets)] == []


def is_command(line: str, targets: list[str]) -> bool:
    line = re.sub(r"\[[^]]*\]", "", line).replace("|", " ").replace("<", "").replace(">", "")
    program, *words = shlex.split(line.replace("...", "x"))
    if program == "make":
        return words[0] in targets
    # Prose may name a command without its arguments.
    return complaint(words) in ("", "the following arguments are required")


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


def test_links_lead_somewhere() -> None:
    assert [f"{path.name} -> {link}" for path in DOCUMENTS for link in dead_links(path)] == []


def dead_links(path: Path) -> Iterator[str]:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(#[^)\s]+)?\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            there = path.parent / target if target else path
            if not there.exists() or (anchor and anchor[1:] not in anchors(there)):
                yield target + anchor


@cache
def anchors(path: Path) -> set[str]:
    """The headings of a document as links name them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_files_that_a_document_names_are_there() -> None:
    assert [f"{path.name} names {file}" for path in DOCUMENTS for file in files_not_there(path)] == []


def files_not_there(path: Path) -> Iterator[str]:
    """Of paths of the repository in code, and of modules below src/silverprint."""
    code = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", path.read_text(encoding="utf-8"))
    for named in code:
        if named.split("/")[0] in ROOMS:
            found = [(above / named).exists() for above in (ROOT, ROOT / "src/silverprint", ROOT / "docs")]
            if not any(found):
                yield named


def test_the_reference_is_the_table_of_commands() -> None:
    module = runpy.run_path(str(ROOT / "scripts/cli_reference.py"))
    written = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    assert written == module["reference"](), "run: python scripts/cli_reference.py"


def test_pictures_in_git_are_small() -> None:
    listed = subprocess.run(["git", "ls-files", "*.png"], cwd=ROOT, check=True, capture_output=True, text=True)
    for line in listed.stdout.split():
        if "fashion-5000" not in line:
            assert (ROOT / line).stat().st_size <= 300_000, line
