"""silverprint compare: two trained rounds side by side, on a clone as on the author's machine."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.records import CLASS_CHANGES, EVALUATION, LABELS, VOTES, conform
from silverprint.stages import train
from silverprint.store import evaluations, features, tables
from tests.conftest import copy_project
from tests.helpers import model_campaign as campaign

FLIPPED = 24


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two trained rounds; the second one's votes put right FLIPPED labels of the first."""
    folder = tmp_path_factory.mktemp("trained")
    copy_project(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        path = Path("params.yaml")
        path.write_text(path.read_text().replace("members: 5", "members: 2"))
        params = config.load()
        truth = campaign.write_pool(params, noise=1.6)
        for name in ("r01", "r02"):
            labels = campaign.write_labels(params, truth, name, error=0.0)
            if name == "r01":
                wrong(params, labels)
            tables.write(conform(people(name), VOTES), layout.labels(name) / "votes.parquet", VOTES)
            train.run(params, name)
    return folder


def wrong(params, labels):
    """The first FLIPPED training pictures get the class after their own."""
    classes = params.dataset.classes
    after = dict(zip(classes, [*classes[1:], classes[0]], strict=True))
    mine = labels.filter((pl.col("role") == "train") & pl.col("label").is_in(list(classes)))["image_id"].head(FLIPPED)
    chosen = pl.col("image_id").is_in(mine.implode())
    changed = labels.with_columns(
        pl.when(chosen).then(pl.col("label").replace(after)).otherwise("label").alias("label")
    )
    tables.write(changed, layout.labels("r01") / "labels.parquet", LABELS)


def people(name):
    rows = [
        (campaign.image_id(number), name, f"s-{who}", "coat", "valid", 36.0) for number in range(50) for who in "ab"
    ]
    columns = ["image_id", "round", "annotator", "choice", "status", "lead_time_s"]
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.fixture
def rounds(trained, tmp_path, monkeypatch):
    """The working directory is a copy of the trained project."""
    folder = tmp_path / "project"
    shutil.copytree(trained, folder)
    monkeypatch.chdir(folder)
    return folder


def rewrite(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def row(text, title):
    [line] = [line for line in text.splitlines() if line.startswith(f"{title}  ")]
    return re.split(r" {2,}", line.strip())[1:]


@pytest.mark.slow
def test_the_table_has_what_the_rounds_files_say(typed, rounds):
    done = typed("compare", "r01", "r02", cwd=rounds)
    assert done.returncode == 0, done.stderr
    before, after = (json.loads(layout.metrics(name).read_text()) for name in ("r01", "r02"))
    assert row(done.stdout, "labels trained on") == ["39", "79", "+40"]
    accuracy = row(done.stdout, "accuracy")
    for cell, metrics in zip(accuracy, (before, after), strict=False):
        found = metrics["evaluation"]
        low, high = found["accuracy_low"], found["accuracy_high"]
        assert cell == f"{100 * found['accuracy']:.1f} ({100 * low:.1f}-{100 * high:.1f})"
    gain = after["evaluation"]["accuracy"] - before["evaluation"]["accuracy"]
    assert accuracy[2].startswith(f"{100 * gain:+.1f} (")
    assert row(done.stdout, "balanced accuracy")[0].startswith(
        f"{100 * before['evaluation']['balanced_accuracy']:.1f} ("
    )
    assert row(done.stdout, "hours of work") == ["1.00", "1.00"]
    assert row(done.stdout, "cost, EUR") == ["20.00", "20.00"]
    assert "Judged on the 60 evaluation pictures" in done.stdout
    assert re.search(r"r02 against r01: accuracy \S+ \(\S+, \S+\) points, (more than|may be) chance; ", done.stdout)
    every = FLIPPED + 1  # and one that was "not one of these"
    assert f"{every} labels flipped from r01 to r02, {every} of them of pictures to train on" in done.stdout
    assert "add --flips" in done.stdout
    assert typed("compare", cwd=rounds).stdout == done.stdout  # the first and the last trained
    assert typed("compare", "r02", "r01", cwd=rounds).stdout == done.stdout  # in the order of the chain


@pytest.mark.slow
def test_flips_train_with_the_old_labels_and_with_the_new(typed, rounds):
    done = typed("compare", "--flips", cwd=rounds)
    assert done.returncode == 0, done.stderr
    found = re.search(
        r"same 79 pictures, of which (\d+) flipped, a model is (.*) % right with r01's labels and (.*) % with r02's",
        done.stdout,
    )
    assert found is not None
    own = json.loads(layout.metrics("r02").read_text())["evaluation"]["accuracy"]
    assert int(found[1]) == FLIPPED
    assert float(found[3]) == pytest.approx(100 * own, abs=0.06)  # with the new labels it is the round's own model
    assert float(found[2]) < float(found[3])
    shutil.copy(layout.labels("r02") / "labels.parquet", layout.labels("r01") / "labels.parquet")
    again = typed("compare", "--flips", cwd=rounds)
    assert "No label that r01 knew is another one in r02." in again.stdout


def other_backbone(description):
    """The features of every picture as another backbone would see them: the same axes, mixed, with less noise."""
    known = features.Features(layout.EMBED)
    ids, rows = known.image_ids.to_list(), known.matrix(known.image_ids.to_list())
    shutil.rmtree(layout.EMBED)
    features.write_description(layout.EMBED, description)
    features.append(layout.EMBED, ids, [(2.0 * rows[:, ::-1]).astype("float16")])


@pytest.mark.slow
def test_rebuilt_rounds_are_compared_on_the_features_at_hand_beside_those_of_their_time(typed, rounds):
    assert typed("round", "rebuild", cwd=rounds).stderr.count("learnt on the features at hand already") == 2
    own = {name: (layout.model(name) / "card.json").read_bytes() for name in ("r01", "r02")}
    other_backbone(campaign.DESCRIPTION | {"backbone": "other"})
    train.run(config.load(), "r02")  # the newest round's model follows the features
    assert "trained on different features (backbone b -> other)" in (before := typed("compare", cwd=rounds).stdout)
    assert "silverprint round rebuild" in before
    done = typed("round", "rebuild", cwd=rounds)
    assert done.returncode == 0, done.stderr
    assert re.search(r"r01: the model of its time [\d.]+% right, rebuilt on other [\d.]+% right", done.stderr)
    assert (layout.model("r01") / "card.json").read_bytes() == own["r01"]
    after = typed("compare", cwd=rounds).stdout
    assert "Not comparable" not in after
    assert "r01: rebuilt on the features of r02 (silverprint round rebuild)" in after
    rebuilt = evaluations.read(layout.rebuilt("r01"))
    right = 100 * float((rebuilt["label"] == rebuilt["predicted"]).mean())
    assert row(after, "accuracy")[0].startswith(f"{right:.1f} (")
    unknown = typed("round", "rebuild", "r09", cwd=rounds)
    assert (unknown.returncode, "params.yaml has no such round" in unknown.stderr) == (64, True)


def test_other_features_or_classes_are_not_compared(typed, rounds):
    path = layout.model("r01") / "card.json"
    card = json.loads(path.read_text())
    rewrite(path, features=card["features"] | {"size": 224}, params=card["params"] | {"members": 9})
    done = typed("compare", cwd=rounds)
    assert done.returncode == 0, done.stderr
    assert row(done.stdout, "accuracy")[2] == "not comparable"
    assert "trained on different features (size 224 -> 32)" in done.stdout
    assert "r02 was trained otherwise than r01: members 9 -> 2" in done.stdout
    assert "chance" not in done.stdout
    rewrite(path, features=card["features"], classes=[*card["classes"], "hat"])
    assert "know different classes (only r01: hat; only r02: none)" in typed("compare", cwd=rounds).stdout


@pytest.mark.slow
def test_a_page_is_one_file_that_needs_no_other(typed, rounds):
    path = Path("params.yaml")
    path.write_text(path.read_text().replace("title: Which garment is this?", "title: Which <b>garment</b>?"))
    done = typed("compare", "--page", "out/page.html", cwd=rounds)
    assert done.returncode == 0, done.stderr
    page = Path("out/page.html").read_text()
    assert "Which &lt;b&gt;garment&lt;/b&gt;?" in page
    assert "r01 and r02 compared" in page
    assert 'src="data:image/png;base64,' in page
    assert set(re.findall(r'(?:src|href)="([a-z]+):', page)) == {"data"}
    assert row(typed("compare", cwd=rounds).stdout, "accuracy")[0] in page


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["r09"], "round 'r09': params.yaml has no such round"),
        (["r01", "r03"], "round 'r03': it has no model yet; trained: r01, r02"),
        (["r01", "r01"], "round 'r01' alone: it takes two different rounds to compare; trained: r01, r02"),
    ],
)
def test_rounds_that_cannot_be_compared_are_64(typed, rounds, names, said):
    done = typed("compare", *names, cwd=rounds)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert said in done.stderr


def test_nothing_trained_yet_is_64(typed, project):
    done = typed("compare", cwd=project)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert "no trained round" in done.stderr


@pytest.mark.parametrize("gone", [layout.model("r01"), layout.labels("r02")])
def test_what_was_not_pulled_is_69_with_the_command(typed, rounds, gone):
    shutil.rmtree(gone)
    done = typed("compare", cwd=rounds)
    assert (done.returncode, done.stderr.count("\n")) == (69, 1)
    assert f"dvc pull {gone}" in done.stderr


def test_models_without_a_picture_in_common_are_said_to_be_so(typed, rounds):
    path = layout.model("r01") / "evaluation.parquet"
    rows = pl.read_parquet(path)
    rows.head(0).write_parquet(path)
    done = typed("compare", "--page", "page.html", cwd=rounds)
    assert done.returncode == 0, done.stderr
    assert "No evaluation picture was judged by all of these models" in done.stdout
    assert row(done.stdout, "accuracy") == ["-", "-", "-"]


@pytest.mark.slow
def test_a_class_that_was_renamed_between_two_rounds_did_not_flip(typed, rounds):
    """r02 is what a campaign has that renamed coat to cape, and bag by way of coat, after r01."""
    before = typed("compare", "--flips", cwd=rounds)
    now = {"coat": "cape", "bag": "coat"}
    changes = [
        {"at": f"2026-01-0{day}T00:00:00.000000+00:00", "change": "rename", "before": old, "after": new, "why": "x"}
        for day, (old, new) in enumerate(now.items(), start=1)
    ]
    ledger = conform(pl.DataFrame(changes), CLASS_CHANGES)
    tables.write_ledger(ledger, layout.CLASS_CHANGES, CLASS_CHANGES, ["at"])
    path = layout.labels("r02") / "labels.parquet"
    labels = tables.read(path, LABELS)
    told = [
        text and json.dumps({now.get(name, name): share for name, share in json.loads(text).items()})
        for text in labels["distribution"]
    ]
    tables.write(labels.with_columns(pl.col("label").replace(now), pl.Series("distribution", told)), path, LABELS)
    rewrite(layout.labels("r02") / "quality.json", class_changes=[change["at"] for change in changes])
    card = json.loads((layout.model("r02") / "card.json").read_text())
    classes = [now.get(name, name) for name in card["classes"]]
    rewrite(layout.model("r02") / "card.json", classes=classes, class_changes=[change["at"] for change in changes])
    judged = tables.read(layout.model("r02") / "evaluation.parquet", EVALUATION)
    renamed = judged.with_columns(pl.col("label", "predicted").replace(now))
    tables.write(renamed, layout.model("r02") / "evaluation.parquet", EVALUATION)
    parameters = Path("params.yaml")
    text = parameters.read_text()
    parameters.write_text(text.replace("bag", "BAG").replace("coat", "cape").replace("BAG", "coat"))
    after = typed("compare", "--flips", cwd=rounds)
    assert after.returncode == 0, after.stderr
    effect, flipped = r"What that did: .*", r"(\d+ labels) flipped"
    assert re.findall(effect, after.stdout) == re.findall(effect, before.stdout) != []
    assert re.findall(flipped, after.stdout) == re.findall(flipped, before.stdout)
    assert "bag" not in after.stdout
