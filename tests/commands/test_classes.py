"""Classes change between rounds: every ledger of votes keeps its bytes, and what is made of it follows."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from silverprint import cli, config, layout
from silverprint.campaign import (
    brought_labels,
    class_changes,
    class_list,
    gold_list,
    ledgers,
    lint,
    model_voices,
    round_state,
)
from silverprint.commands import classes, rounds
from silverprint.config import Params
from silverprint.core.votes import imported_labels
from silverprint.dvcfiles import yaml_edit
from silverprint.errors import ConfigError, DataError, UsageError
from silverprint.records import BROUGHT, GOLD, IMPORTS, LABELS, NONE_OF_THESE, OBSOLETE, VOICES, VOTES
from silverprint.stages import check, labels, queue
from silverprint.store import tables
from tests.conftest import serial_project
from tests.helpers import round_campaign as campaign

NAMES = ["coat", "bag", "hat"]  # the classes; this campaign's answers are these in turn


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a campaign of three classes whose first round is closed and labelled, its second scored and not
    drawn.
    """
    folder = tmp_path_factory.mktemp("begun")
    serial_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(queue, "check", lambda *_: [])
        begin()
    return folder


@pytest.fixture
def asked(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """The working directory is a copy of it."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(queue, "check", lambda *_: [])
    return config.load()


def begin() -> None:
    text = Path("params.yaml").read_text()
    text = yaml_edit.put(text, ("dataset", "classes"), NAMES)
    for name in ("r01", "r02", "r03"):
        text = yaml_edit.put(text, ("rounds", name), {"strategy": "margin", "budget": 10, "control": 0.2, "overlap": 2})
        text = yaml_edit.put(text, ("rounds", name, "prev"), {"r01": "start", "r02": "r01", "r03": "r02"}[name])
    text = yaml_edit.put(text, ("rounds", "r01", "strategy"), "maxherding")
    text = yaml_edit.put(text, ("evaluation", "size"), 6)
    Path("params.yaml").write_text(text.replace("\n  classes: [", "\n  # the classes\n  classes: ["))
    params = config.load()
    campaign.write_pool()
    campaign.write_start()
    campaign.write_scores(params, "r01", model=False)
    check.run(params)
    ask(params, "r01")


def ask(params: Params, name: str) -> None:
    """Draws, asks, answers, closes and labels the round; the next one is scored by a model."""
    queue.run(params, name)
    campaign.open_round(params, name)
    state = round_state.load(name)
    assert state is not None
    campaign.answer(params, name)
    seen = tuple(change.at for change in class_changes.changes())
    hashes = {f"{what}_sha256": ledgers.sha256(getattr(layout, what)(name)) for what in ("votes", "asks")}
    state.moved(status="closed", class_changes=seen, **hashes).save()
    labels.run(params, name)
    following = params.chain.index(name) + 1
    if following < len(params.chain):
        campaign.write_scores(params, params.chain[following], model=True)


def change(*words: str) -> Params:
    """The command as somebody types it, and what params.yaml says then; the stages agree, and no vote was touched."""
    cast = {path: path.read_bytes() for path in layout.ROUNDS.glob("*/*.*")}
    assert cli.main(["classes", *words, "--why", "for the test", "--yes"]) == 0
    assert {path: path.read_bytes() for path in layout.ROUNDS.glob("*/*.*")} == cast
    params = config.load()
    lint.lint(params)
    check.run(params)
    return params


def by_label(name: str = "r01") -> dict[str | None, int]:
    return dict(tables.read(layout.labels(name) / "labels.parquet", LABELS)["label"].value_counts().iter_rows())


def numbers() -> list[str]:
    return ledgers.read(layout.CLASSES)["name"].to_list()


@pytest.mark.slow
def test_a_renamed_class_keeps_its_number_its_votes_and_its_labels(asked: Params) -> None:
    before, cast, state = by_label(), layout.votes("r01").read_bytes(), layout.state("r01").read_bytes()
    params = change("rename", "coat", "jacket")
    labels.run(params, "r01")
    assert by_label() == {"jacket" if name == "coat" else name: n for name, n in before.items()}
    assert numbers() == ["jacket", "bag", "hat"]
    assert (layout.votes("r01").read_bytes(), layout.state("r01").read_bytes()) == (cast, state)
    assert "# the classes\n  classes: [jacket, bag, hat]" in layout.PARAMS.read_text()


@pytest.mark.slow
def test_two_names_are_swapped(asked: Params) -> None:
    before = by_label()
    for old, new in (("coat", "x"), ("bag", "coat"), ("x", "bag")):
        params = change("rename", old, new)
    labels.run(params, "r01")
    assert by_label() == {"bag": before["coat"], "coat": before["bag"], "hat": before["hat"]}
    assert numbers() == ["bag", "coat", "hat"]


@pytest.mark.slow
def test_votes_after_a_swap_are_told_from_those_before(asked: Params) -> None:
    for old, new in (("coat", "x"), ("bag", "coat"), ("x", "bag")):
        params = change("rename", old, new)
    labels.run(params, "r01")
    campaign.write_scores(params, "r02", model=True)
    ask(params, "r02")
    cast = ledgers.votes("r02")["choice"].value_counts().sort("choice")
    counted = tables.read(layout.labels("r02") / "votes.parquet", VOTES).filter(round="r02")
    assert counted["choice"].value_counts().sort("choice").equals(cast)


@pytest.mark.slow
def test_merged_classes_are_one(asked: Params) -> None:
    before = by_label()
    params = change("merge", "coat", "bag", "--into", "outer")
    labels.run(params, "r01")
    assert by_label() == {"outer": before["coat"] + before["bag"], "hat": before["hat"]}
    assert numbers() == ["coat", "bag", "hat", "outer"]
    assert params.dataset.classes == ("outer", "hat")


@pytest.mark.slow
def test_a_retired_class_is_none_of_these_until_it_comes_back(asked: Params) -> None:
    before = by_label()
    params = change("retire", "hat")
    labels.run(params, "r01")
    assert by_label() == {"coat": before["coat"], "bag": before["bag"], NONE_OF_THESE: before["hat"]}
    params = change("add", "hat")
    labels.run(params, "r01")
    assert by_label() == before
    assert numbers() == NAMES


@pytest.mark.slow
def test_a_split_class_loses_its_labels_and_its_pictures_are_asked_again(
    asked: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    before = by_label()
    params = change("split", "coat", "parka", "cape")
    assert f"{before['coat']} pictures have no label until people have looked" in capsys.readouterr().err.replace(
        "\n", " "
    )
    labels.run(params, "r01")
    assert by_label() == {None: before["coat"], "bag": before["bag"], "hat": before["hat"]}
    quality = json.loads((layout.labels("r01") / "quality.json").read_text())
    assert quality["unresolved"] == 0
    assert quality["obsolete_votes"] == ledgers.votes("r01").filter(choice="coat").height

    open_ones = tables.read(layout.labels("r01") / "labels.parquet", LABELS).filter(pl.col("label").is_null())
    campaign.write_scores(params, "r02", model=True)
    ask(params, "r02")
    looks = ledgers.queue("r02").filter(role="relabel")
    assert set(looks["image_id"]) == set(open_ones["image_id"])
    assert set(looks["strategy"]) == {"class-change"}
    assert looks["why"][0] == "It was coat, which was split into parka and cape since."
    assert not looks["show_prediction"].any()
    judges = looks.join(open_ones.filter(role="evaluation"), on="image_id", how="semi")
    assert judges.height
    assert set(judges["overlap"]) == {3}
    known = tables.read(layout.labels("r02") / "labels.parquet", LABELS)
    assert known["label"].null_count() == 0
    assert known.filter(role="evaluation").height == 6

    queue.run(params, "r03")  # everything was looked at again
    assert ledgers.queue("r03").filter(role="relabel").is_empty()


@pytest.mark.slow
def test_looks_that_the_budget_has_no_place_for_wait(asked: Params, capsys: pytest.CaptureFixture[str]) -> None:
    text = yaml_edit.put(layout.PARAMS.read_text(), ("rounds", "r02", "budget"), 4)
    layout.PARAMS.write_text(text)
    params = change("split", "coat", "parka", "cape")
    labels.run(params, "r01")
    due = by_label()[None]
    campaign.write_scores(params, "r02", model=True)
    ask(params, "r02")
    here = ledgers.queue("r02").filter(role="relabel")
    assert here.height == 3  # of 4, for a fifth is drawn at random
    assert f"{due - 3} more wait for the next round" in capsys.readouterr().err.replace("\n", " ")
    queue.run(params, "r03")
    later = ledgers.queue("r03").filter(role="relabel")
    assert not set(later["image_id"]) & set(here["image_id"])
    assert later.height == due - 3


@pytest.mark.slow
def test_the_likeliest_of_a_known_class_come_first(asked: Params) -> None:
    params = change("add", "cape", "--from", "coat")
    labels.run(params, "r01")
    campaign.write_scores(params, "r02", model=True)
    queue.run(params, "r02")
    looks = ledgers.queue("r02").filter(role="relabel").sort("score", descending=True)
    assert looks.height == by_label()["coat"]
    assert looks["why"].unique().to_list() == ["cape is a class since people said coat: it may be one."]
    coats = tables.read(layout.labels("r01") / "labels.parquet", LABELS).filter(label="coat")
    assert set(looks["image_id"]) == set(coats["image_id"])
    assert looks["score"].is_between(0, 1).all()
    assert looks["score"].n_unique() > 1


@pytest.mark.slow
def test_a_voice_of_an_earlier_model_is_heard_in_the_present_classes(asked: Params) -> None:
    ask(asked, "r02")
    before = tables.read(layout.labels("r02") / "voices.parquet", VOICES)
    was = model_voices.by_image(asked, before)
    assert was
    merged = change("merge", "coat", "hat", "--into", "coat")
    for name in ("r01", "r02"):
        labels.run(merged, name)
    now = model_voices.by_image(merged, tables.read(layout.labels("r02") / "voices.parquet", VOICES))
    assert now.keys() == was.keys()
    for name, (coat, bag, hat) in was.items():
        assert now[name] == pytest.approx([coat + hat, bag])
    split = change("split", "bag", "sack", "purse")
    for name in ("r01", "r02"):
        labels.run(split, name)
    assert not model_voices.by_image(split, tables.read(layout.labels("r02") / "voices.parquet", VOICES))


@pytest.mark.slow
def test_gold_and_labels_of_sources_follow(asked: Params) -> None:
    ids = [campaign.image_id(n) for n in range(40, 43)]
    gold = [{"image_id": i, "label": name, "why": "sure", "at": None} for i, name in zip(ids, NAMES, strict=True)]
    tables.write_ledger(pl.DataFrame(gold, schema=GOLD), layout.GOLD, GOLD, ["image_id"])
    rows = [
        {"image_id": i, "annotator": "import:own", "said": "C", "choice": name, "status": "valid", "batch": 1}
        for i, name in zip(ids, NAMES, strict=True)
    ]
    ledgers.write_imports(pl.DataFrame(rows, schema=IMPORTS))
    for old, new in (("coat", "x"), ("bag", "coat"), ("x", "bag")):
        params = change("rename", old, new)
    params = change("retire", "hat")
    params = change("split", "coat", "sack", "purse")
    said = imported_labels.latest_statements(class_changes.present_imports(params))
    assert dict(said.select("image_id", "choice").iter_rows()) == dict(
        zip(ids, ["bag", "coat", NONE_OF_THESE], strict=True)
    )
    assert dict(gold_list.read(params).select("image_id", "label").iter_rows()) == {
        ids[0]: "bag",
        ids[2]: NONE_OF_THESE,
    }
    assert gold_list.whole(params).height == 3
    assert ledgers.imports().filter(batch=1).select("image_id", "choice").sort("image_id").rows() == sorted(
        zip(ids, NAMES, strict=True)
    )


@pytest.mark.slow
def test_the_tiers_of_classes_follow(asked: Params) -> None:
    rules = {"coat": {"tier": "expert", "group": "outside"}, "bag": {"tier": "judge"}}
    layout.PARAMS.write_text(yaml_edit.put(layout.PARAMS.read_text(), ("classes",), rules))

    def tiers(params: Params) -> dict[str, str]:
        return {name: rule.tier for name, rule in params.classes.items()}

    assert tiers(change("rename", "coat", "jacket")) == {"jacket": "expert", "bag": "judge"}
    assert tiers(change("split", "jacket", "parka", "cape")) == {"parka": "expert", "cape": "expert", "bag": "judge"}
    assert tiers(change("merge", "bag", "hat", "--into", "hat")) == {
        "parka": "expert",
        "cape": "expert",
        "hat": "judge",
    }
    groups = {name: rule.group for name, rule in config.load().classes.items()}
    assert groups == {"parka": "outside", "cape": "outside", "hat": None}


@pytest.mark.slow
def test_core_classes_follow(asked: Params) -> None:
    layout.PARAMS.write_text(yaml_edit.put(layout.PARAMS.read_text(), ("release", "core_classes"), ["coat", "hat"]))
    assert change("rename", "coat", "jacket").release.core_classes == ("jacket", "hat")
    assert change("split", "jacket", "parka", "cape").release.core_classes == ("parka", "cape", "hat")
    assert change("merge", "bag", "hat", "--into", "bag").release.core_classes == ("parka", "cape", "bag")
    assert change("retire", "bag").release.core_classes == ("parka", "cape")


def test_nothing_is_changed_while_people_answer(asked: Params) -> None:
    queue.run(asked, "r02")
    campaign.open_round(asked, "r02")
    with pytest.raises(ConfigError, match="r02 is being answered: its people have the present classes before them"):
        classes.rename(asked, "coat", "jacket", "why", yes=True)
    assert not class_changes.changes()


@pytest.mark.parametrize(
    ("verb", "words", "message"),
    [
        ("rename", ("cot", "jacket"), "there is no such class"),
        ("rename", ("coat", "bag"), "it is a class already"),
        ("merge", (["coat", "hat"], "bag"), "it is a class of its own"),
        ("merge", (["coat"], "coat"), "1 classes before a change of kind 'merge'"),
        ("split", ("coat", ["parka"]), "1 classes after a change of kind 'split'"),
        ("split", ("coat", ["coat", "parka"]), "it is a class already"),
        ("rename", ("coat", "unsure"), "the name is used for an answer"),
        ("rename", ("coat", "a/b"), "no / or"),
    ],
)
def test_what_makes_no_sense_is_refused_and_writes_nothing(
    asked: Params, verb: str, words: tuple[str, ...], message: str
) -> None:
    before = {path: path.read_bytes() for path in (layout.PARAMS, layout.CLASSES, layout.CLASS_CHANGES)}
    with pytest.raises((ConfigError, UsageError), match=message):
        getattr(classes, verb)(asked, *words, why="why", yes=True)
    assert {path: path.read_bytes() for path in before} == before


def test_it_is_confirmed_first(asked: Params, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="nobody is here to confirm it"):
        classes.rename(asked, "coat", "jacket", "why")
    said = capsys.readouterr().err.replace("\n", " ")
    n = ledgers.votes("r01").filter(choice="coat").height
    assert f"{n} votes, {by_label()['coat']} labels, 0 gold pictures and 0 labels of sources count as 'jacket'" in said
    assert not class_changes.changes()


def test_a_list_edited_by_hand_is_refused_where_votes_would_be_lost(asked: Params) -> None:
    params = change("merge", "coat", "bag", "--into", "outer")
    text = layout.PARAMS.read_text()
    layout.PARAMS.write_text(text.replace("[outer, hat]", "[outer, hat, coat]"))
    with pytest.raises(ConfigError, match=r"dataset\.classes has 'coat', which was changed to 'outer'"):
        lint.lint(config.load())
    layout.PARAMS.write_text(text.replace("[outer, hat]", "[outer, cap]"))
    with pytest.raises(ConfigError, match="restore 'hat', then: silverprint classes rename"):
        lint.lint(config.load())
    assert params.dataset.classes == ("outer", "hat")


def test_a_line_that_makes_no_sense_is_named(asked: Params) -> None:
    change("rename", "coat", "jacket")
    with layout.CLASS_CHANGES.open("a") as file:
        file.write("2099-01-01T00:00:00+00:00,retire,coat,,why,me\n")
    with pytest.raises(DataError, match=r"class_changes\.csv: retire of 2099.*no class was called 'coat' by then"):
        lint.lint(config.load())


def test_a_change_comes_after_those_of_a_clock_that_is_ahead(asked: Params) -> None:
    change("rename", "coat", "jacket")
    told = layout.CLASS_CHANGES.read_text()
    at = class_changes.changes()[0].at
    layout.CLASS_CHANGES.write_text(told.replace(at, "2099-01-01T00:00:00.000000+00:00"))
    change("rename", "jacket", "parka")
    assert [one.after for one in class_changes.changes()] == [("jacket",), ("parka",)]


def test_the_list_shows_what_became_of_what(asked: Params, capsys: pytest.CaptureFixture[str]) -> None:
    change("merge", "coat", "bag", "--into", "outer")
    capsys.readouterr()
    classes.show(config.load())
    said = capsys.readouterr().out
    n = ledgers.votes("r01").filter(pl.col("choice").is_in(["coat", "bag"])).height
    row = next(line.split() for line in said.splitlines() if "outer" in line)
    assert row[:3] == ["3", "outer", str(n)]
    assert "merge: coat / bag -> outer" in said


def test_an_earlier_round_is_asked_again_with_its_own_classes(
    asked: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    params = change("rename", "coat", "jacket")
    rounds.reopen(params, "r01", None, True, "more")
    assert "an answer 'coat' counts as 'jacket'" in capsys.readouterr().err.replace("\n", " ")
    state = round_state.load("r01")
    assert state is not None
    assert state.classes == tuple(NAMES)
    assert class_list.by_age(params, state) == tuple(NAMES)
    assert class_list.newer_classes(params, "r01") == []


@pytest.mark.slow
def test_a_campaign_without_the_ledger_is_as_before(asked: Params) -> None:
    labels.run(asked, "r01")
    folder = layout.labels("r01")
    before = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    queue.run(asked, "r02")
    drawn = layout.queue("r02").read_bytes()
    layout.CLASS_CHANGES.unlink()
    labels.run(asked, "r01")
    layout.queue("r02").unlink()
    queue.run(asked, "r02")
    assert {path.name: path.read_bytes() for path in sorted(folder.iterdir())} == before
    assert layout.queue("r02").read_bytes() == drawn
    assert OBSOLETE.encode() not in before["votes.parquet"]
    assert "class_changes" not in layout.state("r01").read_text()


@pytest.mark.slow
def test_a_brought_label_by_an_earlier_name_is_measured_as_its_class(asked: Params) -> None:
    """As after a merge with a clone that imported before it knew of the change."""
    voted = ledgers.votes("r01")["image_id"].unique().sort()[:4].to_list()
    params = change("rename", "coat", "jacket")
    rows = [
        {"image_id": i, "annotator": "import:own", "said": "C", "choice": "coat", "status": "valid", "batch": 1}
        for i in voted
    ]
    ledgers.write_imports(pl.DataFrame(rows, schema=IMPORTS))
    labels.run(params, "r01")
    brought = tables.read(layout.labels("r01") / brought_labels.NAME, BROUGHT)
    assert brought.select("image_id", "choice").rows() == [(image_id, "jacket") for image_id in voted]
