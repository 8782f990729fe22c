"""Gold pictures, from the line in data/gold.csv to the gate: asked like any other, and counted like none."""

import json
from dataclasses import replace

import polars as pl
import pytest

from silverprint import layout
from silverprint.annotation_backend import Project
from silverprint.campaign import annotator_ledger, gold_list, ledgers, round_state
from silverprint.commands import gold as command
from silverprint.commands import rounds
from silverprint.core.evaluation.training_set import examples
from silverprint.errors import ConfigError, DataError, UsageError
from silverprint.records import GATE_ROWS, GOLD, GOLD_ANSWERS, LABELS, MANIFEST, WAIVERS
from silverprint.stages import gate, labels, queue
from silverprint.stages.annotate import server_sync
from silverprint.stages.annotate.asking_plan import Wanted
from silverprint.store import tables
from tests.helpers import round_campaign as campaign
from tests.helpers.memory_backend import MemoryBackend

KNOWN = [campaign.image_id(number) for number in range(8)]


@pytest.fixture
def params(params):
    write(*KNOWN)
    return asking(params, 4)


def asking(params, gold):
    """With so many gold pictures a round."""
    return replace(params, rounds={name: replace(entry, gold=gold) for name, entry in params.rounds.items()})


def write(*image_ids, label="coat"):
    rows = pl.DataFrame({"image_id": image_ids}).with_columns(label=pl.lit(label), why=pl.lit("two experts"))
    tables.write_ledger(rows, layout.GOLD, GOLD, ["image_id"])


def answered(params, name, wrong=(), right="coat"):
    """Everybody says `right` of gold pictures, but for the people `wrong`, who say bag."""
    golden_ranks = set(ledgers.queue(name).filter(pl.col("role") == "gold")["rank"])
    campaign.open_round(params, name)

    def say(rank, person):
        other = params.dataset.classes[rank % 3]
        return ("bag" if person in wrong else right) if rank in golden_ranks else other

    campaign.answer(params, name, say)
    labels.run(params, name)
    return json.loads((layout.labels(name) / "quality.json").read_text())


def follow(params, name):
    following = params.chain[params.chain.index(name) + 1]
    campaign.write_scores(params, following, model=True)
    queue.run(params, following)


def test_gold_is_beside_the_budget_and_hidden_among_the_others(params):
    queue.run(params, "r01")
    rows = ledgers.queue("r01")
    assert dict(rows["role"].value_counts().iter_rows()) == {"evaluation": 6, "control": 2, "train": 8, "gold": 4}
    gold = rows.filter(pl.col("role") == "gold")
    assert set(gold["image_id"]) <= set(KNOWN)
    assert gold["overlap"].unique().to_list() == rows.filter(pl.col("role") == "train")["overlap"].unique().to_list()
    assert gold["why"].unique().to_list() == ["Its label is known: it measures how well people answer."]


def test_a_gold_picture_or_its_near_duplicate_has_no_other_role(params):
    campaign.write_pool(count=60, groups=30)
    queue.run(params, "r01")
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    rows = ledgers.queue("r01").join(manifest, on="image_id")
    assert rows["group"].is_unique().all()
    groups = set(manifest.filter(pl.col("image_id").is_in(KNOWN))["group"])
    assert {role for role, group in rows.select("role", "group").rows() if group in groups} == {"gold"}


def test_a_picture_asked_in_another_role_is_never_gold(params, capsys):
    write()
    queue.run(params, "r01")
    assert "r01: 4 gold pictures wanted, 0 can be asked; more: silverprint gold add" in capsys.readouterr().err
    answered(params, "r01")
    evaluated = ledgers.queue("r01").filter(pl.col("role") == "evaluation")["image_id"]
    write(*evaluated)
    follow(params, "r01")
    assert "gold" not in set(ledgers.queue("r02")["role"])


@pytest.mark.slow
def test_fresh_gold_goes_before_what_was_asked(params, capsys):
    queue.run(params, "r01")
    answered(params, "r01")
    follow(params, "r01")
    first, second = (set(ledgers.queue(name).filter(pl.col("role") == "gold")["image_id"]) for name in ("r01", "r02"))
    assert first | second == set(KNOWN)
    answered(params, "r02")
    follow(params, "r02")
    assert ledgers.queue("r03").filter(pl.col("role") == "gold").height == 4
    assert (
        "4 gold pictures were asked in an earlier round; only a person's first answer counts" in capsys.readouterr().err
    )


def test_a_task_does_not_tell_that_it_is_gold(params):
    queue.run(params, "r01")
    rows = ledgers.queue("r01")
    project = Project(1, "", params.dataset.campaign, "r01", "crowd", "", None)
    shown = {}
    for role in ("gold", "train"):
        row = rows.filter(pl.col("role") == role).to_dicts()[0]
        wanted = Wanted(row["image_id"], (row["image_id"],), row["overlap"])
        task = server_sync._task(MemoryBackend(), project, {row["image_id"]: row}, wanted, row["overlap"], grid=False)
        (image,) = task.images
        shown[role] = str(replace(task, images=(replace(image, predicted=None),))).replace(row["image_id"], "")
    assert shown["gold"] == shown["train"]
    ranks = rows.filter(pl.col("role") == "gold")["rank"]
    assert ranks.max() - ranks.min() > 4


@pytest.mark.slow
def test_answers_about_gold_measure_people_and_decide_nothing(params):
    queue.run(params, "r01")
    without = answered(params, "r01")
    found = answered(params, "r01", wrong=(1,))
    assert (found["alpha_round"], found["by_role"]) == (without["alpha_round"], without["by_role"])
    assert found["labels_total"] == 16
    assert found["votes_round"] == 6 * 3 + 10 * 2 + 4 * 2
    people = found["gold"]["annotators"]
    assert (people["s-0"]["accuracy"], people["s-1"]["accuracy"]) == (1.0, 0.0)
    assert (people["s-0"]["exposures"], people["s-0"]["answers"]) == (4, 4)
    assert 0 < people["s-0"]["low"] < 1 == people["s-0"]["high"]
    table = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    gold = table.filter(pl.col("role") == "gold")
    assert gold.select("label", "source", "confidence", "n_votes", "agreement").unique().rows() == [
        ("coat", "gold", 1.0, 2, None)
    ]
    split = examples(
        table, tables.read(layout.MANIFEST, MANIFEST),
        classes=params.dataset.classes, withdrawn=frozenset(), binding=frozenset(),
    )  # fmt: skip
    assert not {*split.training["image_id"], *split.evaluation["image_id"]} & set(KNOWN)


@pytest.mark.slow
def test_a_second_exposure_is_recorded_and_not_counted(params):
    params = replace(params, rounds={name: replace(entry, gold=8) for name, entry in params.rounds.items()})
    queue.run(params, "r01")
    answered(params, "r01")
    follow(params, "r01")
    found = answered(params, "r02", wrong=(0, 1))
    assert found["gold"]["annotators"]["s-0"] | {"low": 0} == {
        "answers": 8, "right": 8, "accuracy": 1.0, "low": 0, "high": 1.0, "abstained": 0, "exposures": 16,
    }  # fmt: skip
    assert found["gold"]["round"]["accuracy"] is None
    rows = tables.read(layout.labels("r02") / "gold.parquet", GOLD_ANSWERS)
    assert rows.filter(pl.col("exposure") == 2)["round"].unique().to_list() == ["r02"]
    assert set(tables.read(layout.labels("r02") / "labels.parquet", LABELS).filter(source="gold")["round"]) == {"r01"}


@pytest.mark.slow
def test_a_round_surely_below_the_limit_stops_and_goes_on_by_more_answers_or_a_waiver(params):
    params = asking(params, 8)
    queue.run(params, "r01")
    answered(params, "r01", wrong=(0, 1))
    with pytest.raises(DataError, match=r"round reopen r01.*waivers.*between:gold_most, .*:gold_round_high"):
        gate.run(params, "r01")
    round_state.load("r01").moved(status="closed").save()
    rounds.reopen(params, "r01", extra=6, everything=False, why="gold")
    gold = ledgers.queue("r01").filter(pl.col("role") == "gold")["image_id"]
    assert set(gold) <= set(ledgers.asks("r01")["image_id"])
    failed = ("expect_column_values_to_be_between:gold_most", "expect_column_figure_to_be_between:gold_round_high")
    waived = pl.DataFrame({"round": "r01", "expectation": failed, "why": "new", "by": "ada"})
    tables.write_ledger(waived, layout.WAIVERS, WAIVERS, ["round"])
    gate.run(params, "r01")


@pytest.mark.slow
def test_one_person_surely_below_the_limit_stops_and_retiring_them_is_the_way_on(params):
    params = asking(params, 8)
    queue.run(params, "r01")
    answered(params, "r01", wrong=(1,))
    said = r'gold_most .*s-1: 0 of \d+ gold pictures right.*people retire s-1 --why "0 of \d+ gold pictures right", or'
    with pytest.raises(DataError, match=said):
        gate.run(params, "r01")
    rows = tables.read_ledger(layout.gate_rows("r01"), GATE_ROWS).filter(severity="critical")
    assert rows.select("image_id", "annotator").rows() == [(None, "s-1")]
    annotator_ledger.add("s-1", "retired", "gold")
    labels.run(params, "r01")
    gate.run(params, "r01")


@pytest.mark.slow
def test_a_withdrawn_gold_picture_measures_nobody(params):
    queue.run(params, "r01")
    before = answered(params, "r01")
    gone = ledgers.queue("r01").filter(pl.col("role") == "gold")["image_id"][0]
    campaign.withdraw(gone)
    labels.run(params, "r01")
    after = json.loads((layout.labels("r01") / "quality.json").read_text())
    assert after["gold"]["all"]["answers"] == before["gold"]["all"]["answers"] - 2
    assert gone not in set(tables.read(layout.labels("r01") / "labels.parquet", LABELS)["image_id"])
    follow(params, "r01")
    assert gone not in set(ledgers.queue("r02")["image_id"])
    with pytest.raises(UsageError, match="taken down"):
        command.add(params, gone, "coat", "sure")


@pytest.mark.slow
def test_gold_taken_out_of_its_file_measures_nobody_and_is_no_label(params):
    queue.run(params, "r01")
    answered(params, "r01")
    write(label="bag")
    labels.run(params, "r01")
    gold = tables.read(layout.labels("r01") / "labels.parquet", LABELS).filter(pl.col("role") == "gold")
    assert gold.select("label", "confidence").unique().rows() == [(None, None)]
    assert json.loads((layout.labels("r01") / "quality.json").read_text())["gold"]["all"]["answers"] == 0
    gate.run(params, "r01")


def test_the_command_adds_what_can_be_gold_once(params, capsys):
    write()
    command.add(params, KNOWN[0].upper(), "coat", " two   experts ")
    command.add(params, KNOWN[0], "coat", "again")
    (row,) = gold_list.read(params).to_dicts()
    assert (row["image_id"], row["label"], row["why"]) == (KNOWN[0], "coat", "two experts")
    assert "0 new, 1 in all" in capsys.readouterr().err


def test_what_cannot_be_gold_says_why(params):
    write()
    manifest = campaign.write_pool(count=60, groups=30, rejected=1)
    campaign.write_scores(params, "r01", model=False)
    queue.run(params, "r01")
    asked = ledgers.queue("r01").filter(pl.col("role") == "train")["image_id"][0]
    group = manifest.filter(pl.col("image_id") == asked)["group"][0]
    twins = manifest.filter((pl.col("group") == group) & (pl.col("image_id") != asked) & pl.col("kept"))["image_id"]
    touched = manifest.join(ledgers.queue("r01"), on="image_id", how="semi")
    free = manifest.join(touched, on="group", how="anti")["image_id"]
    command.add(params, free[0], "coat", "sure")
    for image_id, label, why, rule in [
        ("abc", "coat", "sure", "64 hex digits"),
        (free[1], "zebra", "sure", "'zebra' is no class"),
        (free[1], "coat", " ", "gold says why"),
        ("f" * 64, "coat", "sure", "no such picture"),
        (campaign.image_id(60), "coat", "sure", r"cleaning rejected the picture \(blurred\)"),
        (asked, "coat", "sure", "r01 asked about it as train"),
        (twins[0], "coat", "sure", "a near-duplicate"),
        (free[0], "bag", "sure", "its label is known as 'coat'"),
    ]:
        with pytest.raises(UsageError, match=rule):
            command.add(params, image_id, label, why)
    assert gold_list.read(params)["image_id"].to_list() == [free[0]]


def test_a_file_is_taken_whole_or_not_at_all(params, tmp_path):
    write()
    path = tmp_path / "known.csv"
    path.write_text(f"image_id,label,why\n{KNOWN[0]},coat,sure\n{KNOWN[1]},zebra,sure\n")
    with pytest.raises(UsageError, match=r"known\.csv line 3: .*'zebra' is no class"):
        command.import_file(params, path)
    assert gold_list.read(params).is_empty()
    path.write_text(path.read_text().replace("zebra", "bag"))
    command.import_file(params, path)
    assert gold_list.read(params).height == 2
    with pytest.raises(UsageError, match="no such file"):
        command.import_file(params, tmp_path / "none.csv")


def test_a_file_that_is_too_long_is_not_read(params, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_MAX_BYTES", 100)
    path = tmp_path / "known.csv"
    path.write_text(f"image_id,label,why\n{KNOWN[0]},coat,sure\n" * 2)
    with pytest.raises(DataError, match=r"known\.csv, \d+ bytes: a file of gold has at most 100 bytes; split it"):
        command.import_file(params, path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("abc,coat,sure,", r"gold\.csv line 2: image_id 'abc'"),
        (f"{KNOWN[0]},zebra,sure,", r"line 2: label 'zebra'.*one of: t-shirt"),
        (f"{KNOWN[0]},coat,,", "gold says why"),
        (f"{KNOWN[0]},coat,sure,yesterday", "line 2: at 'yesterday'"),
        (f"{KNOWN[0]},coat,sure,\n{KNOWN[0]},bag,sure,", "one known label"),
    ],
)
def test_a_line_that_means_nothing_stops_the_queue(params, line, message):
    layout.GOLD.write_text(f"image_id,label,why,at\n{line}\n")
    with pytest.raises(ConfigError, match=message):
        queue.run(params, "r01")
