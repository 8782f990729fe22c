"""What MLflow holds after a sync: everything, once, from the outputs alone."""

import hashlib
import json
import shutil
import subprocess
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pytest

from silverprint import layout
from silverprint.adapters import tracking
from silverprint.adapters.tracking import tracking_uri
from silverprint.commands import track
from silverprint.core.semisupervised import OMEGAS
from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.records import EVALUATION, LABELS, MANIFEST, empty
from silverprint.stages import train
from silverprint.store import ShardReader, model_card, tables
from tests.helpers.refusing_server import refusing_server

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = pytest.mark.slow  # making MLflow's database alone takes half a minute

ROUNDS = ["r01", "r02", "r03"]


def client() -> "MlflowClient":
    from mlflow import MlflowClient  # two seconds, also where these tests are not run

    uri = tracking_uri.resolve()
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def runs(params) -> dict:
    """Every run by its name; a name met twice fails."""
    mlflow = client()
    experiment = mlflow.get_experiment_by_name(params.dataset.name)
    found = mlflow.search_runs([experiment.experiment_id])
    by_name = {run.info.run_name: run for run in found}
    assert len(by_name) == len(found)
    return by_name


def metrics(name: str) -> dict:
    return json.loads(layout.metrics(name).read_text())


def points(run, key: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in client().get_metric_history(run.info.run_id, key)]


def rewrite(name: str, **evaluation: float) -> dict:
    figures = metrics(name)
    figures["evaluation"] |= evaluation
    layout.metrics(name).write_text(json.dumps(figures))
    return figures


@pytest.fixture
def changed(params, database):
    """A synced project of its own, to be changed."""
    track.sync(params)
    return params


def test_a_round_is_a_run_with_its_figures_and_all_it_was_made_of(synced) -> None:
    run = runs(synced)["r02"]
    figures = metrics("r02")
    shown = run.data.metrics
    assert shown["accuracy"] == figures["evaluation"]["accuracy"]
    assert shown["accuracy_low"] < shown["accuracy"] < shown["accuracy_high"]
    assert {"balanced_accuracy", "ece", "log_loss", "votes", "control/gain_low"} <= shown.keys()
    for name in synced.dataset.classes:
        recall = shown[f"recall/{name}"]
        assert shown[f"recall_low/{name}"] <= recall <= shown[f"recall_high/{name}"]
        assert shown[f"support/{name}"] == figures["per_class"][name]["support"]
    assert run.data.params["round.strategy"] == "auto"
    assert run.data.params["model.omega"] == "auto"
    assert run.data.params["learning.omega"] in OMEGAS
    assert run.data.params["learning.pool"].isdigit()
    assert run.data.params["labels"] == str(figures["labels"])
    assert run.data.tags["silverprint.gate"] == "passed"
    assert run.data.tags["silverprint.model_id"] == figures["model_id"]
    assert run.info.status == "FINISHED"
    [used] = run.inputs.dataset_inputs
    labels = layout.labels("r02") / "labels.parquet"
    assert used.dataset.digest == hashlib.sha256(labels.read_bytes()).hexdigest()[:32]


def test_a_round_shows_confusion_reliability_and_its_hardest_pictures(synced) -> None:
    run = runs(synced)["r03"]
    listed = {item.path: item.file_size for item in client().list_artifacts(run.info.run_id, "figures")}
    names = {"confusion", "reliability", "hardest", "surest-mistakes"}
    assert listed.keys() == {f"figures/{name}.png" for name in names}
    assert all(5_000 < size < 1_000_000 for size in listed.values())


def test_the_weights_of_the_champion_alone_are_uploaded(synced) -> None:
    kept = [path for path in Path("var/mlflow/artifacts").rglob("*") if path.is_file()]
    served = [path for path in kept if "model" in path.parts]
    assert {path.suffix for path in set(kept) - set(served)} == {".png"}
    (described,) = [path for path in served if path.name == "MLmodel"]
    weights = [path for path in kept if path.suffix in {".pt", ".npy", ".safetensors"}]
    assert weights
    assert all(path.is_relative_to(described.parent) for path in weights)
    assert json.loads((weights[0].parent / "served.json").read_text())["round"] == champion(synced)


def test_the_campaigns_metrics_step_by_labels(synced) -> None:
    run = runs(synced)[f"campaign {synced.dataset.campaign}"]
    expected = [(metrics(name)["labels"], metrics(name)["evaluation"]["accuracy"]) for name in ROUNDS]
    assert points(run, "accuracy") == expected
    assert [step for step, _ in points(run, "control/random")] == [step for step, _ in expected]


def predict(name: str, right: int) -> None:
    """The round's model is right about the first `right` evaluation pictures."""
    path = layout.model(name) / "evaluation.parquet"
    rows = tables.read(path, EVALUATION).sort("image_id").with_row_index("number")
    wrong = pl.when(pl.col("label") == "trouser").then(pl.lit("t-shirt")).otherwise(pl.lit("trouser"))
    said = pl.when(pl.col("number") < right).then("label").otherwise(wrong)
    tables.write(rows.with_columns(said.alias("predicted")), path, EVALUATION)


def champion(params) -> str:
    return client().get_model_version_by_alias(params.dataset.name, "best").tags["silverprint.round"]


def test_the_figures_of_labelling_are_shown_and_a_leads_come_first(synced) -> None:
    run = runs(synced)["r02"]
    shown = run.data.metrics
    assert shown["agreement"] == 1.0
    assert (shown["alpha"], shown["gold"], shown["gold_low"], shown["unresolved_share"]) == (0.9, 0.8, 0.5, 0.02)
    assert shown["hours"] == pytest.approx(shown["round_votes"] * 18 / 3600)
    assert shown["cost"] == pytest.approx(synced.people.cost_per_hour * shown["hours"])
    labels = tables.read(layout.labels("r02") / "labels.parquet", LABELS)
    for name in synced.dataset.classes:
        assert shown[f"class_labels/{name}"] == (labels["label"] == name).sum()
    groups = sorted({name.split("/")[0] for name in shown if "/" in name})
    assert groups[0] == "Overview"
    judged = tables.read(layout.model("r02") / "evaluation.parquet", EVALUATION)
    assert shown["source_pictures/web"] == judged.height
    assert shown["source_accuracy/web"] == shown["group_size_accuracy/1"] == pytest.approx(shown["accuracy"], abs=1e-6)
    assert shown["license_accuracy_low/unknown"] <= shown["license_accuracy/unknown"]
    for name in ("accuracy", "balanced_accuracy", "agreement", "gold"):
        assert shown[f"Overview/{name}"] == shown[name]
    curve = points(runs(synced)[f"campaign {synced.dataset.campaign}"], "Overview/gold")
    assert curve == [(metrics(name)["labels"], 0.8) for name in ROUNDS]


def test_the_best_model_moves_only_for_a_gain_that_is_more_than_chance(changed, capsys) -> None:
    n = metrics("r01")["evaluation"]["n"]
    for name, right in zip(ROUNDS, (n - 30, n - 27, n - 3), strict=True):
        predict(name, right)
    track.sync(changed)
    assert champion(changed) == "r03"
    assert f"best is r03: +{100 * 27 / n:.1f} points" in capsys.readouterr().err
    predict("r03", n - 26)  # p = 0.125 of 4 pictures
    track.sync(changed)
    assert champion(changed) == "r01"
    assert "best stays r01: r03's +6.7 points" in capsys.readouterr().err
    shutil.rmtree(layout.model("r02"))
    predict("r03", n)
    track.sync(changed)
    assert champion(changed) == "r01"
    assert "best stays as it is, for the model of r02 is not here: dvc pull" in capsys.readouterr().err


def test_the_best_model_is_registered_beside_its_rounds_figures(synced) -> None:
    best = champion(synced)
    version = client().get_model_version_by_alias(synced.dataset.name, "best")
    assert version.tags["silverprint.model_id"] == metrics(best)["model_id"]
    assert version.tags["dvc.path"] == f"data/rounds/{best}/model"
    run = runs(synced)[best].info
    assert (version.run_id, version.source) == (run.run_id, f"{run.artifact_uri}/model")


def test_the_registered_model_answers_files_as_the_pipeline_does(synced) -> None:
    from silverprint.model.round_model import opened

    best = champion(synced)
    kept = tables.read(layout.MANIFEST, MANIFEST).filter("kept")["image_id"].sort().to_list()[:9]
    expected = opened(layout.model(best), model_card.read(layout.model(best)), synced).predict(kept).mean(axis=0)
    stored = dict(ShardReader([layout.raw(source) for source in synced.sources]).read(kept))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's, of its own type hints
        from mlflow import pyfunc, set_tracking_uri
    set_tracking_uri(tracking_uri.resolve())
    model = pyfunc.load_model(f"models:/{synced.dataset.name}@best")
    set_tracking_uri(None)
    found = model.predict(pd.DataFrame({"image": [stored[name] for name in kept]}))
    assert found["class"].to_list() == [synced.dataset.classes[place] for place in expected.argmax(axis=1)]
    rows = np.array([[said[name] for name in synced.dataset.classes] for said in found["probabilities"]])
    assert rows == pytest.approx(expected, abs=1e-3)  # features are stored in half precision, whatever the batch was
    assert "trained_on" not in model._model_impl.classifier.card  # it would name what may be withdrawn


def test_syncing_again_changes_nothing_and_takes_no_time(synced) -> None:
    before = {name: (run.info.run_id, run.info.end_time) for name, run in runs(synced).items()}
    began = time.monotonic()
    track.sync(synced)
    assert time.monotonic() - began < 5
    assert {name: (run.info.run_id, run.info.end_time) for name, run in runs(synced).items()} == before
    assert len(client().search_model_versions(f"name = '{synced.dataset.name}'")) == 1


def test_a_round_that_was_trained_again_is_updated_not_repeated(changed) -> None:
    run_id = runs(changed)["r03"].info.run_id
    rewrite("r03", accuracy=0.99)
    track.sync(changed)
    run = runs(changed)["r03"]
    assert run.info.run_id == run_id
    assert run.data.metrics["accuracy"] == 0.99
    curve = points(runs(changed)[f"campaign {changed.dataset.campaign}"], "accuracy")
    assert curve[-1] == (metrics("r03")["labels"], 0.99)
    assert len(curve) == 3


def test_a_round_that_lost_labels_leaves_no_old_point_behind(changed) -> None:
    figures = metrics("r02") | {"labels": 50}
    layout.metrics("r02").write_text(json.dumps(figures))
    track.sync(changed)
    assert runs(changed)["r02"].data.params["labels"] == "50"
    curve = points(runs(changed)[f"campaign {changed.dataset.campaign}"], "accuracy")
    assert [step for step, _ in curve] == [metrics("r01")["labels"], 50, metrics("r03")["labels"]]


def test_another_campaign_on_the_same_dataset_has_runs_of_its_own(changed) -> None:
    other = replace(changed, dataset=replace(changed.dataset, campaign="second"))
    track.sync(other)
    mlflow = client()
    experiment = mlflow.get_experiment_by_name(changed.dataset.name).experiment_id
    assert len(mlflow.search_runs([experiment])) == 8


def test_a_clone_without_models_and_pictures_shows_the_figures_it_has(params, database, capsys) -> None:
    for name in ROUNDS:
        shutil.rmtree(layout.model(name))
        shutil.rmtree(layout.labels(name))
    shutil.rmtree("data/raw")
    track.sync(params)
    run = runs(params)["r02"]
    assert run.data.metrics["accuracy"] == metrics("r02")["evaluation"]["accuracy"]
    assert run.inputs.dataset_inputs == []
    assert capsys.readouterr().err.count("has no figures, for its model is not here: dvc pull") == 3
    assert not client().search_registered_models()


def test_without_pictures_the_other_figures_are_there(params, database, capsys) -> None:
    shutil.rmtree("data/raw")
    track.sync(params)
    listed = [item.path for item in client().list_artifacts(runs(params)["r01"].info.run_id, "figures")]
    assert sorted(listed) == ["figures/confusion.png", "figures/reliability.png"]
    assert "without sheets of the hardest pictures, for data/raw/web is not here" in capsys.readouterr().err


def test_what_was_pulled_later_is_shown_by_the_next_sync(params, database) -> None:
    shutil.move(layout.model("r01"), "aside")
    track.sync(params)
    assert not client().list_artifacts(runs(params)["r01"].info.run_id)
    shutil.move("aside", layout.model("r01"))
    track.sync(params)
    assert client().list_artifacts(runs(params)["r01"].info.run_id, "figures")


def test_the_state_of_dvc_is_shown_only_where_it_is_of_these_figures(params, database) -> None:
    md5 = hashlib.md5(layout.metrics("r01").read_bytes()).hexdigest()  # noqa: S324 (it is DVC's)
    lines = ["stages:"]
    for name, known in (("r01", md5), ("r02", "of an earlier run")):
        lines += [f"  train@{name}:", "    outs:", f"    - path: data/rounds/{name}/model", f"      md5: m{name}.dir"]
        lines += [f"    - path: data/rounds/{name}/metrics.json", f"      md5: {known}"]
    layout.LOCK.write_text("\n".join(lines) + "\n")
    track.sync(params)
    found = runs(params)
    assert found["r01"].data.tags["dvc.data/rounds/r01/model"] == "mr01.dir"
    assert not [tag for tag in found["r02"].data.tags if tag.startswith("dvc.")]


def test_the_commit_that_carries_the_figures_is_shown(params, database) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
        return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", str(layout.metrics("r01")))
    git("commit", "-qm", "r01")
    first = git("rev-parse", "HEAD")
    git("commit", "-qm", "later", "--allow-empty")
    track.sync(params)
    assert runs(params)["r01"].data.tags["mlflow.source.git.commit"] == first
    assert runs(params)["r02"].data.tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")


def test_a_round_without_evaluation_or_control_is_shown_too(params, database) -> None:
    figures = metrics("r01")
    figures["evaluation"] = {"n": 0} | dict.fromkeys(list(figures["evaluation"])[1:])
    layout.metrics("r01").write_text(json.dumps(figures | {"per_class": {}, "control": None}))
    tables.write(empty(EVALUATION), layout.model("r01") / "evaluation.parquet", EVALUATION)
    track.sync(params)
    assert "accuracy" not in runs(params)["r01"].data.metrics
    assert len(points(runs(params)[f"campaign {params.dataset.campaign}"], "accuracy")) == 2


def test_nothing_trained_yet_is_said(params, database, capsys) -> None:
    for name in ROUNDS:
        layout.metrics(name).unlink()
    track.sync(params)
    assert "no round is trained yet" in capsys.readouterr().err


def test_training_shows_its_round_at_once(params, database, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri.resolve())
    train.run(params, "r01")
    assert runs(params).keys() == {"r01", f"campaign {params.dataset.campaign}"}


def test_training_without_mlflow_says_nothing_of_it(params, capsys) -> None:
    train.run(params, "r01")
    assert "MLflow" not in capsys.readouterr().err
    assert not layout.TRACKING.exists()


def test_damaged_figures_are_named_with_their_remedy(params, database) -> None:
    layout.metrics("r02").write_text("{")
    with pytest.raises(DataError, match=r"git checkout data/rounds/r02/metrics.json"):
        track.sync(params)


def test_an_address_that_does_not_answer_fails_fast(params, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(UnavailableError, match=r"http://127\.0\.0\.1:9: is not reachable; .*track up") as caught:
        track.sync(params)
    assert caught.value.exit_code == 69
    assert time.monotonic() - began < 8


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [(401, NotAllowedError, 77), (403, NotAllowedError, 77), (500, UnavailableError, 69)],
)
def test_a_server_that_refuses_or_fails_is_told_in_our_words(params, monkeypatch, status, error, code) -> None:
    with refusing_server(status) as url:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        with pytest.raises(error, match="MLflow at") as caught:
            track.sync(params)
    assert caught.value.exit_code == code


def test_a_server_that_fails_costs_a_trained_round_nothing(params, monkeypatch, capsys) -> None:
    with refusing_server(500) as url:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        tracking.after_round(params, "r01")
    assert capsys.readouterr().err.count("later: silverprint track sync") >= 1


def test_a_database_that_is_none_is_told_in_our_words(params) -> None:
    layout.TRACKING.mkdir(parents=True)
    (layout.TRACKING / "mlflow.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(UnavailableError, match="not a usable database"):
        track.sync(params)


def test_a_server_that_is_down_leaves_its_database(params, database) -> None:
    (layout.TRACKING / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:9"}))
    assert tracking_uri.resolve() == f"sqlite:///{database.resolve()}"
    track.sync(params)
    assert len(runs(params)) == 4
