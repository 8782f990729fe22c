"""Answers "not one of these" in train and score."""

import json

import polars as pl
import pytest

from silverprint import layout
from silverprint.model import none_of_these
from silverprint.records import LABELS, NONE_HELD_OUT, NONE_OF_THESE, NONE_SCORES
from silverprint.stages import score, train
from silverprint.store import tables
from tests.helpers import model_campaign as campaign

pytestmark = pytest.mark.slow

FOREIGN = "bag"  # what people find to be none of the classes


def answered(truth: dict[str, str], name: str, most: int = 99) -> list[str]:
    """People say of `most` bags that they trained on that they are none of the classes; returns these."""
    path = layout.labels(name) / "labels.parquet"
    labels = tables.read(path, LABELS)
    bags = [one for one in labels.filter(pl.col("role") != "evaluation")["image_id"] if truth[one] == FOREIGN][:most]
    said = pl.when(pl.col("image_id").is_in(bags)).then(pl.lit(NONE_OF_THESE)).otherwise("label").alias("label")
    tables.write(labels.with_columns(said), path, LABELS)
    return bags


def card(name: str) -> dict:
    return json.loads((layout.model(name) / "card.json").read_text())


def test_enough_of_them_teach_a_score_that_the_next_round_has(params, capsys: pytest.CaptureFixture[str]) -> None:
    truth = campaign.write_pool(params)
    campaign.write_labels(params, truth, "r03")
    bags = answered(truth, "r03")
    assert len(bags) >= none_of_these.FEWEST
    train.run(params, "r03")
    found = card("r03")
    assert set(bags) <= set(found["none_trained_on"])
    assert found["none_of_these"]["answers"] == len(found["none_trained_on"])
    assert found["none_of_these"]["auc"] > 0.8
    assert f"{len(found['none_trained_on'])} answers 'not one of these' (AUC " in capsys.readouterr().err
    assert not set(found["none_trained_on"]) & set(found["trained_on"])
    held_out = tables.read(layout.model("r03") / none_of_these.HELD_OUT, NONE_HELD_OUT)
    assert set(held_out["image_id"]) == {*found["trained_on"], *found["none_trained_on"]}
    first = {path.name: path.read_bytes() for path in layout.model("r03").iterdir()}
    train.run(params, "r03")
    assert {path.name: path.read_bytes() for path in layout.model("r03").iterdir()} == first

    layout.model("r01").parent.mkdir(parents=True, exist_ok=True)
    layout.model("r03").rename(layout.model("r01"))
    score.run(params, "r02")
    scores = tables.read(layout.score("r02") / "none.parquet", NONE_SCORES)
    assert scores["image_id"].to_list() == sorted(truth)
    unasked = scores.filter(~pl.col("image_id").is_in([*found["trained_on"], *found["none_trained_on"]]))
    of_bags = pl.col("image_id").is_in([name for name, kind in truth.items() if kind == FOREIGN])
    assert unasked.filter(of_bags)["none"].mean() > 4 * unasked.filter(~of_bags)["none"].mean()
    assert "more likely 'not one of these' than any class" in capsys.readouterr().err


def test_a_few_change_no_byte_of_what_is_learnt(params, truth, trained) -> None:
    """The first round's labels have one."""
    names = {path.name for path in layout.model("r01").iterdir()}
    assert names == {"head.pt", "card.json", "evaluation.parquet", "stop-set.parquet", "held-out.parquet"}
    assert not {"none_of_these", "none_trained_on"} & card("r01").keys()
    score.run(params, "r02")
    assert {path.name for path in layout.score("r02").iterdir()} == {"scores.parquet", "probabilities.npy"}


def test_a_withdrawn_one_is_unlearnt_in_a_sealed_round_and_one_that_judges_leaves_the_score(params) -> None:
    truth = campaign.write_pool(params)
    campaign.write_labels(params, truth, "r02")
    answered(truth, "r02")
    labels = tables.read(layout.labels("r02") / "labels.parquet", LABELS)
    more = labels.filter(pl.col("role") != "evaluation")["image_id"].head(20)  # more than a handful
    said = pl.when(pl.col("image_id").is_in(more)).then(pl.lit(NONE_OF_THESE)).otherwise("label").alias("label")
    tables.write(labels.with_columns(said), layout.labels("r02") / "labels.parquet", LABELS)
    train.run(params, "r02")
    campaign.open_round(params, "r03")
    weights = (layout.model("r02") / none_of_these.WEIGHTS).read_bytes()
    campaign.withdraw(labels.filter(role="evaluation")["image_id"][0])
    train.run(params, "r02")
    assert (layout.model("r02") / none_of_these.WEIGHTS).read_bytes() == weights
    assert (layout.model("r02") / none_of_these.HELD_OUT).exists()
    campaign.withdraw(more[0])
    train.run(params, "r02")
    assert more[0] not in card("r02")["none_trained_on"]
    assert (layout.model("r02") / none_of_these.WEIGHTS).read_bytes() != weights
