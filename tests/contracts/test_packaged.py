"""What travels with the package is the repository's own; and it makes the sample campaign as the repository has it."""

import runpy
import shlex
import subprocess
from pathlib import Path

import pytest

from silverprint import cli, packaged
from silverprint.campaign import new_campaign
from tests.contracts.digests import ROOT

FOLDER = ROOT / "src/silverprint/packaged"
README = "campaign/README.md"  # the only one written by hand
SCRIPT = runpy.run_path(str(ROOT / "scripts/packaged.py"))
WRITTEN = ("campaign", "history", "sample", "requirements", "scripts")


def below(folder: str) -> list[str]:
    return [name for name in (f"{folder}/{name}" for name in packaged.names(folder)) if name != README]


def test_the_files_are_as_the_script_writes_them() -> None:
    written = {name: packaged.text(name) for folder in WRITTEN for name in below(folder)}
    assert written == SCRIPT["packaged"](), "run: python scripts/packaged.py"


def test_git_keeps_every_one_of_them() -> None:
    """None is ignored by the .gitignore that lies among them, or by ours."""
    there = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    done = subprocess.run(["git", "check-ignore", *there], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert not [path for path in there if path.name.startswith(".")], "builds leave out what begins with a dot"
    assert not [path for path in there if path.name in ("dvc.yaml", "dvc.lock")], "DVC would find a second pipeline"


def test_the_sample_campaign_is_the_one_of_the_repository() -> None:
    made = new_campaign.sample_files()
    for name in ("dvc.yaml", "params.yaml", "versions.yaml", ".dvc/config"):
        assert made[name] == (ROOT / name).read_text(), name
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in listed.stdout.split():  # their headers: a demonstration that ran here wrote into some
        assert made[name].splitlines() == (ROOT / name).read_text().splitlines()[:1], name


def test_nothing_of_the_sample_is_in_a_new_campaign() -> None:
    words = (
        "fashion",
        "shirt",
        "8600",
        "127.0.0.1",
        "var/demo",
        "partner",
        "data/raw/web",
        "r02",
        "garment",
        "<source>",
    )
    wanted = new_campaign.Wanted("birds", "Which bird?", ("owl", "gull"), {"mine": {"kind": "folder", "path": "/x"}})
    for name, text in new_campaign.files_of(wanted).items():
        assert not [word for word in words if word in text.lower()], name


def commands(text: str) -> list[str]:
    blocks = text.split("```bash\n")[1:]
    return [line.split("#")[0].strip() for block in blocks for line in block.split("```")[0].splitlines()]


@pytest.mark.parametrize("line", [line for line in commands(packaged.text(README)) if line.startswith("silverprint")])
def test_a_command_in_a_campaigns_readme_is_one(line: str) -> None:
    cli.parser().parse_args(shlex.split(line)[1:])


def test_the_suites_of_a_clone_and_of_a_campaign_are_the_same_files() -> None:
    assert {Path(name).name for name in below("campaign") if "/expectations/" in name} == {
        path.name for path in (ROOT / "expectations").glob("*.json")
    }
