"""The wheel alone, apart from the source: a campaign of one's own from a folder of photographs to a release."""

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tests.adapters.labelstudio.conftest import Person, sign_in
from tests.e2e.harness import ROOT, Campaign, free_port

pytestmark = pytest.mark.slow
SIDE = 128  # pixels of a photograph: a tile of one of scikit-learn's
QUICK = 180  # seconds of the processor that the commands to the first task take


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `pip install` of the wheel brings, the dependencies aside."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        (folder / "source" / line).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / line, folder / "source" / line)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    built = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(folder / "source")]
    subprocess.run([*pip, *built], check=True)
    shutil.rmtree(folder / "source")
    (wheel,) = folder.glob("silverprint-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder / "there"), str(wheel)], check=True)
    return folder / "there"


@pytest.fixture
def outside(tmp_path: Path, installed: Path, studio_environment: str) -> Iterator[Campaign]:
    """A folder of somebody who has the package and no clone."""
    paths = {"PYTHONPATH": str(installed), "SILVERPRINT_STUDIO_ENV": studio_environment}
    where = Campaign(tmp_path, paths | {"OMP_NUM_THREADS": "1"})
    where.environment |= {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    mine = Campaign(tmp_path / "my-campaign", where.environment)
    yield where
    if mine.path.exists():
        mine.call("silverprint", "studio", "down")


def processor_seconds() -> float:
    """What the commands so far took of the processor, whatever else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def photograph(folder: Path) -> None:
    """Tiles of two photographs, in a folder for each."""
    spec = find_spec("sklearn.datasets")
    assert spec is not None
    assert spec.origin is not None
    for name in ("china", "flower"):
        (folder / name).mkdir(parents=True)
        whole = Image.open(Path(spec.origin).parent / f"images/{name}.jpg")
        for top in range(0, whole.height - SIDE + 1, SIDE):
            for left in range(0, whole.width - SIDE + 1, SIDE):
                tile = whole.crop((left, top, left + SIDE, top + SIDE))
                tile.save(folder / name / f"{top}-{left}.jpg", quality=92)


def test_from_the_wheel_to_the_first_task_and_to_a_release(outside: Campaign, installed: Path) -> None:
    found = outside.must(sys.executable, "-c", "import silverprint; print(silverprint.__file__)")
    assert found.strip() == str(installed / "silverprint/__init__.py")
    assert "`evaluation.size`" in outside.must("silverprint", "docs", "params")
    photograph(outside.path / "photos")
    before = processor_seconds()
    what = ("--classes", "china,flower", "--question", "What is on the photograph?", "--people", "1")
    outside.must("silverprint", "init", "my-campaign", *what, "--folder", "photos")
    mine = Campaign(outside.path / "my-campaign", outside.environment)
    mine.must("silverprint", "studio", "up", "--port", str(free_port()))
    mine.must("silverprint", "people", "invite", "ada")
    assert "silverprint round open r01" in mine.must("silverprint", "repro")
    assert mine.standing("r01")["state"] == "planned"
    mine.must("silverprint", "round", "open", "r01")
    asked = mine.call("silverprint", "repro")
    assert "people are needed" in asked.stdout + asked.stderr, asked.stdout + asked.stderr
    assert (asked.returncode, "ERROR" in asked.stderr) == (75, False), asked.stderr
    assert asked.stderr.splitlines()[-1].startswith("Nothing went wrong: r01 ("), asked.stderr
    took = processor_seconds() - before
    assert mine.standing("r01")["state"] == "waiting"
    mine.must("silverprint", "doctor")
    mine.commit("r01 is asked")

    answered = answer_everything(mine)
    assert answered == pl.read_csv(mine.path / "data/rounds/r01/queue.csv").height >= 24
    closed = mine.call("silverprint", "repro")
    assert closed.returncode == 0, closed.stdout + closed.stderr
    mine.commit("r01 is answered")
    assert mine.standing("r01")["state"] == "closed"
    assert mine.votes().height == answered
    assert (mine.path / "data/report/index.html").exists()
    folders = [path.name for path in (mine.path / "data/release/imagefolder").glob("t*/*") if path.is_dir()]
    assert sorted(folders) == ["00-china", "00-china", "01-flower", "01-flower"]
    assert mine.must("git", "status", "--porcelain") == ""
    again = mine.call("silverprint", "repro")
    assert (again.returncode, "Running stage" in again.stdout) == (0, False)
    assert "silverprint round open NAME" in again.stdout
    assert took <= QUICK, f"{took:.0f} s to the first task"


def answer_everything(campaign: Campaign) -> int:
    """Ada answers with the name of the folder that a photograph came from."""
    account = json.loads((campaign.path / "var/people/ada.json").read_text())
    raw = pl.concat([pl.read_parquet(path) for path in (campaign.path / "data/raw/photos").glob("*.parquet")])
    truth = dict(raw.select("image_id", "source_label").iter_rows())
    (project,) = json.loads((campaign.path / "data/rounds/r01/state.json").read_text())["projects"].values()
    answered = 0
    with closing(sign_in(account)) as http:
        ada = Person(http, "ada")
        while (found := http.get(f"/api/projects/{project}/next")).status_code != 404:
            task = found.raise_for_status().json()
            ada.answer(task["id"], truth[task["data"]["image_id"]])
            answered += 1
    return answered
