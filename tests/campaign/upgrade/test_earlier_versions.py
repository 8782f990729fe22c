"""Campaigns of earlier versions, with two closed rounds and one that people answer, go through `silverprint upgrade`.

earlier/ has what those versions shipped, by their commits: params.yaml, versions.yaml, and dvc.yaml as pipeline.yaml.
"""

import json
import shutil
import subprocess
from collections import Counter
from difflib import ndiff
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from silverprint import annotation_registry, config, layout, yamltext
from silverprint.campaign import lint
from silverprint.campaign.upgrade import history
from silverprint.campaign.upgrade.moves import MOVES
from silverprint.cli import main
from silverprint.commands import upgrade
from silverprint.dvcfiles import pipeline_blocks, resolved_stages
from tests.adapters.labelstudio.conftest import PEOPLE
from tests.helpers import studio_machine
from tests.helpers.memory_backend import MemoryBackend

pytestmark = pytest.mark.slow

EARLIER = Path(__file__).parent / "earlier"
QUICK = ("be45b35", "0ef582a")  # the oldest and the youngest
VERSIONS = [
    pytest.param(path.name, marks=[] if path.name in QUICK else pytest.mark.slow) for path in sorted(EARLIER.iterdir())
]
ROUNDS = ("r01", "r02", "r03")
LATER_COLUMNS = ("features", "why")  # of a queue
CAMPAIGN = "garments"
GONE = "f" * 64  # a picture that was withdrawn
IGNORED = "/scratch/\n"  # by the team
COMMENT = "# agreed with the museum in May"


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MemoryBackend]:
    """A campaign whose r01 and r02 are closed, whose r03 is half answered; queues as the first versions wrote them."""
    root, backend = tmp_path_factory.mktemp("house"), MemoryBackend()
    folder, serving = root / "campaign", root / "serving"
    folder.mkdir()
    serving.mkdir()
    for name in PEOPLE:
        backend.invite(f"{name}@here", "a password")
    studio_machine.make(folder, backend, serving, "a token", CAMPAIGN, [1, 1])
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setattr(annotation_registry, "connect", lambda wanted="": backend)
        shutil.rmtree("data/raw/web")
        shutil.copytree("data/raw/own", "data/raw/web")  # the first versions' sample had no source `own`
        person = backend.person(f"{PEOPLE[0]}@here")
        for name in ROUNDS:
            layout.queue(name).write_text(without(layout.queue("r01").read_text(), LATER_COLUMNS))
            assert main(["annotate", name]) == 75
            (project,) = backend.find_all(CAMPAIGN, name)
            if name != ROUNDS[-1]:
                person.work(project)
                assert main(["annotate", name]) == 0
        person.answer(backend.tasks(project)[0].task_id, "bag")
        assert main(["annotate", ROUNDS[-1]]) == 75
    return folder, backend


@pytest.fixture
def backend(house: tuple[Path, MemoryBackend], monkeypatch: pytest.MonkeyPatch) -> MemoryBackend:
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": house[1])
    return house[1]


@pytest.fixture
def asked(house: tuple[Path, MemoryBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that campaign, in which the test works."""
    folder = shutil.copytree(house[0], tmp_path / "campaign", symlinks=True)
    monkeypatch.chdir(folder)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Lead")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "lead@example.org")
    return folder


def without(table: str, columns: tuple[str, ...]) -> str:
    rows = [line.split(",") for line in table.splitlines()]
    kept = [place for place, name in enumerate(rows[0]) if name not in columns]
    return "".join(",".join(row[place] for place in kept) + "\n" for row in rows)


def become(version: str) -> None:
    """The campaign as that version had it: fewer ledgers and suites' rules, a lock of its stages."""
    shutil.rmtree("expectations")
    for name in ("clean", "queue", "labels"):
        layout.SUITES.mkdir(exist_ok=True)
        (layout.SUITES / f"{name}.json").write_text(history.known(f"expectations/{name}.json")[0])
    later = (layout.PERSONAL, layout.BLOCKED, layout.ANNOTATORS)
    for path in (layout.IMPORTS, layout.GOLD, layout.INCLUDE, layout.EXCLUDE, *later):
        path.unlink()
    layout.TAKEDOWNS.write_text(
        f'image_id,target,why,at\n{GONE},https://shop.example/a.jpg,"asked, twice",2026-01-01\n'
    )
    params = (EARLIER / version / "params.yaml").read_text()
    params = params.replace("campaign: fashion-demo", f"campaign: {CAMPAIGN}").replace("min_side: 48", "min_side: 50")
    layout.PARAMS.write_text(params.replace("\nclean:\n", f"\n{COMMENT}\nclean:\n"))
    shutil.copy(EARLIER / version / "pipeline.yaml", layout.PIPELINE)
    shutil.copy(EARLIER / version / "versions.yaml", layout.VERSIONS)
    layout.LOCK.write_text(locked())
    Path(".gitignore").write_text(history.known(".gitignore")[0] + IGNORED)
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "so far")


def locked() -> str:
    """dvc.lock after a run of every stage."""
    values = {path: yamltext.mapping(path.read_text(), path) for path in (layout.PARAMS, layout.VERSIONS)}
    found: dict[str, Any] = {}
    for name, stage in resolved_stages.resolve(document(layout.PIPELINE), values[layout.PARAMS]).items():
        entry: dict[str, Any] = {"cmd": stage.cmd, "deps": [{"path": dep, "md5": "0" * 32} for dep in stage.deps]}
        entry["params"] = {
            file: {knob: resolved_stages.value_at(values[Path(file)], knob) for knob in knobs}
            for file, knobs in stage.params.items()
        }
        found[name] = entry | {"outs": [{"path": out, "md5": "0" * 32} for out in stage.outs]}
    yaml, out = YAML(typ="safe"), StringIO()
    yaml.default_flow_style = False
    yaml.dump({"schema": "2.0", "stages": found}, out)
    return out.getvalue()


def document(path: Path) -> dict[str, Any]:
    return yamltext.mapping(path.read_text(), path)


def leaves(values: dict[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in values.items():
        found |= leaves(value, (*above, name)) if isinstance(value, dict) else {(*above, name): value}
    return found


def sealed() -> dict[str, bytes]:
    """What people were asked, and what they said."""
    kinds = (layout.queue, layout.votes, layout.state, layout.asks)
    return {str(path): path.read_bytes() for name in ROUNDS for kind in kinds if (path := kind(name)).exists()}


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_asked_again_and_no_vote_differs(
    version: str,
    asked: Path,
    backend: MemoryBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    become(version)
    before, was, tasks = sealed(), layout.PARAMS.read_text(), asked_of(backend)
    upgrade.run(yes=True)
    assert git("rev-list", "--count", "HEAD").strip() == "2"
    assert git("status", "--porcelain") == ""
    assert sealed() == before
    lint.lint(config.load())
    moved = [move.old.split(".") for move in MOVES]
    kept, said = leaves(document(layout.PARAMS)), leaves(yamltext.mapping(was, layout.PARAMS))
    assert {way for way in said if kept.get(way) != said[way]} == {way for way in said if list(way) in moved}
    new = layout.PARAMS.read_text().splitlines()
    gone = [line[2:].partition(":")[0].strip() for line in ndiff(was.splitlines(), new) if line.startswith("- ")]
    assert set(gone) <= {way[-1] for way in moved}, "no other line is changed or gone"
    assert new[new.index(COMMENT) + 1] == "clean:"
    assert (
        layout.TAKEDOWNS.read_text().splitlines()[1] == f'{GONE},,https://shop.example/a.jpg,"asked, twice",2026-01-01'
    )
    assert_complete()

    monkeypatch.setattr(annotation_registry, "connect", None)
    for name in ROUNDS[:2]:
        assert main(["annotate", name]) == 0
    for name in ROUNDS:
        assert main(["queue", name]) == 0
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": backend)
    assert main(["annotate", ROUNDS[-1]]) == 75
    assert sealed() == before
    assert asked_of(backend) == tasks
    upgrade.run(yes=True)
    assert git("rev-list", "--count", "HEAD").strip() == "2", "a second time there is nothing to do"


def asked_of(backend: MemoryBackend) -> Counter[str | None]:
    projects = [project for name in ROUNDS for project in backend.find_all(CAMPAIGN, name)]
    return Counter(task.image_id for project in projects for task in backend.tasks(project))


def assert_complete() -> None:
    """Every stage and ledger of this version is there, every stage with its version."""
    sources = list(document(layout.PARAMS)["sources"])
    shipped = pipeline_blocks.split(history.template("dvc.yaml")).stages
    assert list(pipeline_blocks.split(layout.PIPELINE.read_text()).stages.items()) == [
        (name, pipeline_blocks.with_sources(block, sources)) for name, block in shipped.items()
    ]
    assert Path(".gitignore").read_text() == history.template(".gitignore") + IGNORED
    assert layout.VERSIONS.read_text() == history.template("versions.yaml")
    assert all(Path(name).exists() for name in history.templates() if name.endswith(".csv"))
    assert json.loads((layout.SUITES / "queue.json").read_text())


def test_what_would_run_again_is_said_with_its_reason(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    become("c8df127")
    upgrade.run()
    assert git("status", "--porcelain") == "", "without --yes nothing is written"
    said = capsys.readouterr()
    assert "  check: params.yaml changes; it writes data/classes.csv, too\n" in said.err
    assert "  embed: its version rises from 2 to " in said.err
    (labels,) = (line for line in said.err.splitlines() if line.startswith("  labels of r02: "))
    *reasons, version = labels.removeprefix("  labels of r02: ").split("; ")
    assert reasons == [
        "it reads data/embed, too",
        "it reads data/rounds/r02/score, too",
        "it reads data/rounds/r01/model, too",
        "it reads data/annotators.csv, too",
        "it reads data/class_changes.csv, too",
        "data/imports.csv changes",
        "data/gold.csv changes",
    ], "not for its knob"
    assert version.startswith("its version rises from 3 to ")
    assert "max_megapixels" not in said.err.partition("Runs again")[2], "it has had this value all along"
    (start,) = (line for line in said.err.splitlines() if line.startswith("  start: "))
    assert {"it writes data/rounds/start/metrics.json, too", "it reads data/embed, too"} <= {
        *start.removeprefix("  start: ").split("; ")
    }
    assert "annotate" not in said.err.partition("Runs again")[2]
    assert "+  max_megapixels: 128" in said.out
    assert "the queues and votes of r01, r02 are closed" in said.err
