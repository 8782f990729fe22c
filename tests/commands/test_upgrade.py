"""silverprint upgrade: one commit, and in a clone of the source the merge that it ends."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from silverprint import config, layout
from silverprint.campaign import lint, new_campaign
from silverprint.campaign.upgrade import history
from silverprint.cli import main
from silverprint.commands import upgrade
from silverprint.dvcfiles import yaml_edit
from silverprint.errors import ConfigError

EARLIER = Path(__file__).parents[1] / "campaign/upgrade/earlier/c8df127"
OWN = {"mine": {"kind": "folder", "revision": 1, "path": "/x"}}


def git(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(["git", *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


def commit(message: str) -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message", message)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Lead")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "lead@example.org")
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--initial-branch", "main")
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def ship_earlier() -> None:
    """The sample as an earlier version shipped it."""
    write(new_campaign.sample_files())
    for name, shipped in (("params", "params"), ("versions", "versions"), ("pipeline", "dvc")):
        shutil.copy(EARLIER / f"{name}.yaml", f"{shipped}.yaml")


def test_a_campaign_that_is_of_this_version_is_said_to_be(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(new_campaign.files_of(new_campaign.Wanted("birds", "Which?", ("a", "b"), OWN)))
    commit("made")
    assert main(["upgrade", "--yes"]) == 0
    assert "This campaign is as silverprint" in capsys.readouterr().err
    assert git("rev-list", "--count", "HEAD").strip() == "1"


@pytest.mark.slow
def test_only_what_the_upgrade_writes_is_in_its_commit(here: Path) -> None:
    ship_earlier()
    commit("earlier")
    Path("notes.md").write_text("ours")
    layout.CLASSES.write_text("number,name\n")
    assert main(["upgrade", "--yes"]) == 0
    assert set(git("show", "--format=", "--name-only").split()) == {"params.yaml", "dvc.yaml", "versions.yaml"}
    assert sorted(git("status", "--porcelain").splitlines()) == ["?? data/classes.csv", "?? notes.md"]


@pytest.mark.slow
def test_changes_that_are_in_no_commit_are_not_mixed_with_it(here: Path) -> None:
    ship_earlier()
    commit("earlier")
    layout.PARAMS.write_text(layout.PARAMS.read_text().replace("min_side: 48", "min_side: 60"))
    before = layout.PARAMS.read_text()
    upgrade.run()
    with pytest.raises(ConfigError, match=r"params\.yaml: has changes that are in no commit.*git commit"):
        upgrade.run(yes=True)
    assert layout.PARAMS.read_text() == before
    assert git("status", "--porcelain") == " M params.yaml\n"


@pytest.mark.slow
def test_an_edit_that_cannot_be_merged_writes_nothing_and_names_its_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ship_earlier()
    text = layout.PIPELINE.read_text()
    layout.PIPELINE.write_text(text.replace("clean.json: {cache: false}", "clean.json: {cache: false, desc: ours}"))
    commit("ours")
    assert main(["upgrade", "--yes"]) == 78
    said = capsys.readouterr().err
    assert "your edit and the new version's change the same lines" in said
    assert "desc: ours" in said
    assert git("status", "--porcelain") == ""
    number = int(said.rpartition("silverprint: dvc.yaml line ")[2].split()[0].rstrip(":"))
    near = layout.PIPELINE.read_text().splitlines()[number - 1 : number + 3]
    assert "desc: ours" in "".join(near)


@pytest.mark.slow
def test_in_a_clone_of_the_source_a_merge_that_conflicts_is_ended(here: Path) -> None:
    """A team works on `main` with sources and rounds of its own; the source went on on `source`."""
    Path("src/silverprint").mkdir(parents=True)
    Path("src/silverprint/code.py").write_text("one\n")
    ship_earlier()
    commit("the source, earlier")
    git("checkout", "--quiet", "-b", "source")
    write(new_campaign.sample_files())
    Path("src/silverprint/code.py").write_text("two\n")
    commit("the source, now")
    git("checkout", "--quiet", "main")
    text = layout.PARAMS.read_text()
    ours = text.replace("min_contrast: 4.0", "min_contrast: 5.5").replace("cost_per_hour: 20.0", "cost_per_hour: 31.5")
    start, end = ours.index("  r02:"), ours.index("last:")
    ours = f"{ours[:start]}{ours[end:]}".replace("last: r03", "last: r01")
    layout.PARAMS.write_text(ours.replace("  personal_confidence: 0.5", "  personal_confidence: 0.9"))
    layout.PARAMS.write_text(yaml_edit.drop(layout.PARAMS.read_text(), ("sources", "partner")))
    layout.PIPELINE.write_text(re.sub(r" *- data/\w+/partner\n", "", layout.PIPELINE.read_text()))
    write({"data/rounds/r01/votes.csv": "of this campaign\n", "data/rounds/r01/asks.csv": "likewise\n"})
    commit("our campaign")
    git("merge", "--quiet", "source", code=1)
    assert main(["upgrade", "--yes"]) == 0
    assert git("status", "--porcelain") == ""
    assert len(git("log", "-1", "--format=%P").split()) == 2
    assert Path("src/silverprint/code.py").read_text() == "two\n"
    meant = config.load()
    assert (meant.clean.min_contrast, meant.people.cost_per_hour, meant.chain) == (5.5, 31.5, ("r01",))
    assert meant.clean.personal_confidence == 0.9
    assert list(meant.sources) == ["web", "own", "list"]
    lint.lint(meant)
    assert layout.VERSIONS.read_text() == history.template("versions.yaml")
    assert main(["upgrade", "--yes"]) == 0
    assert git("rev-list", "--count", "--first-parent", "HEAD").strip() == "3"


@pytest.mark.slow
def test_where_other_files_conflict_the_merge_is_left_to_the_team(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("src/silverprint").mkdir(parents=True)
    ship_earlier()
    commit("earlier")
    git("checkout", "--quiet", "-b", "source")
    write(new_campaign.sample_files() | {"README.md": "theirs\n"})
    commit("now")
    git("checkout", "--quiet", "main")
    write({"README.md": "ours\n", "versions.yaml": layout.VERSIONS.read_text() + "sheet: 1\n"})
    commit("ours")
    git("merge", "--quiet", "source", code=1)
    assert main(["upgrade", "--yes"]) == 0
    assert "Still to merge: README.md; then: git commit" in capsys.readouterr().err
    assert git("diff", "--name-only", "--diff-filter=U").split() == ["README.md"]
    assert layout.VERSIONS.read_text() == history.template("versions.yaml") + "sheet: 1\n"
