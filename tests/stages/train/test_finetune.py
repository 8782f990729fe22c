"""train, score and release with a fine-tuned backbone, on real pictures in real shards."""

import json
import shutil
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.config import Augment, Embed, Finetune, Model, Params, Promise, Unlabelled
from silverprint.core import half_precision
from silverprint.errors import UnavailableError
from silverprint.records import HELD_OUT, LABELS, SCORES, STOP_SET
from silverprint.stages import score, start, train
from silverprint.stages.release import automatic
from silverprint.stages.release.automatic import Asked
from silverprint.stages.train import trainers
from silverprint.store import model_card, tables
from tests.helpers import model_campaign as campaign
from tests.helpers import picture_campaign
from tests.helpers.tiny_backbone import REPLACED, replace_backbone

COUNT = 140


@pytest.fixture
def params(request, project, monkeypatch: pytest.MonkeyPatch) -> Params:
    """A campaign whose first round may be trained, by a network that learns in a moment or by the packaged one."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if getattr(request, "param", "tiny") == "tiny":
        replace_backbone(monkeypatch)
    loaded = config.load()
    knobs = Finetune(epochs=2, batch=16, augment=Augment(mixup=0.2))
    found = replace(
        loaded,
        sources={"web": loaded.sources["web"]},
        embed=Embed(REPLACED, 32, 16),
        model=Model(members=3, trainer="finetune", finetune=knobs),
    )
    start.run(found)
    labels = campaign.write_labels(found, picture_campaign.write_pool(found, COUNT), "r01")
    without_control = labels.with_columns(role=pl.col("role").replace("control", "train"))  # its trial takes longest
    tables.write(without_control, layout.labels("r01") / "labels.parquet", LABELS)
    return found


def outputs(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("params", ["tiny", pytest.param("packaged", marks=pytest.mark.slow)], indirect=True)
def test_a_fine_tuned_network_is_judged_scores_the_pool_and_labels_it(params, capsys) -> None:
    train.run(params, "r01")
    assert "39 labels fine-tuned the backbone" in capsys.readouterr().err
    folder, metrics = layout.model("r01"), json.loads(layout.metrics("r01").read_text())
    card, made = model_card.read(folder), outputs(folder)
    assert {"network.pt", "evaluation.parquet", "stop-set.parquet", "held-out.parquet"} <= made.keys()
    assert "head.pt" not in made
    assert card["trainer"] == "finetune"
    assert card["params"]["epochs"] == 2
    assert card["params"]["mixup"] == 0.2
    assert "omega" not in card["params"]
    assert card["learning"]["folds"] == 3
    assert metrics["evaluation"]["n"] == campaign.EVALUATION
    held = tables.read(folder / "held-out.parquet", HELD_OUT)
    assert held["image_id"].to_list() == card["trained_on"]
    labels = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    assert not set(card["trained_on"]) & set(labels.filter(pl.col("role") == "evaluation")["image_id"])

    score.run(params, "r02")
    scores = tables.read(layout.score("r02") / "scores.parquet", SCORES)
    stored = np.load(layout.score("r02") / "probabilities.npy")
    assert stored.shape == (1, COUNT, 10)
    np.testing.assert_allclose(half_precision.from_half(stored).sum(axis=2), 1, atol=1e-5)
    best = np.sort(half_precision.from_half(stored)[0], axis=1)
    decided = scores.filter(best[:, -1] - best[:, -2] > 0.001)  # scores are stored in half precision, which ties some
    stop = tables.read(folder / "stop-set.parquet", STOP_SET)
    both = stop.join(decided, on="image_id", suffix="_scored")
    assert both.height > stop.height / 2
    assert both["predicted_scored"].to_list() == both["predicted"].to_list()
    said = dict(scores.select("image_id", "predicted").iter_rows()) | dict(stop.iter_rows())

    last = replace(params, last="r01", release=replace(params.release, promise=Promise(0.01, 0.01)))
    audited = labels.filter(pl.col("role") == "evaluation")
    audited = audited.with_columns(label=pl.col("image_id").replace_strict(said))  # as if it were always right
    found = automatic.label(last, card, Asked(stop["image_id"].to_list(), audited, labels), 0.0)
    assert found.labels.height
    assert all(said[name] == label for name, label in found.labels.select("image_id", "label").iter_rows())

    train.run(params, "r01")
    assert outputs(folder) == made
    assert not (layout.FINETUNING / "r01").exists()


@pytest.mark.slow
def test_pictures_without_a_label_teach_where_there_are_enough(params, capsys, monkeypatch) -> None:
    knobs = replace(params.model.finetune, epochs=1, unlabelled=Unlabelled("fixmatch", ratio=1))
    asked = replace(params, model=replace(params.model, finetune=knobs))
    train.run(asked, "r01")
    card, said = model_card.read(layout.model("r01")), capsys.readouterr().err
    assert card["params"]["omega"] == card["learning"]["omega"] == "fixmatch"
    assert (card["params"]["omega_weight"], card["params"]["omega_ratio"]) == (1.0, 1)
    labels = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    assert 12 < card["learning"]["pool"] <= COUNT - labels.height
    assert f"39 labels and {card['learning']['pool']} unlabelled pictures (fixmatch) fine-tuned the backbone" in said
    monkeypatch.setattr(trainers, "FEWEST_UNLABELLED", COUNT)
    train.run(asked, "r01")
    assert "omega = 'fixmatch' does nothing: " in capsys.readouterr().err
    assert "pool" not in model_card.read(layout.model("r01"))["learning"]


@pytest.mark.slow
def test_a_network_stays_when_only_its_judges_are_withdrawn(params) -> None:
    train.run(params, "r01")
    before = outputs(layout.model("r01"))
    campaign.open_round(params, "r02")
    labels = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    campaign.withdraw(labels.filter(pl.col("role") == "evaluation")["image_id"][0])
    train.run(params, "r01")
    after = outputs(layout.model("r01"))
    assert after["network.pt"] == before["network.pt"]
    assert after["card.json"] == before["card.json"]
    assert json.loads(layout.metrics("r01").read_text())["evaluation"]["n"] == campaign.EVALUATION - 1


def test_without_the_shards_a_line_says_what_to_pull(params) -> None:
    shutil.rmtree(layout.raw("web"))
    with pytest.raises(UnavailableError, match=r"data/raw/web: .*sees pictures.*run: dvc pull data/raw/web"):
        train.run(params, "r01")


@pytest.mark.slow
def test_labels_may_teach_as_far_as_they_are_believed(params) -> None:
    path = layout.labels("r01") / "labels.parquet"
    one, other, *_ = params.dataset.classes
    split = pl.lit(json.dumps({one: 0.5, other: 0.5}))
    soft = replace(params.model, finetune=replace(params.model.finetune, soft_labels=True))
    ids = []
    for recipe, sure, told in ((params.model, 0.6, split), (soft, 1.0, split), (soft, 0.6, split)):
        doubted = tables.read(path, LABELS).with_columns(confidence=pl.lit(sure), distribution=told)
        tables.write(doubted, path, LABELS)
        train.run(replace(params, model=recipe), "r01")
        ids.append(model_card.read(layout.model("r01"))["model_id"])
    assert ids[0] == ids[1] != ids[2]  # labels alone, unless asked otherwise and there is doubt
