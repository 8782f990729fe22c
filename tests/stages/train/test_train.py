"""start, score and train on a small campaign whose features know the class."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core import half_precision
from silverprint.core.features import block_weights
from silverprint.core.semisupervised import OMEGAS
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.records import (
    EVALUATION,
    HELD_OUT,
    LABELS,
    MANIFEST,
    NONE_OF_THESE,
    QUEUE,
    SCORES,
    STOP_SET,
    UNHEARD,
    VOTES,
    conform,
)
from silverprint.stages import score, start, train
from silverprint.store import files, tables
from tests.helpers import model_campaign as campaign


def metrics(name: str) -> dict:
    return json.loads(layout.metrics(name).read_text())


def card(name: str) -> dict:
    return json.loads((layout.model(name) / "card.json").read_text())


def outputs(name: str) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in layout.model(name).iterdir()}
    return files | {"metrics": layout.metrics(name).read_bytes()}


def with_omega(params, omega: str):
    return replace(params, model=replace(params.model, omega=omega))


def gone_pool() -> None:
    manifest = tables.read(layout.MANIFEST, MANIFEST).with_columns(kept=pl.lit(False), reason=pl.lit("too-small"))
    tables.write(manifest, layout.MANIFEST, MANIFEST)


def test_the_start_has_no_labels_no_votes_and_no_model(params) -> None:
    labels = layout.labels("start")
    assert tables.read(labels / "labels.parquet", LABELS).is_empty()
    assert tables.read(labels / "votes.parquet", VOTES).is_empty()
    assert json.loads((labels / "quality.json").read_text())["votes_total"] == 0
    assert card("start") == {"model_id": None}
    before = (labels / "labels.parquet").read_bytes()
    start.run(params)
    assert (labels / "labels.parquet").read_bytes() == before


def test_without_a_model_every_kept_picture_has_a_row_and_no_prediction(params, truth) -> None:
    score.run(params, "r01")
    scores = tables.read(layout.score("r01") / "scores.parquet", SCORES)
    assert scores["image_id"].to_list() == sorted(truth)
    assert scores.drop("image_id").null_count().row(0) == (len(truth),) * 3
    assert not (layout.score("r01") / "probabilities.npy").exists()


@pytest.mark.slow
def test_the_previous_rounds_model_scores_the_pool(params, truth, trained) -> None:
    score.run(params, "r02")
    scores = tables.read(layout.score("r02") / "scores.parquet", SCORES)
    stored = np.load(layout.score("r02") / "probabilities.npy")
    assert stored.shape == (3, len(truth), 10)
    assert stored.dtype == np.float16
    probabilities = half_precision.from_half(stored)
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-5)
    assert scores["model_id"].unique().to_list() == [metrics("r01")["model_id"]]
    mean = probabilities.mean(axis=0)
    assert scores["predicted"].to_list() == [params.dataset.classes[index] for index in mean.argmax(axis=1)]
    np.testing.assert_allclose(scores["confidence"], mean.max(axis=1), atol=1e-6)
    right = [truth[name] == said for name, said in scores.select("image_id", "predicted").iter_rows()]
    assert np.mean(right) > 0.8


def test_scores_of_an_open_round_stay_as_they_are(params, truth) -> None:
    score.run(params, "r01")
    before = (layout.score("r01") / "scores.parquet").read_bytes()
    campaign.open_round(params, "r01")
    gone_pool()
    score.run(params, "r01")
    assert (layout.score("r01") / "scores.parquet").read_bytes() == before


def test_scoring_again_gives_the_same_bytes(params, trained) -> None:
    score.run(params, "r02")
    first = {path.name: path.read_bytes() for path in layout.score("r02").iterdir()}
    score.run(params, "r02")
    assert {path.name: path.read_bytes() for path in layout.score("r02").iterdir()} == first


def test_an_empty_pool_stops_with_its_remedy(params, truth) -> None:
    gone_pool()
    with pytest.raises(DataError, match="add a source") as caught:
        score.run(params, "r01")
    assert caught.value.exit_code == 65


def test_other_features_or_classes_than_the_models_are_refused(params, trained) -> None:
    renamed = replace(params.dataset, classes=(*params.dataset.classes[:-1], "boot"))
    with pytest.raises(ConfigError, match="boot"):
        score.run(replace(params, dataset=renamed), "r02")
    layout.EMBED.joinpath("embed.json").write_text(json.dumps(campaign.DESCRIPTION | {"size": 64}))
    with pytest.raises(ConfigError, match="size = 32"):
        score.run(params, "r02")


def test_a_round_is_trained_and_judged(params, trained) -> None:
    found = metrics("r01")
    assert found["labels"] == campaign.BUDGET - 1  # one is none of the classes
    assert found["votes"] == 2 * (campaign.BUDGET + campaign.EVALUATION)
    assert found["model_id"] == card("r01")["model_id"]
    assert found["model_id"].startswith("r01-")
    assert found["features"] == block_weights.describe(card("r01")["block_weights"])
    judged = found["evaluation"]
    assert judged["n"] == campaign.EVALUATION
    assert judged["accuracy_low"] < judged["accuracy"] < judged["accuracy_high"]
    assert judged["accuracy"] > 0.6
    assert set(found["per_class"]) == set(params.dataset.classes)
    rows = tables.read(layout.model("r01") / "evaluation.parquet", EVALUATION)
    assert (rows["label"] == rows["predicted"]).mean() == pytest.approx(judged["accuracy"], abs=1e-6)
    assert not set(rows["image_id"]) & set(card("r01")["trained_on"])


@pytest.mark.slow
def test_evaluation_pictures_from_strata_count_for_what_they_stand_for(params, truth, trained) -> None:
    before = metrics("r01")
    judged = ledgers.read(layout.queue("r01")).with_columns(weight=pl.when(pl.col("role") == "evaluation").then(2.0))
    files.write_bytes(layout.queue("r01"), ledgers.queue_bytes(judged))
    train.run(params, "r01")
    assert metrics("r01") == before  # equal chances are none

    chances = pl.when(pl.col("rank") % 3 == 0).then(20.0).otherwise(2.0)
    judged = judged.with_columns(weight=pl.when(pl.col("role") == "evaluation").then(chances))
    files.write_bytes(layout.queue("r01"), ledgers.queue_bytes(judged))
    train.run(params, "r01")
    rows = tables.read(layout.model("r01") / "evaluation.parquet", EVALUATION)
    assert set(rows["weight"]) == {2.0, 20.0}
    right = (rows["label"] == rows["predicted"]).to_numpy()
    found = metrics("r01")["evaluation"]
    assert found["accuracy"] == pytest.approx(np.average(right, weights=rows["weight"]), abs=1e-6)
    assert found["accuracy"] != before["evaluation"]["accuracy"]
    assert metrics("r01")["per_class"] != before["per_class"]
    assert metrics("r01")["control"]["gain"] != before["control"]["gain"]


def test_beside_the_model_lies_what_it_says_of_the_pool_and_of_its_own_examples_unseen(params, truth, trained) -> None:
    stop = tables.read(layout.model("r01") / "stop-set.parquet", STOP_SET)
    asked = tables.read(layout.labels("r01") / "labels.parquet", LABELS)["image_id"]
    assert set(stop["image_id"]) == set(truth) - set(asked)
    assert np.mean([truth[name] == said for name, said in stop.rows()]) > 0.6
    held = tables.read(layout.model("r01") / "held-out.parquet", HELD_OUT)
    assert held["image_id"].to_list() == card("r01")["trained_on"]
    said = np.array(held["probabilities"].to_list())
    assert said.shape == (campaign.BUDGET - 1, 10)
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_what_the_pool_taught_stands_on_the_card(params, truth, trained) -> None:
    assert card("r01")["learning"]["omega"] == "none"
    without_pool = metrics("r01")["model_id"]
    train.run(with_omega(params, "auto"), "r01")
    learning = card("r01")["learning"]
    asked = tables.read(layout.labels("r01") / "labels.parquet", LABELS)["image_id"]
    assert learning["pool"] == len(truth) - len(asked)
    assert learning["omega"] in OMEGAS
    assert {one["omega"].split()[0] for one in learning["tried"]} == {"graph", "entropy", "none"}
    assert card("r01")["params"] == {"members": 3, "omega": "auto", "seed": params.seed}
    assert metrics("r01")["model_id"] != without_pool


@pytest.mark.slow
def test_withdrawn_pictures_teach_nothing(params, truth) -> None:
    asked = tables.read(layout.labels("r01") / "labels.parquet", LABELS)["image_id"]
    taken = sorted(set(truth) - set(asked))[:7]
    campaign.withdraw(*taken)
    train.run(with_omega(params, "graph"), "r01")
    assert card("r01")["learning"]["pool"] == len(truth) - len(asked) - 7


@pytest.mark.slow
def test_without_an_unlabelled_picture_labels_alone_teach(params, truth) -> None:
    gone_pool()
    train.run(with_omega(params, "auto"), "r01")
    assert card("r01")["learning"]["omega"] == "none"
    assert card("r01")["learning"]["pool"] == 0


@pytest.mark.slow
def test_what_a_person_picked_is_no_choice_of_the_strategy(params, truth) -> None:
    queue = tables.read_ledger(layout.queue("r01"), QUEUE)
    usable = tables.read(layout.labels("r01") / "labels.parquet", LABELS).filter(pl.col("label") != NONE_OF_THESE)
    chosen = queue.filter(pl.col("role") == "train").join(usable, on="image_id", how="semi")["image_id"]
    few = pl.col("image_id").is_in(chosen[:4].implode())
    by_hand = pl.when((pl.col("role") == "train") & ~few).then(pl.lit("include")).otherwise("strategy")
    tables.write_ledger(queue.with_columns(strategy=by_hand), layout.queue("r01"), QUEUE, ["image_id"])
    train.run(params, "r01")
    assert metrics("r01")["control"]["k"] == 4
    assert metrics("r01")["labels"] == campaign.BUDGET - 1


@pytest.mark.slow
@pytest.mark.parametrize("omega", ["none", pytest.param("auto", marks=pytest.mark.slow)])
def test_training_again_gives_the_same_bytes(params, trained, omega) -> None:
    if omega != "none":
        train.run(with_omega(params, omega), "r01")
    first = outputs("r01")
    train.run(with_omega(params, omega), "r01")
    assert outputs("r01") == first


@pytest.mark.slow
def test_the_control_compares_equally_many_labels(params, truth, trained) -> None:
    alone = metrics("r01")["control"]
    assert alone["k"] == campaign.CONTROL
    campaign.write_labels(params, truth, "r02")
    train.run(params, "r02")
    found = metrics("r02")["control"]
    assert found["k"] == campaign.CONTROL
    assert found["gain"] == pytest.approx(found["chosen"] - found["random"], abs=2e-6)
    assert found["gain_low"] <= found["gain"] <= found["gain_high"]
    assert found["random"] > alone["random"]  # it stands on the first round's labels
    # All labels here are random: the interval must say so.
    assert found["gain_low"] <= 0 <= found["gain_high"]


def test_without_control_labels_there_is_no_comparison(params, truth) -> None:
    path = layout.labels("r01") / "labels.parquet"
    labels = tables.read(path, LABELS).with_columns(role=pl.col("role").replace("control", "train"))
    tables.write(labels, path, LABELS)
    train.run(params, "r01")
    assert metrics("r01")["control"] is None


def test_without_evaluation_labels_there_is_a_model_and_no_figure(params, truth) -> None:
    path = layout.labels("r01") / "labels.parquet"
    tables.write(tables.read(path, LABELS).filter(pl.col("role") != "evaluation"), path, LABELS)
    train.run(params, "r01")
    assert metrics("r01")["evaluation"] == {
        "n": 0, "accuracy": None, "accuracy_low": None, "accuracy_high": None,
        "balanced_accuracy": None, "balanced_accuracy_low": None, "balanced_accuracy_high": None,
        "macro_f1": None, "macro_f1_low": None, "macro_f1_high": None, "ece": None, "log_loss": None,
    }  # fmt: skip
    assert tables.read(layout.model("r01") / "evaluation.parquet", EVALUATION).is_empty()


@pytest.mark.slow
def test_what_binds_leaves_training_and_what_a_threshold_rejects_stays(params, truth) -> None:
    labels = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    usable = labels.filter((pl.col("role") != "evaluation") & pl.col("label").is_in(list(params.dataset.classes)))
    rejected, unlicensed, taken, straddling, *_ = usable["image_id"].to_list()
    judged = labels.filter(pl.col("role") == "evaluation")["image_id"][0]
    campaign.write_manifest(
        list(truth),
        reasons={rejected: "too-small", unlicensed: "license-unknown"},
        groups={straddling: 9999, judged: 9999},
    )
    campaign.withdraw(taken)
    train.run(params, "r01")
    trained = set(card("r01")["trained_on"])
    assert rejected in trained
    assert not {unlicensed, taken, straddling} & trained
    assert len(trained) == usable.height - 3


@pytest.mark.slow
def test_a_sealed_model_stays_until_a_withdrawal_breaks_the_seal(params, trained) -> None:
    sealed = outputs("r01")
    campaign.open_round(params, "r02")
    changed = replace(params, seed=params.seed + 1)
    train.run(changed, "r01")
    assert outputs("r01") == sealed

    judged = tables.read(layout.model("r01") / "evaluation.parquet", EVALUATION)["image_id"][0]
    campaign.withdraw(judged)
    train.run(changed, "r01")
    assert outputs("r01")["head.pt"] == sealed["head.pt"]
    assert outputs("r01")["held-out.parquet"] == sealed["held-out.parquet"]
    assert metrics("r01")["evaluation"]["n"] == campaign.EVALUATION - 1

    taken = card("r01")["trained_on"][0]
    campaign.withdraw(judged, taken)
    train.run(changed, "r01")
    assert taken not in card("r01")["trained_on"]
    before = json.loads(sealed["metrics"])
    assert metrics("r01")["model_id"] != before["model_id"]
    history = metrics("r01")["replaced"]
    assert [(one["model_id"], one["labels"], one["n"]) for one in history] == [
        (before["model_id"], before["labels"], campaign.EVALUATION),
        (before["model_id"], before["labels"], campaign.EVALUATION - 1),
    ]
    assert "replaced" not in before
    again = outputs("r01")
    train.run(params, "r01")
    assert outputs("r01") == again


@pytest.mark.slow
@pytest.mark.parametrize(
    "classes",
    [lambda names: tuple(reversed(names)), lambda names: ("hat", *names)],
    ids=["another order", "one more in front"],
)
def test_a_kept_model_is_judged_by_the_classes_that_it_was_trained_with(params, trained, classes) -> None:
    campaign.open_round(params, "r02")
    campaign.withdraw(tables.read(layout.model("r01") / "evaluation.parquet", EVALUATION)["image_id"][0])
    train.run(params, "r01")
    as_it_was = outputs("r01")
    train.run(replace(params, dataset=replace(params.dataset, classes=classes(params.dataset.classes))), "r01")
    again = outputs("r01")
    assert {name: again[name] for name in ("head.pt", "card.json")} == {
        name: as_it_was[name] for name in ("head.pt", "card.json")
    }
    assert again["evaluation.parquet"] == as_it_was["evaluation.parquet"]
    assert json.loads(again["metrics"])["per_class"] == json.loads(as_it_was["metrics"])["per_class"]


@pytest.mark.slow
def test_classes_in_another_order_are_the_same_classes(params, truth, trained) -> None:
    """Nothing but a model's outputs goes by the place of a class, and a model is trained again or refused."""
    before = metrics("r01")["evaluation"]["accuracy"]
    other = replace(params, dataset=replace(params.dataset, classes=tuple(reversed(params.dataset.classes))))
    with pytest.raises(ConfigError, match=r"dataset\.classes"):
        score.run(other, "r02")
    train.run(other, "r01")
    assert metrics("r01")["evaluation"]["accuracy"] == pytest.approx(before, abs=0.1)
    score.run(other, "r02")
    scores = tables.read(layout.score("r02") / "scores.parquet", SCORES)
    right = [truth[name] == said for name, said in scores.select("image_id", "predicted").iter_rows()]
    assert np.mean(right) > 0.8


def test_sealed_figures_that_are_gone_are_in_git(params, trained) -> None:
    campaign.open_round(params, "r02")
    layout.metrics("r01").unlink()
    with pytest.raises(UnavailableError, match="git checkout"):
        train.run(params, "r01")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        ({"passed": True, "waived": []}, True),
        ({"passed": False, "waived": ["expect_x"]}, True),
        ({"passed": False, "waived": []}, False),
    ],
)
def test_only_labels_that_passed_or_were_waived_are_trained_on(params, truth, gate, passes) -> None:
    layout.gate("r01").write_text(json.dumps(gate))
    if passes:
        train.run(params, "r01")
        return
    with pytest.raises(DataError, match="round reopen"):
        train.run(params, "r01")
    assert not layout.model("r01").exists()


@pytest.mark.parametrize(("text", "error"), [(None, UnavailableError), ("{", DataError), ("[]", DataError)])
def test_a_gate_that_is_missing_or_damaged_says_what_to_run(params, truth, text, error) -> None:
    layout.gate("r01").unlink()
    if text is not None:
        layout.gate("r01").write_text(text)
    with pytest.raises(error, match="silverprint repro gate@r01"):
        train.run(params, "r01")


@pytest.mark.parametrize("classes", [0, 1])
def test_too_few_classes_stop_it_with_a_remedy(params, truth, classes) -> None:
    path = layout.labels("r01") / "labels.parquet"
    labels = tables.read(path, LABELS)
    one = pl.col("label") == params.dataset.classes[0]
    tables.write(labels.filter((pl.col("role") == "evaluation") | (one & bool(classes))), path, LABELS)
    with pytest.raises(DataError, match="at least two classes"):
        train.run(params, "r01")


def test_two_labels_of_two_classes_are_enough(params, truth) -> None:
    path = layout.labels("r01") / "labels.parquet"
    labels = tables.read(path, LABELS)
    training = labels.filter(pl.col("role") == "train").unique("label", maintain_order=True).head(2)
    tables.write(pl.concat([labels.filter(pl.col("role") == "evaluation"), training]), path, LABELS)
    train.run(params, "r01")
    assert metrics("r01")["labels"] == 2


@pytest.mark.parametrize(("stage", "output"), [(train, "model"), (score, "score")])
def test_an_output_that_was_not_pulled_is_not_started_from_nothing(params, truth, stage, output) -> None:
    path = f"data/rounds/r01/{output}"
    layout.LOCK.write_text(f"stages:\n  x:\n    outs:\n    - path: {path}\n      md5: x.dir\n")
    with pytest.raises(UnavailableError, match=f"dvc pull {path}"):
        stage.run(params, "r01")


@pytest.mark.slow
def test_an_mlflow_that_is_down_costs_the_round_nothing(params, truth, monkeypatch, capsys) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    train.run(params, "r01")
    assert metrics("r01")["round"] == "r01"
    said = [line for line in capsys.readouterr().err.splitlines() if "MLflow" in line]
    later = "the round is complete; later: silverprint track sync"
    assert said == [f"MLflow at http://127.0.0.1:9 is not reachable; {later}"]


@pytest.mark.slow
@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("omega", ["none", pytest.param("auto", marks=pytest.mark.slow)])
def test_what_is_learnt_is_judged_by_labels_in_which_no_model_spoke(params, truth, omega) -> None:
    params = with_omega(params, omega)
    if omega != "none":
        train.run(params, "r01")
    labels = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    chosen = labels.filter(role="train")["image_id"]
    wrong = {name: next(one for one in params.dataset.classes if one != truth[name]) for name in chosen}
    before = card("r01")["learning"]
    told = pl.DataFrame({"image_id": list(wrong), "label": list(wrong.values())})
    tables.write(conform(told, UNHEARD), layout.labels("r01") / "unheard.parquet", UNHEARD)
    train.run(params, "r01")
    after = card("r01")["learning"]
    assert after["temperature"] > before["temperature"], "by what no model said, the head is often wrong"
    alone = {one["omega"]: one["brier"] for one in before["tried"]}
    both = {one["omega"]: one["brier"] for one in after["tried"] if one["omega"] in alone}
    assert both.keys() >= ({"none", "entropy halfway"} if omega == "auto" else set())
    assert all(brier > alone[name] for name, brier in both.items())
