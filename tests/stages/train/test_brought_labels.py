"""What sources brought teaches the model of a round, where it is good for something."""

import json
from collections.abc import Callable

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import brought_labels
from silverprint.records import BROUGHT, LABELS, conform
from silverprint.stages import train
from silverprint.store import files, model_card, tables
from tests.helpers import model_campaign as campaign

pytestmark = pytest.mark.slow

GOOD = {"low": 0.9, "precision": 0.95, "high": 0.98, "chance": 0.1}
SOURCE = "import:web"


def bring(truth: dict[str, str], say: Callable[[int, str], str], **figures: float) -> pl.DataFrame:
    """Every picture's label by a source, and what is measured of it."""
    labels = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    people = dict(labels.select("image_id", "label").iter_rows())
    rows = [
        {"image_id": name, "annotator": SOURCE, "choice": say(number, truth[name]), "people": people.get(name)}
        for number, name in enumerate(sorted(truth))
    ]
    table = conform(pl.DataFrame(rows, infer_schema_length=None), BROUGHT)
    folder = layout.labels("r01")
    tables.write(table, folder / brought_labels.NAME, BROUGHT)
    files.write_text(folder / "quality.json", json.dumps({"votes_total": 200, "imports": {SOURCE: figures}}))
    return labels


@pytest.fixture
def truth(params) -> dict[str, str]:
    """Of a pool that forty labels do not show well."""
    found = campaign.write_pool(params, noise=2.0)
    campaign.write_labels(params, found, "r01", error=0.0)
    return found


@pytest.fixture
def outputs(params, truth) -> Callable[[], tuple[dict, dict]]:
    def run() -> tuple[dict, dict]:
        train.run(params, "r01")
        return model_card.read(layout.model("r01")), json.loads(layout.metrics("r01").read_text())

    return run


def test_good_labels_of_pictures_that_nobody_was_asked_about_teach(params, truth, outputs) -> None:
    _, alone = outputs()
    labels = bring(truth, lambda _, label: label, **GOOD)
    card, found = outputs()
    asked = set(labels["image_id"])
    taught = card["brought_trained_on"]
    assert taught == sorted(set(truth) - asked)
    assert card["learning"]["brought"] in {"kept", "relabelled"}
    assert found["evaluation"]["accuracy"] >= alone["evaluation"]["accuracy"]
    assert found["brought"]["trained_on"] == len(taught)
    assert found["brought"]["sources"][SOURCE]["precision"] == GOOD["precision"]
    believed = brought_labels.believed("r01")
    held_out = set(labels.filter(pl.col("role") == "evaluation")["image_id"])
    assert set(believed["image_id"]) == {*taught, *held_out}
    assert believed["right"].mean() > 0.8


def test_evaluation_pictures_teach_nothing_by_what_was_brought(params, truth, outputs) -> None:
    labels = bring(truth, lambda _, label: label, **GOOD)
    before, _ = outputs()
    judged = set(labels.filter(pl.col("role") == "evaluation")["image_id"])
    names, classes = sorted(truth), params.dataset.classes

    def wrong_of_judged(number: int, label: str) -> str:
        return classes[(classes.index(label) + 1) % len(classes)] if names[number] in judged else label

    bring(truth, wrong_of_judged, **GOOD)
    after, _ = outputs()
    assert after["model_id"] == before["model_id"]


@pytest.mark.slow
def test_labels_at_chance_teach_nothing_even_where_they_were_measured_well(params, truth, outputs) -> None:
    card, alone = outputs()
    classes = params.dataset.classes
    bring(truth, lambda number, _: classes[(7 * number) % 10], **GOOD)
    found, figures = outputs()
    assert found["learning"]["brought"] == "none"
    assert "brought_trained_on" not in found
    assert found["model_id"] == card["model_id"]
    assert figures["evaluation"] == alone["evaluation"]


@pytest.mark.parametrize("figures", [{}, pytest.param({"low": 0.09, "chance": 0.1}, marks=pytest.mark.slow)])
def test_a_source_that_is_not_surely_better_than_chance_is_not_heard(params, truth, outputs, figures) -> None:
    card, alone = outputs()
    bring(truth, lambda _, label: label, **figures)
    assert outputs() == (card, alone)
    assert not (layout.model("r01") / brought_labels.NAME).exists()


def test_a_withdrawn_picture_whose_brought_label_taught_breaks_the_seal(params, truth, outputs) -> None:
    bring(truth, lambda _, label: label, **GOOD)
    before, _ = outputs()
    campaign.open_round(params, "r02")
    gone = before["brought_trained_on"][0]
    campaign.withdraw(gone)
    after, _ = outputs()
    assert gone not in after["brought_trained_on"]
    assert after["model_id"] != before["model_id"]
