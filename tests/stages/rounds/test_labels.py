import dataclasses
import json

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import annotator_ledger, ledgers, model_voices, retire, round_state
from silverprint.core.splits import JUDGING
from silverprint.core.votes import retirement
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError, UnavailableError
from silverprint.records import ANNOTATORS, HELD_OUT, LABELS, NONE_OF_THESE, UNHEARD, VOICES, VOTES
from silverprint.stages import labels, queue
from silverprint.store import tables
from tests.helpers import round_campaign as campaign

CLASSES = ("coat", "bag", "shirt")


def read(name, table, schema):
    return tables.read(layout.labels(name) / f"{table}.parquet", schema)


def quality(name):
    return json.loads((layout.labels(name) / "quality.json").read_text())


NO_GOLD = dict.fromkeys(("answers", "right", "abstained", "exposures"), 0) | dict.fromkeys(("accuracy", "low", "high"))


@pytest.fixture
def asked(params):
    queue.run(params, "r01")
    return params


@pytest.mark.slow
def test_every_asked_picture_has_a_label_with_its_role_and_round(asked):
    campaign.answer(asked, "r01")
    labels.run(asked, "r01")
    table = read("r01", "labels", LABELS)
    rows = ledgers.queue("r01")
    assert table["image_id"].to_list() == sorted(rows["image_id"])
    joined = table.join(rows, on="image_id")
    assert (joined["role"] == joined["role_right"]).all()
    assert table["round"].unique().to_list() == ["r01"]
    assert table["source"].unique().to_list() == ["human"]
    assert table["agreement"].unique().to_list() == [1.0]
    figures = quality("r01")
    assert figures.pop("alpha_interval") == [1.0, 1.0]
    pairs = {(pair["one"], pair["other"]): (pair["pictures"], pair["alpha"]) for pair in figures.pop("alpha_pairs")}
    assert pairs == {("s-0", "s-1"): (16, 1.0), ("s-0", "s-2"): (6, 1.0), ("s-1", "s-2"): (6, 1.0)}
    assert figures == {
        "votes_round": 6 * 3 + 10 * 2,
        "votes_total": 38,
        "labels_total": 16,
        "alpha_round": 1.0,
        "imports": {},
        "model_heard": 0,
        "gold": {"round": NO_GOLD, "all": NO_GOLD, "annotators": {}},
        "unresolved": 0,
        "unresolved_share": 0.0,
        "by_role": {
            "control": {"pictures": 2, "labels": 2, "votes": 4, "agreement": 1.0},
            "evaluation": {"pictures": 6, "labels": 6, "votes": 18, "agreement": 1.0},
            "train": {"pictures": 8, "labels": 8, "votes": 16, "agreement": 1.0},
        },
    }
    people = read("r01", "annotators", ANNOTATORS)
    assert people["annotator"].to_list() == ["s-0", "s-1", "s-2"]
    assert people["votes"].to_list() == [16, 16, 6]
    assert people["median_lead_time_s"].to_list() == [2.0, 3.0, 4.0]


@pytest.mark.slow
def test_votes_are_carried_along_and_refitted(asked):
    campaign.answer(asked, "r01")
    labels.run(asked, "r01")
    campaign.write_scores(asked, "r02", model=True)
    queue.run(asked, "r02")
    campaign.answer(asked, "r02", lambda rank, person: ["coat", "bag"][person])
    labels.run(asked, "r02")
    assert read("r02", "votes", VOTES)["round"].value_counts().sort("round").rows() == [("r01", 38), ("r02", 20)]
    assert read("r02", "labels", LABELS)["round"].value_counts().sort("round").rows() == [("r01", 16), ("r02", 10)]
    figures = quality("r02")
    assert (figures["votes_round"], figures["votes_total"], figures["labels_total"]) == (20, 58, 26)
    assert figures["alpha_round"] < 0  # r02's votes alone


def test_only_valid_votes_count(asked):
    said = {0: "unsure", 1: "zebra", 2: ""}
    campaign.answer(asked, "r01", lambda rank, person: said[person] if rank == 1 else NONE_OF_THESE)
    votes = ledgers.votes("r01")
    second, third = ledgers.queue("r01")["image_id"][1:3]
    for image_id, status in ((second, "deleted"), (third, "superseded")):
        touched = (pl.col("image_id") == image_id) & (pl.col("annotator") == "s-0")
        votes = votes.with_columns(
            status=pl.when(touched).then(pl.lit(status)).otherwise("status"),
            choice=pl.when(touched).then(pl.lit("coat")).otherwise("choice"),
        )
    tables.write_ledger(votes, layout.votes("r01"), VOTES, campaign.LEDGER_ORDER)
    labels.run(asked, "r01")
    by_id = {row["image_id"]: row for row in read("r01", "labels", LABELS).to_dicts()}
    first = by_id[ledgers.queue("r01")["image_id"][0]]
    assert (first["label"], first["n_votes"], first["confidence"]) == (None, 0, None)
    for image_id in (second, third):
        assert by_id[image_id]["label"] == NONE_OF_THESE
        assert json.loads(by_id[image_id]["distribution"]) == {NONE_OF_THESE: 1.0}
    assert quality("r01")["unresolved"] == 1
    assert read("r01", "votes", VOTES).height == votes.height


def test_a_class_added_after_the_vote_does_not_make_it_valid(asked):
    campaign.answer(asked, "r01", lambda rank, person: "zebra")
    wider = dataclasses.replace(
        asked, dataset=dataclasses.replace(asked.dataset, classes=(*asked.dataset.classes, "zebra"))
    )
    labels.run(wider, "r01")
    assert quality("r01")["unresolved_share"] == 1.0
    assert quality("r01")["alpha_round"] is None


@pytest.mark.slow
def test_a_picture_nobody_answered_about_is_unresolved(asked):
    votes = campaign.answer(asked, "r01")
    gone = ledgers.queue("r01")["image_id"][0]
    tables.write_ledger(votes.filter(pl.col("image_id") != gone), layout.votes("r01"), VOTES, campaign.LEDGER_ORDER)
    labels.run(asked, "r01")
    row = read("r01", "labels", LABELS).filter(pl.col("image_id") == gone).to_dicts()[0]
    assert (row["label"], row["n_votes"], row["distribution"]) == (None, 0, "{}")
    assert quality("r01")["unresolved"] == 1


@pytest.mark.slow
def test_a_withdrawn_picture_leaves_labels_and_votes_but_not_the_ledger(asked):
    campaign.answer(asked, "r01")
    gone = ledgers.queue("r01")["image_id"][0]
    campaign.withdraw(gone)
    labels.run(asked, "r01")
    for name, schema in (("labels", LABELS), ("votes", VOTES)):
        assert gone not in set(read("r01", name, schema)["image_id"])
    assert gone in set(ledgers.votes("r01")["image_id"])


@pytest.mark.slow
def test_the_same_bytes_again_whatever_the_order_of_the_ledger(asked):
    campaign.answer(asked, "r01", lambda rank, person: ["coat", "bag", "shirt"][(rank * person) % 3])

    def contents():
        return {path.name: path.read_bytes() for path in sorted(layout.labels("r01").iterdir())}

    labels.run(asked, "r01")
    before = contents()
    lines = layout.votes("r01").read_text().splitlines()
    layout.votes("r01").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    labels.run(asked, "r01")
    assert contents() == before
    tables_written = ("annotators", "gold", "held-out", "labels", "unheard", "voices", "votes")
    assert sorted(before) == sorted(["quality.json", *(f"{name}.parquet" for name in tables_written)])


@pytest.mark.slow
def test_votes_that_are_not_those_of_the_close_are_refused(asked):
    campaign.answer(asked, "r01")
    closed = round_state.State(
        "r01", "start", "closed", "c", "s", ledgers.sha256(layout.queue("r01")), asked.dataset.classes,
        votes_sha256=ledgers.sha256(layout.votes("r01")),
    ).save()  # fmt: skip
    labels.run(asked, "r01")
    path = layout.votes("r01")
    path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")
    with pytest.raises(DataError, match=rf"not {closed.votes_sha256[:8]}: the votes are final.*git checkout {path}"):
        labels.run(asked, "r01")


def heard(name):
    return set(read(name, "voices", VOICES)["image_id"])


def answered_round(params, name):
    campaign.write_scores(params, name, model=True)
    queue.run(params, name)
    campaign.open_round(params, name)
    campaign.answer(params, name)
    labels.run(params, name)
    return ledgers.queue(name)


@pytest.mark.slow
def test_a_model_is_heard_of_pictures_that_judge_nothing_and_that_it_did_not_train_on(asked):
    campaign.answer(asked, "r01")
    labels.run(asked, "r01")
    assert heard("r01") == set()  # no model yet
    rows = answered_round(asked, "r02")
    chosen = set(rows.filter(role="train")["image_id"])
    assert heard("r02") == chosen
    by_others = set(read("r02", "held-out", HELD_OUT)["image_id"])
    assert by_others > chosen
    assert set(read("r02", "unheard", UNHEARD)["image_id"]) == chosen | by_others
    assert quality("r02")["model_heard"] == len(by_others) > 0
    card = layout.model("r01") / "card.json"
    taught = sorted(chosen)[0]
    card.write_text(json.dumps(json.loads(card.read_text()) | {"trained_on": [taught]}))
    labels.run(asked, "r02")
    assert heard("r02") == chosen - {taught}
    answered_round(asked, "r03")
    assert heard("r03") > chosen - {taught}  # what was heard once is heard in later rounds


@pytest.mark.slow
def test_no_held_out_voice_changes_a_label_that_judges(asked, monkeypatch):
    campaign.answer(asked, "r01", lambda rank, person: CLASSES[(rank * (person + 1)) % len(CLASSES)])
    labels.run(asked, "r01")
    campaign.write_scores(asked, "r02", model=True)
    queue.run(asked, "r02")
    campaign.open_round(asked, "r02")
    campaign.answer(asked, "r02", lambda rank, person: CLASSES[(rank + person) % len(CLASSES)])
    labels.run(asked, "r02")
    told, table = read("r02", "held-out", HELD_OUT), read("r02", "labels", LABELS)
    roles = set(table.join(told, on="image_id", how="semi")["role"])
    assert roles
    assert not roles & set(JUDGING)
    judging = pl.col("role").is_in(JUDGING)
    layout.EMBED.rename("elsewhere")
    labels.run(asked, "r02")
    alone = read("r02", "labels", LABELS)
    assert read("r02", "held-out", HELD_OUT).is_empty()  # nothing to learn from
    assert alone.filter(judging).equals(table.filter(judging))
    assert not alone.equals(table)
    monkeypatch.setattr(missing_outputs, "known_outputs", lambda: {str(layout.EMBED): "md5"})
    with pytest.raises(UnavailableError, match=r"data/embed.*dvc pull data/embed"):
        labels.run(asked, "r02")


@pytest.mark.slow
def test_another_consensus_hears_no_held_out_voice(asked):
    campaign.answer(asked, "r01")
    labels.run(dataclasses.replace(asked, labels=dataclasses.replace(asked.labels, consensus="majority")), "r01")
    assert read("r01", "held-out", HELD_OUT).is_empty()


@pytest.mark.slow
def test_a_model_whose_prediction_people_saw_is_not_heard(params):
    params = campaign.small(params, show_predictions=True)
    queue.run(params, "r01")
    campaign.answer(params, "r01")
    labels.run(params, "r01")
    rows = answered_round(params, "r02")
    shown = set(rows.filter("show_prediction")["image_id"])
    assert shown
    assert not heard("r02") & shown
    assert not set(read("r02", "held-out", HELD_OUT)["image_id"]) & shown


@pytest.mark.slow
def test_a_round_that_hides_predictions_by_chance_says_what_showing_them_does(params):
    params = campaign.small(params, budget=20, show_predictions=0.5)
    queue.run(params, "r01")
    campaign.answer(params, "r01")
    labels.run(params, "r01")
    assert "anchoring" not in quality("r01")  # no model yet
    asked = answered_round(params, "r02")
    told = asked.filter("show_prediction").select("image_id", shown_prediction="predicted")
    votes = ledgers.votes("r02").drop("shown_prediction").join(told, on="image_id", how="left")
    tables.write_ledger(votes, layout.votes("r02"), VOTES, campaign.LEDGER_ORDER)
    labels.run(params, "r02")
    found = quality("r02")["anchoring"]
    assert (found["pictures_shown"], found["pictures_hidden"]) == (told.height, asked.height - told.height)
    right = asked.filter(pl.col("predicted") == pl.Series([params.dataset.classes[rank % 3] for rank in asked["rank"]]))
    hidden = right.filter(~pl.col("show_prediction")).height / found["pictures_hidden"]
    assert found["acceptance"]["hidden"] == pytest.approx(hidden, abs=1e-6)


@pytest.mark.slow
def test_a_voice_keeps_its_classes_when_the_page_gets_another_order_or_a_class(asked):
    campaign.answer(asked, "r01")
    labels.run(asked, "r01")
    answered_round(asked, "r02")
    voices = read("r02", "voices", VOICES)
    by_image = model_voices.by_image(asked, voices)
    turned = dataclasses.replace(asked, dataset=dataclasses.replace(asked.dataset, classes=asked.dataset.classes[::-1]))
    again = model_voices.by_image(turned, voices)
    for name, row in by_image.items():
        assert again[name].tolist() == row[::-1].tolist()
    wider = dataclasses.replace(
        asked, dataset=dataclasses.replace(asked.dataset, classes=("zebra", *asked.dataset.classes))
    )
    assert model_voices.by_image(wider, voices) == {}  # it did not know of zebras


@pytest.mark.slow
def test_votes_of_a_retired_annotator_are_kept_and_count_for_nothing(asked):
    campaign.answer(asked, "r01", lambda rank, person: "bag" if person == 1 else "coat")
    labels.run(asked, "r01")
    before = read("r01", "labels", LABELS)
    annotator_ledger.add("s-1", "retired", "answers without looking")
    labels.run(asked, "r01")
    table = read("r01", "labels", LABELS)
    assert set(table["label"]) == {"coat"}
    assert table["n_votes"].sum() == before["n_votes"].sum() - 16
    assert quality("r01")["alpha_round"] is None  # all say coat now
    people = {row["annotator"]: row for row in read("r01", "annotators", ANNOTATORS).to_dicts()}
    assert (people["s-1"]["state"], people["s-1"]["votes"], people["s-0"]["state"]) == ("retired", 16, "active")
    votes = read("r01", "votes", VOTES)
    assert votes.filter(annotator="s-1")["status"].unique().to_list() == ["retired"]
    assert ledgers.votes("r01")["status"].unique().to_list() == ["valid"]
    annotator_ledger.add("s-1", "active", "they were right")
    labels.run(asked, "r01")
    assert read("r01", "labels", LABELS).equals(before)


@pytest.mark.slow
def test_what_retiring_somebody_changes_is_known_before(asked):
    assert retire.preview(asked, "s-1") is None  # nobody has answered
    campaign.answer(asked, "r01", lambda rank, person: "bag" if person == 1 else "coat" if rank % 4 else "unsure")
    labels.run(asked, "r01")
    before = read("r01", "labels", LABELS)
    changes = retire.preview(asked, "s-1")
    annotator_ledger.add("s-1", "retired", "says bag")
    labels.run(asked, "r01")
    after = read("r01", "labels", LABELS)
    found = retirement.label_changes(before, after)
    assert (changes.labels, changes.changed, changes.lost) == (found.labels, found.changed, found.lost)
    assert changes.classes.rows() == found.classes.rows()
    assert changes.lost == before["label"].count() - after["label"].count() > 0
