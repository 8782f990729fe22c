"""The pages for jobs: short, found from docs/README.md, and their commands work in the campaign that they speak of."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from silverprint import cli
from tests.contracts.digests import ROOT
from tests.docs.test_documents import complaint

JOBS = sorted((ROOT / "docs/jobs").glob("*.md"))
# Commands that need no server, no crawl and no closed round; of the others it is tested that they are ones.
RUN = {
    *("source list", "votes import", "round add", "round open", "classes", "classes rename", "classes add"),
    *("trace", "takedown", "doctor", "upgrade", "status"),
}
MOST_WORDS = 350


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaign of docs/my-first-campaign.md, whose pictures are read."""
    root = tmp_path_factory.mktemp("jobs")
    for number in range(9):
        place = root / f"photos/{('cats', 'kitty', 'dog')[number // 3]}/{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "a")
            patch.setenv(f"GIT_{role}_EMAIL", "a@localhost")
        line = "init my-campaign --classes cat,dog,other --question 'Which animal is this?' --folder photos"
        assert cli.main(shlex.split(line)) == 0
        patch.chdir(root / "my-campaign")
        assert cli.main(["acquire", "photos"]) == 0
    return root


@pytest.fixture
def campaign(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it; the path of its pictures is kept in full."""
    shutil.copytree(made / "my-campaign", tmp_path / "my-campaign")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "a")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@localhost")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path / "my-campaign")
    return tmp_path / "my-campaign"


def lines(page: Path) -> list[str]:
    """What its blocks of code for a shell say to type, without comments."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    said = [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in said if line]


def verb(words: list[str]) -> str:
    """The longest beginning of a command's words that is in RUN, or the first of them."""
    return next((name for name in (" ".join(words[:2]), words[0]) if name in RUN), words[0])


@pytest.mark.slow
@pytest.mark.parametrize("page", JOBS, ids=lambda page: page.stem)
def test_what_a_page_says_to_type_works(page: Path, campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in lines(page):
        words = shlex.split(line)
        if words[0] in ("git", "dvc"):
            if words[0] == "git" and "data/rounds/" not in line:  # of a round that was answered
                done = subprocess.run(["bash", "-c", line], cwd=campaign, capture_output=True, text=True, check=False)
                assert done.returncode == 0 or "nothing to commit" in done.stdout, done.stderr
            continue
        assert words[0] == "silverprint", line
        assert complaint(words[1:]) == "", line
        later = words[1:3] == ["round", "open"] and words[3] != "r01"  # once r01 is closed
        if verb(words[1:]) in RUN and not later and "birds" not in words:  # a site, which is not there
            sure = ["--yes"] if words[1] == "classes" and len(words) > 2 else []  # nobody is there to be asked
            monkeypatch.chdir(campaign)
            assert cli.main([*words[1:], *sure]) == 0, line


@pytest.mark.parametrize("page", JOBS, ids=lambda page: page.stem)
def test_a_page_is_short_and_is_found(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").split()) <= MOST_WORDS
    assert f"(jobs/{page.name})" in (ROOT / "docs/README.md").read_text(encoding="utf-8")


def test_something_is_run() -> None:
    """Else a change of names could leave nothing to test."""
    found = {verb(shlex.split(line)[1:]) for page in JOBS for line in lines(page) if line.startswith("silverprint ")}
    assert found >= RUN - {"status"}
