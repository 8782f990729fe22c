"""What a team changed in a campaign's files stays through an upgrade, or is refused with its line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint import config, layout, yamltext
from silverprint.adapters import git
from silverprint.campaign import new_campaign
from silverprint.campaign.upgrade import history, knobs, moves, pipeline, plan, text_merge
from silverprint.campaign.upgrade.moves import MOVES, Move
from silverprint.dvcfiles import pipeline_blocks, yaml_edit
from silverprint.errors import ConfigError
from tests.contracts.digests import ROOT

SOURCES: dict[str, dict[str, Any]] = {
    "mine": {"kind": "folder", "revision": 1, "path": "/x"},
    "theirs": {"kind": "archive", "path": "/y"},
}
FILES = new_campaign.files_of(new_campaign.Wanted("birds", "Which bird?", ("owl", "gull"), SOURCES))
PARAMS = yamltext.mapping(FILES["params.yaml"], layout.PARAMS)
OLD_QUEUE = history.known("dvc.yaml queue")[0]


def reader(**changes: str) -> Callable[[Path], str | None]:
    """A campaign of this version with other texts of dvc.yaml, params.yaml, versions.yaml."""
    files = FILES | {f"{name}.yaml": text for name, text in changes.items()}
    return lambda path: files.get(str(path))


def upgraded(**changes: str) -> plan.Plan:
    return plan.make(reader(**changes), git.merge_texts)


def asked_in_all(name: str) -> bool:
    return True


def with_stage(name: str, block: str) -> str:
    """dvc.yaml with another block of a stage."""
    found = pipeline_blocks.split(FILES["dvc.yaml"])
    stages = found.stages | {name: pipeline_blocks.with_sources(block, SOURCES)}
    return pipeline_blocks.Pipeline(found.head, stages, found.tail).text()


def test_a_campaign_of_this_version_stays_as_it_is() -> None:
    assert upgraded().files == {}


@pytest.mark.parametrize("stage", sorted(history.stages()))
def test_every_block_that_a_version_wrote_is_known_as_the_tools(stage: str) -> None:
    for block in history.known(f"dvc.yaml {stage}"):
        found = pipeline.upgrade(with_stage(stage, block), SOURCES, SOURCES, git.merge_texts)
        assert found == text_merge.Merged(FILES["dvc.yaml"], edited=False)


def test_what_a_team_added_to_an_earlier_stage_stays() -> None:
    edited = OLD_QUEUE.replace("    params:\n", "      - data/ours.csv  # by Ada\n    params:\n")
    edited = edited.replace("  do:\n", "  # asked on Mondays\n  do:\n")
    found = upgraded(dvc=with_stage("queue", edited))
    text = found.files[layout.PIPELINE]
    assert found.refused == ()
    assert re.sub(r" *- data/ours.csv  # by Ada\n| *# asked on Mondays\n", "", text) == FILES["dvc.yaml"]
    assert "        - data/ours.csv  # by Ada\n" in text
    assert "    # asked on Mondays\n" in text
    assert "dvc.yaml: what you changed in it stays" in found.notes


def test_an_edit_of_a_line_that_the_new_version_changes_is_refused_with_its_line() -> None:
    old = history.known("dvc.yaml clean")[0]
    assert "- data/metrics/clean.json: {cache: false}" in old
    text = with_stage("clean", old.replace("clean.json: {cache: false}", "clean.json: {cache: false, desc: ours}"))
    (found,) = upgraded(dvc=text).refused
    assert text.splitlines()[found.line - 1].strip() == found.ours[0].strip()
    assert "desc: ours" in "".join(found.ours)
    assert "persist: true" in "".join(found.theirs)


def test_stages_of_ones_own_stay_where_they_are_with_what_is_around_them() -> None:
    own = "  # ours\n  sheet:\n    cmd: python sheet.py\n    deps:\n      - data/raw/mine\n"
    text = with_stage("queue", OLD_QUEUE).replace("  clean:\n", f"{own}  clean:\n") + "plots:\n  - curve.csv\n"
    after = upgraded(dvc=text).files[layout.PIPELINE]
    assert after == FILES["dvc.yaml"].replace("  clean:\n", f"{own}  clean:\n") + "plots:\n  - curve.csv\n"


def test_a_stage_that_is_no_more_goes_unless_it_was_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    old = "tally:\n  cmd: silverprint tally\n"
    known = history._known() | {"dvc.yaml tally": [old]}
    monkeypatch.setattr(history, "_known", lambda: known)
    text = FILES["dvc.yaml"] + "  tally:\n    cmd: silverprint tally\n"
    assert upgraded(dvc=text).files == {layout.PIPELINE: FILES["dvc.yaml"]}
    (found,) = upgraded(dvc=text.replace("silverprint tally", "silverprint tally --ours")).refused
    assert text.splitlines()[found.line - 1] == "  tally:"


def test_a_source_that_only_one_file_names_is_in_every_stage_afterwards() -> None:
    text = FILES["dvc.yaml"].replace("      - data/raw/theirs\n", "", 1)
    assert upgraded(dvc=text).files == {layout.PIPELINE: FILES["dvc.yaml"]}


ODD = ["stages: {}", "stages:\n  a: {cmd: x}\n  'b c': {cmd: y}\n", "stages: {a: {cmd: x}}\n", "a: 1\n"]


@pytest.mark.parametrize("text", ODD)
def test_an_odd_pipeline_is_split_into_its_stages_or_refused(text: str) -> None:
    try:
        found = pipeline_blocks.split(text)
    except ConfigError:
        return
    assert yamltext.mapping(found.text(), layout.PIPELINE) == yamltext.mapping(text, layout.PIPELINE)


def test_the_shipped_pipeline_is_its_blocks() -> None:
    text = (ROOT / "dvc.yaml").read_text()
    assert pipeline_blocks.split(text).text() == text


OPTIONAL = [
    (section, name)
    for section in ("clean", "gate", "release")
    for name in PARAMS[section]
    if config.default_of((section, name)) is not config.REQUIRED
] + [
    (name,)
    for name in PARAMS
    if config.default_of((name,)) is not config.REQUIRED and not config.names_are_free((name,))
]


@pytest.mark.slow
@settings(max_examples=8)
@given(st.sets(st.sampled_from(OPTIONAL), min_size=1, max_size=4))
def test_new_knobs_mean_what_the_campaign_meant_without_them(ways: set[tuple[str, ...]]) -> None:
    text = FILES["params.yaml"]
    for way in sorted(ways, reverse=True):
        text = yaml_edit.drop(text, way)
    found = knobs.upgrade(text, asked_in_all)
    assert config.parse(found.text) == config.parse(text)
    assert found.as_before == yamltext.mapping(found.text, layout.PARAMS)
    whole = [line.split("#")[-1] for line in FILES["params.yaml"].splitlines() if "#" in line]
    assert sorted(whole) == sorted(line.split("#")[-1] for line in found.text.splitlines() if "#" in line)
    assert knobs.upgrade(found.text, asked_in_all).text == found.text


def test_a_knob_without_a_default_comes_in_as_it_is_shipped() -> None:
    text = yaml_edit.drop(FILES["params.yaml"], ("clean", "alike_limit"))
    found = knobs.upgrade(text, asked_in_all)
    assert found.text == FILES["params.yaml"]
    assert "alike_limit" not in found.as_before["clean"], "what it meant without the knob is not known"


def test_values_and_comments_of_a_team_stay() -> None:
    text = FILES["params.yaml"].replace(
        "min_side: 48              # pixels, of the shorter side", "min_side: 99  # Ada"
    )
    text = yaml_edit.drop(text.replace("gate:\n", "# ours\ngate:\n"), ("gate", "min_gold"))
    found = knobs.upgrade(text, asked_in_all).text
    assert "min_side: 99  # Ada\n" in found
    assert "# ours\ngate:\n" in found
    assert config.parse(found).gate.min_gold == config.default_of(("gate", "min_gold"))


def test_a_mapping_between_braces_gets_the_knob_between_them() -> None:
    text = FILES["params.yaml"]
    start, end = text.index("gate:\n"), text.index("release:\n")
    text = f"{text[:start]}gate: {{min_alpha: 0.3, max_unresolved: 0.2}}  # ours\n\n{text[end:]}"
    assert (
        "gate: {min_alpha: 0.3, max_unresolved: 0.2, min_gold: 0.7}  # ours\n" in knobs.upgrade(text, asked_in_all).text
    )


def test_moved_knobs_keep_their_value_place_and_comment_and_say_why() -> None:
    text = FILES["params.yaml"].replace("min_side: 48  ", "min_size: 50  ").replace("currency: EUR", "money: CHF")
    text = text.replace("budget: 100", "pictures: 70")
    table = [
        Move("clean.min_size", "clean.min_side", "it is the shorter side", "0.9.0"),
        Move("people.money", "people.currency", "what it is", "0.9.0"),
        Move("planned.*.pictures", "planned.*.budget", "what it is", "0.9.0"),
    ]
    found = knobs.upgrade(text, asked_in_all, table)
    assert "  min_side: 50              # pixels, of the shorter side\n" in found.text
    meant = config.parse(found.text)
    assert (meant.clean.min_side, meant.people.currency, meant.planned["r01"].budget) == (50, "CHF", 70)
    assert "clean.min_size = 50 is clean.min_side now (since 0.9.0): it is the shorter side" in found.notes
    assert found.as_before == yamltext.mapping(found.text, layout.PARAMS)


def test_a_knob_that_is_gone_goes_with_its_reason_and_one_that_moved_to_another_section_is_there() -> None:
    text = yaml_edit.put(FILES["params.yaml"], ("release", "min_gold"), 0.6)
    text = yaml_edit.put(yaml_edit.drop(text, ("gate", "min_gold")), ("clean", "sepia"), True)
    table = [
        Move("release.min_gold", "gate.min_gold", "the gate judges it", "0.9.0"),
        Move("clean.sepia", None, "colours are judged by clean.min_contrast", "0.9.0"),
    ]
    found = knobs.upgrade(text, asked_in_all, table)
    assert config.parse(found.text).gate.min_gold == 0.6
    assert "clean.sepia = True is gone (since 0.9.0): colours are judged by clean.min_contrast" in found.notes
    both = yaml_edit.put(FILES["params.yaml"], ("release", "min_gold"), 0.6)
    with pytest.raises(ConfigError, match=r"release\.min_gold and gate\.min_gold: the first is the earlier name"):
        knobs.upgrade(both, asked_in_all, table)


RELEASE = FILES["params.yaml"].partition("release:\n")[2].partition("\npeople:")[0]


@pytest.mark.parametrize(("said", "formats"), [(True, ["parquet", "imagefolder"]), (False, ["parquet"])])
def test_a_value_that_is_another_one_now_means_what_it_meant(said: bool, formats: list[str]) -> None:
    old = f"  silver_confidence: 0.9    # ours\n  imagefolder: {said}         # false: Parquet alone\n"
    found = knobs.upgrade(FILES["params.yaml"].replace(RELEASE, old), asked_in_all)
    written = f"formats: [{', '.join(formats)}]"
    assert found.text == FILES["params.yaml"].replace("formats: [parquet, imagefolder]", written)
    assert [note for note in found.notes if "imagefolder =" in note or "release.formats" in note] == [
        f"release.imagefolder = {said} is release.formats = {formats} now (since 0.3.0): "
        "a release has every format that it names"
    ]
    assert found.as_before == yamltext.mapping(found.text, layout.PARAMS)
    with pytest.raises(ConfigError, match=r"release\.imagefolder and release\.formats: the first is the earlier name"):
        knobs.upgrade(yaml_edit.put(found.text, ("release", "imagefolder"), True), asked_in_all)


CHAIN = """\
rounds:                     # of an earlier version, which had no plan
  # the museum's own question
  r01: {prev: start, strategy: auto, budget: 100, control: 0.4, overlap: 2}
  # asked in May
  r02: {prev: r01, strategy: auto, budget: 90, control: 0.1, overlap: 2}   # Ada
  r03: {prev: r02, strategy: auto, budget: 80, control: 0.1, overlap: 2, gold: 4, draw: 2}
last: r03
"""


def earlier_plan() -> str:
    """params.yaml with rounds that all stand under `rounds`, and no section `planned`."""
    text = FILES["params.yaml"]
    return text[: text.index("planned:")] + CHAIN + text[text.index("\nlabels:") :]


@pytest.mark.parametrize("asked", range(4))
def test_rounds_in_which_nobody_was_asked_are_planned_in_their_order(asked: int) -> None:
    names = ("r01", "r02", "r03")
    found = knobs.upgrade(earlier_plan(), lambda name: name in names[:asked])
    meant = config.parse(found.text)
    assert (meant.chain, tuple(meant.planned)) == (names[:asked], names[asked:])
    assert meant.last == ("start", *names)[asked]
    assert [meant.planned[name].budget for name in names[asked:]] == [100, 90, 80][asked:]
    assert all(f"# {words}\n" in found.text for words in ("the museum's own question", "asked in May", "Ada"))
    said = [note for note in found.notes if "silverprint round open" in note]
    assert len(said) == (1 if asked < 3 else 0)
    if said:
        assert said[0].startswith(", ".join(names[asked:]))
        assert said[0].endswith(f"silverprint round open {names[asked]}")
        assert "planned" not in found.as_before, "the report tells of them"
    again = knobs.upgrade(found.text, lambda name: False)
    assert (again.text, again.notes) == (found.text, ()), "whatever a lead opened since stays open"


@pytest.mark.parametrize("kind", [layout.state, layout.votes])
def test_people_were_asked_in_a_round_that_has_a_state_or_votes(kind: Callable[[str], Path]) -> None:
    here = reader(params=earlier_plan())
    found = plan.make(lambda path: "any" if path == kind("r01") else here(path), git.merge_texts)
    meant = config.parse(found.files[layout.PARAMS])
    assert (meant.chain, tuple(meant.planned)) == (("r01",), ("r02", "r03"))
    assert [path for path in found.files if layout.ROUNDS in path.parents] == [layout.asks("r01")]


def test_a_knob_that_nobody_knows_is_an_error_that_names_it() -> None:
    text = yaml_edit.put(yaml_edit.put(FILES["params.yaml"], ("clean", "sepia"), 1), ("planned", "r01", "when"), "now")
    with pytest.raises(ConfigError, match=r"params\.yaml clean\.sepia, planned\.r01\.when: .*no rule says"):
        knobs.upgrade(text, asked_in_all)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_of_a_knob_that_this_version_does_not_know_to_one_that_it_knows(move: moves.Move) -> None:
    assert not re.search(r"\s", move.old)
    if move.new is not None:
        assert move.new.count("*") == (move.old.count("*") if move.value is None else 0)
    way = tuple(move.old.split("."))
    if "*" not in way:
        document = yamltext.mapping(FILES["params.yaml"], layout.PARAMS)
        knobs._set(document, way, 1)
        assert config.unknown_knobs(document) == [move.old]


def test_a_campaign_of_a_later_version_is_not_brought_back() -> None:
    text = re.sub(r"embed: \d+", "embed: 9999", FILES["versions.yaml"])
    with pytest.raises(ConfigError, match=r"versions\.yaml embed = 9999: .*a later one made this campaign"):
        upgraded(versions=text)


def test_versions_of_ones_own_stages_stay() -> None:
    text = re.sub(r"embed: \d+", "embed: 1", FILES["versions.yaml"]) + "sheet: 4\n"
    found = upgraded(versions=text).files[layout.VERSIONS]
    assert found == FILES["versions.yaml"] + "sheet: 4\n"


LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=8).map("\n".join).map(lambda text: f"{text}\n")


@given(LINES, LINES, LINES)
def test_a_merge_loses_no_line_or_is_refused(ours: str, base: str, new: str) -> None:
    found = text_merge.merge(ours, [base], new, git.merge_texts, "f")
    if found.refused:
        assert found.text == ours
        assert all(1 <= one.line <= max(len(ours.splitlines()), 1) for one in found.refused)
    else:
        added = [line for line in set(ours.splitlines()) if ours.count(line) > base.count(line)]
        assert all(line in found.text for line in added if line not in base and ours != base)


def test_refused_lines_are_shown_to_the_lead() -> None:
    found = pipeline.upgrade(with_stage("clean", history.known("dvc.yaml clean")[0]), SOURCES, SOURCES, git.merge_texts)
    assert found.refused == ()
    one = text_merge.Refused("dvc.yaml", 7, ("- ours",), ())
    assert str(one) == "dvc.yaml line 7 says\n- ours\nand the new version, at the same place,\n(nothing)"
