"""`silverprint init`: what it writes, what it leaves alone, what it asks, and what it says when it cannot."""

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import config, yamltext
from silverprint.adapters.crawl import site_entry
from silverprint.adapters.crawl.first_look import Look, Selectors
from silverprint.campaign import lint, new_campaign
from silverprint.commands import init
from silverprint.errors import SilverprintError, UnavailableError, UsageError
from tests.helpers.examples import fewer

Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whom Git knows, whatever the machine's own settings are."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@localhost")


@pytest.fixture(autouse=True)
def site(monkeypatch: pytest.MonkeyPatch) -> dict[str, Look]:
    """What a look at a site finds, by its source; one that is not named does not answer."""
    found = dict[str, Look]()

    def look(name: str, source: config.WebSource, known: object) -> Look:
        if name not in found:
            raise UnavailableError(f"sources.{name}: {source.start[0]}", "it does not answer", "look at the address")
        return found[name]

    monkeypatch.setattr(site_entry, "_look", look)
    return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "My Photos"
    folder.mkdir()
    return folder


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


WHAT = ("--classes", "cat, dog", "--question", "Which animal is this?")


def test_a_campaign_of_ones_own(typed: Typed, tmp_path: Path, photos: Path) -> None:
    (tmp_path / "list.csv").write_text("url\n")
    (tmp_path / "drop.tar.gz").touch()
    sources = (
        "--folder",
        photos.name,
        "--urls",
        "list.csv",
        "--archive",
        "drop.tar.gz",
        "--site",
        "https://a.example/",
    )
    done = typed("init", "animals", *WHAT, *sources, "--license", "cc-by-4.0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "animals"
    assert git(made, "status", "--porcelain") == ""
    assert len(git(made, "log", "--format=%s").splitlines()) == 1
    params = config.load(made / "params.yaml")
    assert params.dataset.classes == ("cat", "dog")
    assert params.dataset.title == "Which animal is this?"
    assert (params.dataset.name, params.dataset.campaign) == ("animals", "animals")
    assert (params.chain, tuple(params.planned), params.last) == ((), ("r01",), "start")
    kinds = {name: source.kind for name, source in params.sources.items()}
    assert kinds == {"my-photos": "folder", "list": "urls", "drop": "archive", "a-example": "web"}
    assert params.sources["my-photos"].path == str(photos)  # type: ignore[union-attr]
    for verb in ("check", "status"):
        again = typed(verb, cwd=made)
        assert again.returncode == 0, again.stderr
    assert "silverprint round open r01, then silverprint repro" in again.stdout
    steps = re.split("; then: |, then ", again.stdout.partition("Next: ")[2])
    assert [step.partition(" (")[0] for step in steps[:3]] == [
        "silverprint studio up",
        "silverprint people invite NAME",
        "silverprint repro",
    ]
    assert "ledger merge %O %A %B %P" in git(made, "config", "merge.silverprint-ledger.driver")
    assert git(made, "check-attr", "merge", "data/gold.csv").endswith("silverprint-ledger\n")


def test_sites_are_looked_at_and_one_that_shows_nothing_is_a_guess(
    typed: Typed, tmp_path: Path, site: dict[str, Look]
) -> None:
    site["a-example"] = Look(Selectors("a.next", "li a", "img.photo"), links=3, pictures=2)
    site["b-example"] = Look(Selectors(), where="at https://b.example/")
    places = ("--site", "https://a.example/", "--site", "https://b.example/", "--site", "https://c.example/")
    done = typed("init", "animals", *WHAT, *places, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = config.load(tmp_path / "animals/params.yaml").sources
    selectors = {
        name: (one.next, one.page, one.picture) for name, one in found.items() if isinstance(one, config.WebSource)
    }
    guess = (None, None, "img")
    assert selectors == {"a-example": ("a.next", "li a", "img.photo"), "b-example": guess, "c-example": guess}
    assert "sources.a-example.page: li a (proposed)" in done.stderr
    assert "no picture was found at https://b.example/" in done.stderr
    assert "https://c.example/: it does not answer" in done.stderr
    assert done.stderr.count("a guess: correct it in params.yaml") == 2


@pytest.mark.parametrize(
    ("files", "said"), [(9, "4 of 9 files judge"), (300, "150 of 300 files judge"), (750, "150 of 750"), (751, None)]
)
def test_of_few_pictures_it_says_how_many_judge(photos: Path, files: int, said: str | None) -> None:
    for number in range(files):
        (photos / f"{number}.jpg").touch()
    own = {"own": {"kind": "folder", "revision": 1, "path": str(photos)}}
    wanted = new_campaign.Wanted("x", "Which?", ("a", "b"), own)
    params = config.parse(new_campaign.files_of(wanted)["params.yaml"])
    found = init._judging_words(wanted, params)
    assert (found is None) == (said is None)
    assert found is None or (found.startswith(str(said)) and "(evaluation.size = 150)" in found)
    listed = replace(wanted, sources=own | {"list": {"kind": "urls", "revision": 1, "path": "/x.csv"}})
    assert init._judging_words(listed, params) is None


@pytest.mark.slow
def test_what_dvc_reads_of_it_is_a_pipeline(typed: Typed, tmp_path: Path, photos: Path) -> None:
    """With names that mean something to DVC and to YAML."""
    classes = "${last}, yes, 1, a: b, #x"
    done = typed("init", "odd", "--classes", classes, "--question", "${rounds}?", "--folder", str(photos), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        ["dvc", "stage", "list", "--all"], cwd=tmp_path / "odd", check=True, capture_output=True, text=True
    )
    names = {line.split()[0] for line in listed.stdout.splitlines()}
    assert {"check", "acquire@my-photos", "clean", "release", "report"} <= names
    assert not [name for name in names if name.startswith("queue")]  # no round is opened
    assert config.load(tmp_path / "odd/params.yaml").dataset.classes == ("${last}", "yes", "1", "a: b", "#x")


@pytest.mark.parametrize("before", [{"notes.txt": "mine"}, {".hidden": ""}, {"dvc.yaml": "stages: {}\n"}])
def test_nothing_existing_is_touched(typed: Typed, tmp_path: Path, photos: Path, before: dict[str, str]) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in before.items():
        (folder / name).write_text(text)
    done = typed("init", "mine", *WHAT, "--folder", str(photos), cwd=tmp_path)
    assert done.returncode == 64
    assert done.stderr.count("\n") == 1
    assert "nothing that is there is overwritten" in done.stderr
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 64, "--question: is missing"),
        (("--question", "Which?"), 64, "--classes: is missing"),
        (WHAT, 64, "--folder: is missing"),
        ((*WHAT, "--folder", "nowhere"), 69, "there is no such folder"),
        ((*WHAT, "--urls", "photos"), 69, "there is no such file"),
        ((*WHAT, "--site", "shop"), 78, "an address begins with http"),
        ((*WHAT, "--folder", "photos", "--license", "mine"), 64, "no SPDX identifier"),
        ((*WHAT, "--folder", "photos", "--people", "0"), 64, "must be 1 to 50"),
        (("--question", "Which?", "--classes", "cat", "--folder", "photos"), 64, "at least two classes"),
        (("--question", "Which?", "--classes", "a,b/c", "--folder", "photos"), 78, "--classes = 'b/c': "),
        (("--question", "Which?", "--classes", "a,A", "--folder", "photos"), 78, "rename one"),
        (("--question", "Which?", "--classes", "a,\udcff", "--folder", "photos"), 64, "no text in UTF-8"),
        (("--question", "?", "--classes", "a,b", "--folder", "photos"), 78, "--question = '?': "),
        ((*WHAT, "--folder", "."), 64, "it lies in a source"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    typed: Typed, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "photos").mkdir()
    done = typed("init", "new", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["file", "file/new", "x" * 300])
def test_a_folder_that_cannot_be_is_one_line(typed: Typed, tmp_path: Path, photos: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    done = typed("init", name, *WHAT, "--folder", str(photos), cwd=tmp_path)
    assert done.returncode == 64
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_git_without_an_identity_is_one_line(
    typed: Typed, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.delenv(f"{name}_NAME")
        monkeypatch.delenv(f"{name}_EMAIL")
    done = typed("init", "new", *WHAT, "--folder", str(photos), cwd=tmp_path)
    assert done.returncode == 78
    assert "git config --global user.name" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()


class Terminal:
    """Standard input at which somebody types `lines`."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return f"{self.lines.pop(0)}\n" if self.lines else ""


def test_what_no_option_says_is_asked(
    typed: Typed, tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("Which animal is this?", "", "cat", "cat, dog", str(tmp_path / "nowhere"), str(photos))
    monkeypatch.setattr("sys.stdin", Terminal(*lines))
    done = typed("init", "asked", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    params = config.load(tmp_path / "asked/params.yaml")
    assert (params.dataset.title, params.dataset.classes) == ("Which animal is this?", ("cat", "dog"))
    assert list(params.sources) == ["my-photos"]
    assert "at least two classes" in done.stderr
    assert "there is no such" in done.stderr


def test_whoever_stops_typing_has_made_nothing(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("Which animal is this?"))
    done = typed("init", "asked", cwd=tmp_path)
    assert done.returncode == 64
    assert not (tmp_path / "asked").exists()


CLASS = st.text(st.characters(exclude_characters=","), max_size=90)


@given(
    classes=st.lists(CLASS, max_size=5),
    question=st.text(max_size=60),
    name=st.text(max_size=50),
    people=st.integers(1, 50),
)
@fewer(2)
def test_any_words_are_kept_as_they_are_or_refused(classes: list[str], question: str, name: str, people: int) -> None:
    """The classes and the question that params.yaml then has are the ones that were typed, whatever they hold."""
    source = {init._slug(name) or "x": {"kind": "folder", "revision": 1, "path": "/x"}}
    wanted = new_campaign.Wanted("x", question, tuple(classes), source, None, people)
    try:
        made = new_campaign.files_of(wanted)
    except SilverprintError:
        return
    params = config.parse(made["params.yaml"])
    assert params.dataset.classes == tuple(classes)
    assert params.dataset.title == question
    assert list(params.sources) == list(source)
    assert params.evaluation.overlap <= people
    assert all(entry.overlap <= people for entry in params.planned.values())
    assert f"data/raw/{next(iter(source))}" in made["dvc.yaml"]


@given(name=st.text(max_size=60))
def test_every_name_of_a_folder_gives_a_name(name: str) -> None:
    found = init._slug(name)
    assert found == "" or config.parse(_renamed(found)).dataset.name == found


def _renamed(name: str) -> str:
    return TEMPLATE.replace("NAME", f'"{name}"')


TEMPLATE = new_campaign.packaged.text("campaign/params.yaml").replace(
    "sources: {}", "sources: {a: {kind: folder, path: /x}}"
)


def test_sources_of_one_name_are_numbered(tmp_path: Path) -> None:
    places = [("folder", tmp_path / side / "photos") for side in ("a", "b", "c")]
    for _, place in places:
        place.mkdir(parents=True)
    assert list(init._sources(tmp_path / "new", places, None)) == ["photos", "photos-2", "photos-3"]


def test_pictures_without_a_licence_are_kept_only_where_they_are_ones_own(tmp_path: Path) -> None:
    own = {"kind": "folder", "revision": 1, "path": "/x"}
    site = {"kind": "web", "revision": 1, "start": ["https://a.example"], "picture": "img"}

    def fate(sources: dict[str, dict[str, object]], license_: str | None) -> str:
        made = new_campaign.files_of(new_campaign.Wanted("x", "Which?", ("a", "b"), sources, license_))
        return config.parse(made["params.yaml"]).clean.unknown_license

    assert fate({"own": own}, None) == "keep"
    assert fate({"own": own | {"license": "CC-BY-NC-4.0"}}, "CC-BY-NC-4.0") == "reject"
    assert fate({"own": own, "site": site}, None) == "reject"
    made = new_campaign.files_of(new_campaign.Wanted("x", "Which?", ("a", "b"), {"own": own}, "CC-BY-NC-4.0"))
    assert "CC-BY-NC-4.0" in config.parse(made["params.yaml"]).clean.licenses


def test_the_pipeline_names_what_lint_wants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {name: {"kind": "folder", "revision": 1, "path": "/x"} for name in ("a", "b", "c")}
    monkeypatch.chdir(tmp_path)
    for name, text in new_campaign.files_of(new_campaign.Wanted("x", "Which?", ("a", "b"), sources)).items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    lint.lint(config.load())
    assert yamltext.mapping(Path("versions.yaml").read_text(), Path("versions.yaml"))
    with pytest.raises(UsageError):
        init._require_empty(tmp_path)


@pytest.mark.parametrize(("name", "said"), [(None, "holds no file"), ("a.txt", "none of the 1 files"), ("a.JPG", None)])
def test_a_folder_without_pictures_is_told(photos: Path, name: str | None, said: str | None) -> None:
    if name is not None:
        (photos / name).touch()
    sources = {"own": {"kind": "folder", "path": str(photos)}}
    told = list(init._without_pictures(new_campaign.Wanted("c", "Which?", ("a", "b"), sources)))
    assert [said in sentence for sentence in told if said] == [True] * (said is not None)
    assert bool(told) == (said is not None)


def test_a_campaign_is_made_in_no_other_and_another_name_is_a_free_one(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "mine-2").mkdir()
    with pytest.raises(UsageError, match=r"it lies in another campaign, .*/mine, .*: silverprint init sub$"):
        init.run(Path("mine/sub"), "cat,dog", "Which?", folders=[photos])
    assert not (tmp_path / "mine/sub").exists()
    monkeypatch.chdir(tmp_path / "mine")
    with pytest.raises(UsageError, match=r"it is not empty, .*: silverprint init \.\./mine-3$"):
        init.run(Path("../mine"), "cat,dog", "Which?", folders=[photos])
