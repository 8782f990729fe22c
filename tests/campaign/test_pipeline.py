"""params.yaml, dvc.yaml and the rounds on disk are held together; the commands that edit them keep comments."""

from pathlib import Path

import polars as pl
import pytest
from ruamel.yaml import YAML

from silverprint import config, layout
from silverprint.campaign import ledgers, lint
from silverprint.campaign.round_state import State
from silverprint.commands import rounds, sources
from silverprint.dvcfiles import stage_source_deps, yaml_edit
from silverprint.errors import ConfigError, UnavailableError, UsageError
from silverprint.records import VOTES, conform
from tests.contracts.digests import ROOT

SHIPPED = list(YAML(typ="safe").load((ROOT / "params.yaml").read_text())["sources"])  # in their order

pytestmark = pytest.mark.usefixtures("project")


def opened(name: str, prev: str, status: str = "waiting") -> None:
    State(
        round=name,
        prev=prev,
        status=status,
        campaign="fashion-demo",
        server="s",
        queue_sha256="0" * 64,
        classes=config.load().dataset.classes,
    ).save()  # type: ignore[arg-type]


def files() -> tuple[str, str]:
    return layout.PARAMS.read_text(), layout.PIPELINE.read_text()


def stages() -> dict[str, stage_source_deps.Stage]:
    return stage_source_deps.parse(layout.PIPELINE.read_text())


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_shipped_pipeline_agrees() -> None:
    lint.lint(config.load())


def test_a_source_missing_from_a_stage_is_refused() -> None:
    text = layout.PIPELINE.read_text()
    layout.PIPELINE.write_text(text.replace("      - data/raw/partner\n", "", 1))
    with pytest.raises(ConfigError, match="silverprint source add partner"):
        lint.lint(config.load())
    sources.add("partner", None)
    lint.lint(config.load())


@pytest.mark.slow
def test_an_added_source_is_in_every_stage_that_needs_it(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    before = files()
    sources.add("museum", "MIT", archive=tmp_path / "drop")
    lint.lint(config.load())
    found = stages()
    for folder, need in stage_source_deps.NEED.items():
        for stage in need:
            assert list(found[stage].sources(folder)) == [*SHIPPED, "museum"]
    sources.remove("museum")
    assert files() == before


def test_a_list_is_added_as_one(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("url\n")
    sources.add("listed", "MIT", urls=tmp_path / "list.csv")
    lint.lint(config.load())
    assert config.load().sources["listed"] == config.UrlSource(kind="urls", path="list.csv", license="MIT")
    with pytest.raises(UsageError, match="archive and urls at once"):
        sources.add("both", None, archive=tmp_path, urls=tmp_path / "list.csv")
    with pytest.raises(UnavailableError, match=r"gone\.csv"):
        sources.add("gone", None, urls=tmp_path / "gone.csv")


@pytest.mark.slow
@pytest.mark.parametrize("folder", stage_source_deps.NEED)
def test_a_stage_that_names_no_source_at_all_is_refused_and_completed(folder: str) -> None:
    for stage in stage_source_deps.NEED[folder]:
        whole = layout.PIPELINE.read_text()
        for name in SHIPPED:
            place = stages()[stage].sources(folder)[name]
            layout.PIPELINE.write_text(yaml_edit.drop(layout.PIPELINE.read_text(), (*stages()[stage].way, place)))
        with pytest.raises(ConfigError, match=rf"'{stage}' lacks {folder}(\w+): .*silverprint source add \1"):
            lint.lint(config.load())
        for name in SHIPPED:
            sources.add(name, None)
        lint.lint(config.load())
        layout.PIPELINE.write_text(whole)


@pytest.mark.slow
@pytest.mark.parametrize("empty", ["", " []", " null"])
def test_a_list_of_dependencies_that_is_empty_is_filled(empty: str) -> None:
    listed = "".join(f"      - {folder}{name}\n" for folder in stage_source_deps.NEED for name in SHIPPED)
    replace(layout.PIPELINE, f"    deps:\n{listed}    params:", f"    deps:{empty}\n    params:")
    with pytest.raises(ConfigError, match="'embed' lacks"):
        lint.lint(config.load())
    for name in SHIPPED:
        sources.add(name, None)
    lint.lint(config.load())


@pytest.mark.slow
def test_all_sources_may_be_exchanged_for_another(tmp_path: Path) -> None:
    text = layout.PARAMS.read_text()
    start, end = text.index("  web:"), text.index("clean:\n")
    layout.PARAMS.write_text(f"{text[:start]}  mine:\n    kind: archive\n    path: drop\n\n{text[end:]}")
    for name in SHIPPED:
        sources.remove(name)
    with pytest.raises(ConfigError, match="'embed' lacks data/raw/mine"):
        lint.lint(config.load())
    sources.add("mine", None)
    lint.lint(config.load())
    assert stages()["embed"].deps == ("data/raw/mine", "data/measured/mine")


@pytest.mark.slow
def test_shards_are_spoken_of_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    sources.remove("partner")
    assert "shards" not in capsys.readouterr().err
    layout.raw("web").mkdir(parents=True)
    sources.remove("web")
    assert "its shards stay in data/raw/web" in capsys.readouterr().err


@pytest.mark.slow
def test_the_last_source_stays() -> None:
    for name in SHIPPED[1:]:
        sources.remove(name)
    before = files()
    with pytest.raises(ConfigError, match=r"'web': it is the only source.*silverprint source add"):
        sources.remove("web")
    assert files() == before


@pytest.mark.slow
def test_comments_and_order_stay_around_what_is_added_and_removed(tmp_path: Path) -> None:
    heading = "\n\n# ---- what is thrown away ----\nclean:"
    replace(layout.PARAMS, "\n\nclean:", heading)
    replace(layout.PARAMS, "  partner:\n", "  # signed in May\n  partner:\n")
    replace(layout.PIPELINE, "\n      - data/raw/partner\n", "\n      # signed\n      - data/raw/partner  # in May\n")
    before = files()
    (tmp_path / "drop").mkdir()
    sources.add("museum", None, archive=tmp_path / "drop")
    added = "  museum:\n    kind: archive\n    revision: 1\n    path: drop"
    assert layout.PARAMS.read_text() == before[0].replace(heading, f"\n{added}{heading}")
    sources.remove("museum")
    assert files() == before
    sources.remove("web")
    assert heading in layout.PARAMS.read_text()
    assert layout.PARAMS.read_text().count("  # signed in May\n  partner:") == 1
    kept = [line for line in before[1].splitlines() if line.strip() not in ("- data/raw/web", "- data/measured/web")]
    assert layout.PIPELINE.read_text().splitlines() == kept


def test_a_source_that_nothing_names_cannot_be_removed() -> None:
    before = files()
    with pytest.raises(UsageError, match=r"'ghost': .*one of: .*partner, web"):
        sources.remove("ghost")
    assert files() == before


def test_a_licence_that_is_none_is_refused(tmp_path: Path) -> None:
    before = files()
    with pytest.raises(ConfigError, match=r"sources\.museum\.license = 'nonsense'"):
        sources.add("museum", "nonsense", archive=tmp_path)
    assert files() == before


DAMAGED = [
    ("", "dvc.yaml is empty"),
    ("[1]", "dvc.yaml holds a list"),
    ("a: [", "dvc.yaml line 2 column"),
    ("a: 1", "dvc.yaml stages = None"),
    ("stages: null", "dvc.yaml stages = None: must be a mapping"),
    ("stages: [1]", "dvc.yaml stages = "),
    ("stages: {embed: null}", r"dvc.yaml stages\.embed = None: must be a mapping"),
    ("stages: {embed: {do: 5}}", r"dvc.yaml stages\.embed\.do = 5"),
    ("stages: {embed: {deps: 5}}", r"dvc.yaml stages\.embed\.deps = 5: must be a list"),
    ("stages: {embed: {deps: [5]}}", r"dvc.yaml stages\.embed\.deps = "),
    ("stages: {embed: {cmd: x}}", "'embed' lacks data/raw/"),
]


@pytest.mark.parametrize(("text", "message"), DAMAGED)
def test_a_damaged_pipeline_is_one_line(text: str, message: str) -> None:
    layout.PIPELINE.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        lint.lint(config.load())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "a: 1\n", "[1]\n", "sources: 5\n", "sources: [a]\n", "sources: null\n", "a: [\n"])
def test_a_damaged_params_yaml_is_one_line_to_source(tmp_path: Path, text: str) -> None:
    layout.PARAMS.write_text(text)
    for command in (lambda: sources.add("museum", None, archive=tmp_path), lambda: sources.remove("web")):
        with pytest.raises(ConfigError) as caught:
            command()
        assert "\n" not in str(caught.value)
    assert layout.PARAMS.read_text() == text


def test_a_source_whose_pictures_are_not_here_is_not_removed_once_people_were_asked() -> None:
    before = layout.PARAMS.read_bytes(), layout.PIPELINE.read_bytes()
    layout.queue("r01").write_text("image_id\n")
    with pytest.raises(UnavailableError, match="dvc pull data/raw/partner"):
        sources.remove("partner")
    assert (layout.PARAMS.read_bytes(), layout.PIPELINE.read_bytes()) == before


def test_a_source_that_exists_is_not_overwritten() -> None:
    with pytest.raises(ConfigError, match="has it already"):
        sources.add("partner", None, archive=Path("elsewhere.zip"))
    with pytest.raises(UsageError, match="no such source"):
        sources.add("museum", None)


def test_an_opened_round_is_not_renamed() -> None:
    opened("r03", "r02")
    replace(layout.PARAMS, "  r03: {prev: r02", "  r04: {prev: r02")
    replace(layout.PARAMS, "last: r03", "last: r04")
    with pytest.raises(ConfigError, match=r"rounds\.r03 is missing.*restore it with prev: r02"):
        lint.lint(config.load())


def test_a_round_slipped_in_before_an_opened_one_is_refused() -> None:
    opened("r01", "start", "closed")
    replace(
        layout.PARAMS,
        "  r01: {prev: start",
        "  r00: {prev: start, strategy: random, budget: 5, control: 0, overlap: 1}\n  r01: {prev: r00",
    )
    with pytest.raises(ConfigError, match="opened after 'start'"):
        lint.lint(config.load())


def test_redraw_is_for_queues_that_nobody_has_seen() -> None:
    rounds.redraw(config.load(), "r01")
    assert config.load().rounds["r01"].draw == 1
    opened("r01", "start")
    with pytest.raises(ConfigError, match="final since its first push"):
        rounds.redraw(config.load(), "r01")


def test_reopen_is_for_closed_rounds() -> None:
    with pytest.raises(ConfigError, match="not closed"):
        rounds.reopen(config.load(), "r01", 1, True, "why")


@pytest.mark.parametrize(
    "path",
    [layout.TAKEDOWNS, layout.WAIVERS, layout.EXCLUDE, layout.PERSONAL, layout.BLOCKED, layout.ANNOTATORS],
    ids=str,
)
def test_a_ledger_that_is_gone_is_told(path: Path) -> None:
    path.unlink()
    with pytest.raises(ConfigError, match=rf"^{path}: the ledger is not there; run: git checkout {path}$"):
        lint.lint(config.load())


def voted(choice: str, status: str) -> None:
    row = {"image_id": "a" * 64, "round": "r01", "annotator": "s-1", "choice": choice, "status": status}
    ledgers.write_votes("r01", conform(pl.DataFrame([row]), VOTES))


@pytest.mark.parametrize(
    ("to", "status", "votes"),
    [("handbag", "valid", 1), ("handbag", "superseded", 0), (None, "valid", 1), ("tote", "unsure", 0)],
)
def test_a_class_that_people_were_asked_with_stays(to: str | None, status: str, votes: int) -> None:
    opened("r01", "start")
    voted("bag", status)
    lint.lint(config.load())
    replace(layout.PARAMS, " bag,", f" {to}," if to else "")
    rule = rf"lacks 'bag', for which there are {votes} votes: r01 asked with it, .*restore 'bag'"
    with pytest.raises(ConfigError, match=rule):
        lint.lint(config.load())
    replace(layout.PARAMS, "classes: [", "classes: [bag, ")
    lint.lint(config.load())


def test_before_anybody_was_asked_classes_are_free() -> None:
    replace(layout.PARAMS, " bag,", " handbag,")
    lint.lint(config.load())
    opened("r01", "start")
    replace(layout.PARAMS, "ankle boot]", "ankle boot, hat]")
    lint.lint(config.load())
