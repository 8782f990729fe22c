import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import annotator_ledger, ledgers, round_status
from silverprint.core.evaluation import training_set
from silverprint.errors import ConfigError, DataError
from silverprint.records import GATE_ROWS, LABELS, MANIFEST, UNSURE, VOTES, WAIVERS
from silverprint.stages import gate, labels, queue
from silverprint.stages.gate.evidence import Evidence
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


def failed_rows():
    return tables.read_ledger(layout.gate_rows("r01"), GATE_ROWS)


@pytest.mark.slow
def test_good_labels_pass_with_every_finding_written(labelled):
    gate.run(labelled, "r01")
    document = result()
    assert (document["round"], document["passed"], document["waived"]) == ("r01", True, [])
    suites = [
        json.loads((layout.SUITES / f"{name}.json").read_text())
        for name in ("votes", "annotators", "labels", "training")
    ]
    assert len(document["findings"]) == sum(len(suite["expectations"]) for suite in suites)
    assert {tuple(sorted(f)) for f in document["findings"]} == {
        ("column", "expectation", "observed", "severity", "success")
    }
    assert failed_rows().is_empty()
    before = layout.gate("r01").read_bytes()
    gate.run(labelled, "r01")
    assert layout.gate("r01").read_bytes() == before


@pytest.mark.slow
def test_a_critical_failure_stops_with_figure_limit_and_remedies(labelled):
    gate.run(labelled, "r01")
    voted(labelled, campaign.mostly_unsure)
    with pytest.raises(DataError) as caught:
        gate.run(labelled, "r01")
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


@pytest.mark.slow
def test_disagreement_stops_and_too_few_votes_to_tell_do_not(params, capsys):
    voted(params, lambda rank, person: ["coat", "bag", "shirt"][person])
    with pytest.raises(DataError, match="alpha_round"):
        gate.run(params, "r01")
    voted(params, lambda rank, person: "coat" if person == 0 else UNSURE)  # nobody shares a picture that counts
    capsys.readouterr()
    gate.run(params, "r01")
    assert result()["passed"]
    warnings = [f for f in result()["findings"] if not f["success"]]
    assert {(f["column"], f["severity"]) for f in warnings} == {("alpha_round", "warning"), ("unsure_low", "warning")}
    assert "r01: warning: people's agreement is not measured" in capsys.readouterr().err


@pytest.mark.slow
def test_a_round_in_which_everybody_always_gives_one_answer_needs_a_waiver(params):
    voted(params, lambda rank, person: "coat")
    with pytest.raises(DataError, match=r"alpha_round .*min_value=0\.3\): no variation: all votes.*waivers\.csv"):
        gate.run(params, "r01")
    assert not result()["passed"]
    waive("expect_column_figure_to_be_between:alpha_round")
    gate.run(params, "r01")
    assert (result()["passed"], result()["waived"]) == (False, ["expect_column_figure_to_be_between:alpha_round"])


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_waiver_with_reason_and_name_lets_the_round_go_on(params, capsys):
    voted(params, campaign.mostly_unsure)
    waive(UNRESOLVED)
    gate.run(params, "r01")
    document = result()
    assert (document["passed"], document["waived"]) == (False, [UNRESOLVED])
    assert f"r01: {UNRESOLVED} failed and is waived: seen, and small (ada)" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    "other", [{"round_name": "r02"}, {"expectation": "expect_column_figure_to_be_between:alpha_round"}]
)
def test_a_waiver_for_something_else_does_not_count(params, other):
    voted(params, campaign.mostly_unsure)
    waive(**({"expectation": UNRESOLVED} | other))
    with pytest.raises(DataError, match="unresolved_share"):
        gate.run(params, "r01")


@pytest.mark.slow
@pytest.mark.parametrize("missing", [{"why": None}, {"why": " "}, {"by": None}, {"expectation": None}])
def test_a_waiver_without_reason_or_name_is_refused(labelled, missing):
    waive(**({"expectation": UNRESOLVED} | missing))
    with pytest.raises(ConfigError, match=r"waivers\.csv line 2: r01.*says why and by whom"):
        gate.run(labelled, "r01")


@pytest.mark.slow
def test_an_unused_waiver_is_not_written_down(labelled):
    waive(UNRESOLVED)
    gate.run(labelled, "r01")
    assert (result()["passed"], result()["waived"]) == (True, [])


@pytest.mark.slow
def test_only_this_round_s_labels_are_judged(params):
    voted(params, campaign.mostly_unsure)
    campaign.write_scores(params, "r02", model=True)
    queue.run(params, "r02")
    campaign.answer(params, "r02")
    labels.run(params, "r02")
    gate.run(params, "r02")
    assert json.loads(layout.gate("r02").read_text())["passed"]


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_broken_quality_file_is_a_clear_error(labelled, text):
    (layout.labels("r01") / "quality.json").write_text(text)
    with pytest.raises(
        DataError, match=r"quality\.json: (not readable|lacks) .*run: dvc checkout --force data/rounds/r01/labels"
    ):
        gate.run(labelled, "r01")


@pytest.mark.slow
def test_one_of_three_who_does_not_look_is_named_and_retiring_them_is_a_way_on(project, capsys):
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
    passing = replace(params, gate=replace(params.gate, min_alpha=-1.0))
    capsys.readouterr()
    gate.run(passing, "r01")
    said = capsys.readouterr().err
    assert re.search(
        r"r01: warning: people who seem not .*: s-1: (spammer|adversary) \(.*; kappa -?0\.\d+ of \d+ votes\);", said
    )
    assert 'silverprint people list; without their votes: silverprint people retire s-1 --why "..."' in said
    [finding] = [one for one in result()["findings"] if one["column"] == "suspicion"]
    assert (finding["success"], finding["severity"]) == (False, "warning")
    status = round_status.status_of(passing, "r01")
    assert (status.gate, status.gate_warnings) == ("passed", sum(not one["success"] for one in result()["findings"]))
    assert failed_rows().filter(annotator="s-1")["expectation"].to_list() == [
        "expect_column_values_to_be_null:suspicion"
    ]
    annotator_ledger.add("s-1", "retired", "spammer")
    labels.run(params, "r01")
    gate.run(params, "r01")
    assert "seem not" not in capsys.readouterr().err
    table = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    asked = ledgers.queue("r01").join(table, on="image_id")
    assert (asked["label"] == pl.Series([classes[rank % len(classes)] for rank in asked["rank"]])).all()


@pytest.mark.slow
def test_a_second_vote_in_one_pass_stops_and_its_rows_are_a_table(labelled):
    path = layout.labels("r01") / "votes.parquet"
    votes = tables.read(path, VOTES)
    again = votes.head(1).with_columns(choice=pl.lit("bag"), annotation_id=pl.lit(999, pl.Int64))
    tables.write(pl.concat([votes, again]), path, VOTES)
    with pytest.raises(DataError, match=r"compound_columns_to_be_unique.*\(rows: data/rounds/r01/gate\.csv\)"):
        gate.run(labelled, "r01")
    rows = failed_rows()
    who = (votes["image_id"][0], votes["annotator"][0])
    assert rows.select("image_id", "annotator").rows() == [who, who]
    assert set(rows["severity"]) == {"critical"}


def test_a_vote_that_a_later_one_replaces_is_no_second_one(labelled):
    votes = tables.read(layout.labels("r01") / "votes.parquet", VOTES)
    again = votes.head(1).with_columns(annotation_id=pl.lit(999, pl.Int64), status=pl.lit("superseded"))
    tables.write(pl.concat([votes, again]), layout.labels("r01") / "votes.parquet", VOTES)
    rows = Evidence(labelled, "r01").tables()["votes"].rows
    assert not rows.select("image_id", "annotator").is_duplicated().any()


@pytest.mark.slow
def test_what_would_train_is_looked_at_beside_what_judges(labelled, monkeypatch):
    sound = Evidence(labelled, "r01").tables()["training"].rows
    assert set(sound["role"].drop_nulls()) == {"train", "control"}
    assert sound["role"].null_count() == 60 - ledgers.queue("r01").height  # the pool teaches, too
    assert sound["judging"].null_count() == sound.height
    known = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    leaking = training_set.Examples(known, known)
    monkeypatch.setattr(training_set, "examples", lambda *_, **__: leaking)
    with pytest.raises(DataError, match=r"judging expect_column_values_to_be_null: 6 of .*gate\.csv"):
        gate.run(labelled, "r01")
    evaluated = known.filter(role="evaluation")["image_id"]
    assert set(failed_rows().filter(pl.col("found").str.starts_with("judging"))["image_id"]) == set(evaluated)


@pytest.mark.slow
def test_a_picture_that_was_withdrawn_since_stops(labelled):
    gone = ledgers.queue("r01")["image_id"][0]
    campaign.withdraw(gone)
    with pytest.raises(DataError, match=r"withdrawn expect_column_values_to_be_in_set.*gate\.csv"):
        gate.run(labelled, "r01")
    assert set(failed_rows()["image_id"]) == {gone}
    labels.run(labelled, "r01")
    tables_now = Evidence(labelled, "r01").tables()
    assert not any(tables_now[name].rows["withdrawn"].any() for name in ("votes", "labels", "training"))


@pytest.mark.slow
def test_labels_that_are_a_guess_are_a_warning_that_names_who_decides(labelled, capsys):
    path = layout.labels("r01") / "labels.parquet"
    known = tables.read(path, LABELS)
    guess = known.filter(pl.col("label").is_not_null(), role="train")["image_id"][0]
    unsure = pl.when(pl.col("image_id") == guess).then(0.5).otherwise(1.0)
    tables.write(known.with_columns(confidence=unsure), path, LABELS)
    gate.run(labelled, "r01")
    assert "nor anything else decides: 1 of" in (said := capsys.readouterr().err)
    assert "silverprint round reopen r01 --extra 1" in said
    assert failed_rows().filter(pl.col("expectation").str.ends_with(":undecided"))["image_id"].to_list() == [guess]


@pytest.mark.slow
def test_near_duplicates_with_other_labels_are_a_warning_with_their_rows(labelled, capsys):
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    known = tables.read(layout.labels("r01") / "labels.parquet", LABELS).drop_nulls("label").sort("label")
    pairs = dict(zip(known["image_id"], [*range(known.height // 2), *range(known.height // 2)], strict=False))
    regrouped = pl.col("image_id").replace_strict(pairs, default=pl.col("group") + 1_000, return_dtype=pl.Int64)
    tables.write(manifest.with_columns(group=regrouped), layout.MANIFEST, MANIFEST)
    gate.run(labelled, "r01")
    said = capsys.readouterr().err
    assert "r01: warning: conflicts_low" in said
    assert "surely 0." in said
    assert "gate.csv" in said
    rows = failed_rows()
    assert set(rows["severity"]) == {"warning"}
    assert set(rows["image_id"]) <= set(pairs)


@pytest.mark.slow
def test_a_second_look_is_judged_and_changed_labels_are_counted(labelled):
    campaign.write_scores(labelled, "r02", model=True)
    queue.run(labelled, "r02")
    campaign.answer(labelled, "r02")
    labels.run(labelled, "r02")
    sound = Evidence(labelled, "r02").tables()["labels"]
    assert sound.figures["changed_low"].value == 0
    assert set(sound.rows["round"]) == {"r02"}
    path = layout.labels("r02") / "labels.parquet"
    other = pl.when(round="r01").then(pl.lit("sandal")).otherwise("label").alias("label")
    tables.write(tables.read(path, LABELS).with_columns(other), path, LABELS)
    spoilt = Evidence(labelled, "r02").tables()["labels"]
    assert spoilt.figures["changed_low"].value > labelled.gate.max_changed
    assert set(spoilt.rows["round"]) == {"r01", "r02"}
    assert spoilt.figures["changed_low"].rows.height == sum(spoilt.rows["round"] == "r01")


@pytest.mark.slow
def test_alpha_is_said_with_its_interval_and_the_pair_that_agrees_least(params):
    classes = params.dataset.classes
    voted(params, lambda rank, person: classes[(rank + (person == 1 and rank % 3 > 0)) % 5])
    figure = Evidence(params, "r01").tables()["labels"].figures["alpha_round"]
    quality = json.loads((layout.labels("r01") / "quality.json").read_text())
    low, high = quality["alpha_interval"]
    assert (figure.value, quality["alpha_round"] < high) == (high, True)
    assert f"95 % interval {low:.3f} to {high:.3f}), least of s-0 and s-1" in figure.words
    without = {name: value for name, value in quality.items() if not name.startswith(("alpha_i", "alpha_p"))}
    (layout.labels("r01") / "quality.json").write_text(json.dumps(without))  # as an earlier version wrote it
    assert Evidence(params, "r01").tables()["labels"].figures["alpha_round"].words == ""
