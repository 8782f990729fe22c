import json

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import annotator_ledger, ledgers
from silverprint.errors import ConfigError, DataError
from silverprint.records import LABELS, UNSURE, VOTES, WAIVERS
from silverprint.stages import gate, labels, queue
from silverprint.store import tables
from tests.helpers import round_campaign as campaign

UNRESOLVED = "expect_column_figure_to_be_between:unresolved_share"


def voted(params, choice=None):
    queue.run(params, "r01")
    campaign.answer(params, "r01", choice)
    labels.run(params, "r01")


def waive(expectation, why="seen, and small", by="ada", round_name="r01"):
    row = pl.DataFrame({"round": round_name, "expectation": expectation, "why": why, "by": by}, schema=WAIVERS)
    tables.write_ledger(row, layout.WAIVERS, WAIVERS, ["round"])


def result():
    return json.loads(layout.gate("r01").read_text())


def test_good_labels_pass_with_every_finding_written(params):
    voted(params)
    gate.run(params, "r01")
    document = result()
    assert (document["round"], document["passed"], document["waived"]) == ("r01", True, [])
    suite = json.loads((layout.SUITES / "labels.json").read_text())
    assert len(document["findings"]) == len(suite["expectations"])
    assert {tuple(sorted(f)) for f in document["findings"]} == {
        ("column", "expectation", "observed", "severity", "success")
    }
    before = layout.gate("r01").read_bytes()
    gate.run(params, "r01")
    assert layout.gate("r01").read_bytes() == before


def test_a_critical_failure_stops_with_figure_limit_and_remedies(params):
    voted(params)
    gate.run(params, "r01")
    voted(params, campaign.mostly_unsure)
    with pytest.raises(DataError) as caught:
        gate.run(params, "r01")
    message = str(caught.value)
    assert caught.value.exit_code == 65
    for part in (
        "r01",
        "unresolved_share",
        "max_value=0.1",
        "0.5",
        "silverprint round reopen r01 --extra 1",
        UNRESOLVED,
    ):
        assert part in message
    assert "\n" not in message
    assert (result()["passed"], result()["waived"]) == (False, [])  # what an earlier run passed is gone


def test_disagreement_stops_and_too_few_votes_to_tell_do_not(params, capsys):
    voted(params, lambda rank, person: ["coat", "bag", "shirt"][person])
    with pytest.raises(DataError, match="alpha_round"):
        gate.run(params, "r01")
    voted(params, lambda rank, person: "coat" if person == 0 else UNSURE)  # nobody shares a picture that counts
    capsys.readouterr()
    gate.run(params, "r01")
    assert result()["passed"]
    warnings = [f for f in result()["findings"] if not f["success"]]
    assert [(f["column"], f["severity"]) for f in warnings] == [("alpha_round", "warning")]
    assert "r01: warning: people's agreement is not measured" in capsys.readouterr().err


def test_a_round_in_which_everybody_always_gives_one_answer_needs_a_waiver(params):
    voted(params, lambda rank, person: "coat")
    with pytest.raises(DataError, match=r"alpha_round .*min_value=0\.3\): no variation: all votes.*waivers\.csv"):
        gate.run(params, "r01")
    assert not result()["passed"]
    waive("expect_column_figure_to_be_between:alpha_round")
    gate.run(params, "r01")
    assert (result()["passed"], result()["waived"]) == (False, ["expect_column_figure_to_be_between:alpha_round"])


def test_gold_makes_no_variation(params):
    """Answers about gold measure people; what they say of the others is still one answer."""
    voted(params, lambda rank, person: "coat")
    path = layout.labels("r01") / "labels.parquet"
    table = tables.read(path, LABELS).with_row_index()
    golden = table.with_columns(
        role=pl.when(pl.col("index") == 0).then(pl.lit("gold")).otherwise("role"),
        source=pl.when(pl.col("index") == 0).then(pl.lit("gold")).otherwise("source"),
    ).drop("index")
    tables.write(golden, path, LABELS)
    votes = tables.read(layout.labels("r01") / "votes.parquet", VOTES)
    on_gold = pl.col("image_id") == golden["image_id"][0]
    other = votes.with_columns(choice=pl.when(on_gold).then(pl.lit("bag")).otherwise("choice"))
    tables.write(other, layout.labels("r01") / "votes.parquet", VOTES)
    with pytest.raises(DataError, match="no variation"):
        gate.run(params, "r01")


def test_a_waiver_with_reason_and_name_lets_the_round_go_on(params, capsys):
    voted(params, campaign.mostly_unsure)
    waive(UNRESOLVED)
    gate.run(params, "r01")
    document = result()
    assert (document["passed"], document["waived"]) == (False, [UNRESOLVED])
    assert f"r01: {UNRESOLVED} failed and is waived: seen, and small (ada)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "other", [{"round_name": "r02"}, {"expectation": "expect_column_figure_to_be_between:alpha_round"}]
)
def test_a_waiver_for_something_else_does_not_count(params, other):
    voted(params, campaign.mostly_unsure)
    waive(**({"expectation": UNRESOLVED} | other))
    with pytest.raises(DataError, match="unresolved_share"):
        gate.run(params, "r01")


@pytest.mark.parametrize("missing", [{"why": None}, {"why": " "}, {"by": None}, {"expectation": None}])
def test_a_waiver_without_reason_or_name_is_refused(params, missing):
    voted(params)
    waive(**({"expectation": UNRESOLVED} | missing))
    with pytest.raises(ConfigError, match=r"waivers\.csv line 2: r01.*says why and by whom"):
        gate.run(params, "r01")


def test_an_unused_waiver_is_not_written_down(params):
    voted(params)
    waive(UNRESOLVED)
    gate.run(params, "r01")
    assert (result()["passed"], result()["waived"]) == (True, [])


def test_only_this_round_s_labels_are_judged(params):
    voted(params, campaign.mostly_unsure)
    campaign.write_scores(params, "r02", model=True)
    queue.run(params, "r02")
    campaign.answer(params, "r02")
    labels.run(params, "r02")
    gate.run(params, "r02")
    assert json.loads(layout.gate("r02").read_text())["passed"]


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_broken_quality_file_is_a_clear_error(params, text):
    voted(params)
    (layout.labels("r01") / "quality.json").write_text(text)
    with pytest.raises(
        DataError, match=r"quality\.json: (not readable|lacks) .*run: dvc checkout --force data/rounds/r01/labels"
    ):
        gate.run(params, "r01")


def test_one_of_three_who_does_not_look_is_named_and_retiring_them_is_a_way_on(project):
    params = campaign.small(config.load(), evaluation=24)
    campaign.write_pool()
    campaign.write_start()
    campaign.write_scores(params, "r01", model=False)
    queue.run(params, "r01")
    rng = np.random.default_rng(0)
    classes = params.dataset.classes

    def say(rank, person):
        return classes[int(rng.integers(len(classes)))] if person == 1 else classes[rank % len(classes)]

    campaign.answer(params, "r01", say)
    labels.run(params, "r01")
    with pytest.raises(
        DataError, match=r'alpha_round.*; silverprint people retire s-1 --why "(spammer|adversary)", or silverprint'
    ):
        gate.run(params, "r01")
    annotator_ledger.add("s-1", "retired", "spammer")
    labels.run(params, "r01")
    gate.run(params, "r01")
    table = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    asked = ledgers.queue("r01").join(table, on="image_id")
    assert (asked["label"] == pl.Series([classes[rank % len(classes)] for rank in asked["rank"]])).all()
