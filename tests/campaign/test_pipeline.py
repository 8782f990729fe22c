"""params.yaml, dvc.yaml and the rounds on disk are held together; the commands that edit them keep comments."""

from pathlib import Path

import pytest

from silverprint import config, layout
from silverprint.campaign import pipeline
from silverprint.campaign.state import State
from silverprint.commands import rounds, sources
from silverprint.errors import ConfigError, UnavailableError, UsageError

pytestmark = pytest.mark.usefixtures("project")


def opened(name: str, prev: str, status: str = "waiting") -> None:
    State(round=name, prev=prev, status=status, queue_sha256="0" * 64, classes=("a", "b")).save()  # type: ignore[arg-type]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_shipped_pipeline_agrees() -> None:
    pipeline.lint(config.load())


def test_a_source_missing_from_a_stage_is_refused() -> None:
    text = layout.PIPELINE.read_text()
    layout.PIPELINE.write_text(text.replace("      - data/raw/partner\n", "", 1))
    with pytest.raises(ConfigError, match="silverprint source add partner"):
        pipeline.lint(config.load())
    sources.add("partner", None, None)
    pipeline.lint(config.load())


def test_an_added_source_is_in_every_stage_that_needs_it(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    sources.add("museum", "drop", "MIT")
    pipeline.lint(config.load())
    stages = pipeline.load()["stages"]
    for stage in ("embed", "clean", "annotate", "release", "report"):
        assert "museum" in pipeline.source_dependencies(stages[stage], "data/raw/")
    assert "# check → acquire →" in layout.PIPELINE.read_text()
    assert "# the sample site" in layout.PARAMS.read_text()
    sources.remove("museum")
    assert "museum" not in layout.PIPELINE.read_text() + layout.PARAMS.read_text()


def test_a_source_whose_pictures_are_not_here_is_not_removed_once_people_were_asked() -> None:
    before = layout.PARAMS.read_bytes(), layout.PIPELINE.read_bytes()
    layout.queue("r01").write_text("image_id\n")
    with pytest.raises(UnavailableError, match="dvc pull data/raw/partner"):
        sources.remove("partner")
    assert (layout.PARAMS.read_bytes(), layout.PIPELINE.read_bytes()) == before


def test_a_source_that_exists_is_not_overwritten() -> None:
    with pytest.raises(ConfigError, match="has it already"):
        sources.add("partner", "elsewhere.zip", None)
    with pytest.raises(UsageError, match="no such source"):
        sources.add("museum", None, None)


def test_an_opened_round_is_not_renamed() -> None:
    opened("r03", "r02")
    replace(layout.PARAMS, "  r03: {prev: r02", "  r04: {prev: r02")
    replace(layout.PARAMS, "last: r03", "last: r04")
    with pytest.raises(ConfigError, match=r"rounds\.r03 is missing.*put it back with prev: r02"):
        pipeline.lint(config.load())


def test_a_round_slipped_in_before_an_opened_one_is_refused() -> None:
    opened("r01", "start", "closed")
    replace(
        layout.PARAMS,
        "  r01: {prev: start",
        "  r00: {prev: start, strategy: random, budget: 5, control: 0, overlap: 1}\n  r01: {prev: r00",
    )
    with pytest.raises(ConfigError, match="opened after 'start'"):
        pipeline.lint(config.load())


def test_round_open_adds_to_the_end_and_keeps_comments() -> None:
    rounds.open_round(config.load(), "r04", "random", None)
    params = config.load()
    assert params.chain[-1] == params.last == "r04"
    assert params.rounds["r04"].strategy == "random"
    assert params.rounds["r04"].budget == params.rounds["r03"].budget
    assert layout.asks("r04").exists()
    assert "# names the campaign" in layout.PARAMS.read_text()
    pipeline.lint(params)


@pytest.mark.parametrize("name", ["start", "R 4", "../x", ""])
def test_round_open_refuses_a_bad_name_and_changes_nothing(name: str) -> None:
    before = layout.PARAMS.read_bytes()
    with pytest.raises(ConfigError):
        rounds.open_round(config.load(), name, None, None)
    assert layout.PARAMS.read_bytes() == before


def test_a_round_without_its_asks_says_what_to_run() -> None:
    layout.asks("r02").unlink()
    with pytest.raises(ConfigError, match="silverprint round open r02"):
        pipeline.lint(config.load())
    rounds.open_round(config.load(), "r02", None, None)
    pipeline.lint(config.load())


def test_redraw_is_for_queues_that_nobody_has_seen() -> None:
    rounds.redraw(config.load(), "r01")
    assert config.load().rounds["r01"].draw == 1
    opened("r01", "start")
    with pytest.raises(ConfigError, match="final since its first push"):
        rounds.redraw(config.load(), "r01")


def test_reopen_is_for_closed_rounds() -> None:
    with pytest.raises(ConfigError, match="not closed"):
        rounds.reopen(config.load(), "r01", 1, True, "why")
