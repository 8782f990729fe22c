import json
from pathlib import Path

import polars as pl
import pytest

from silverprint import layout
from silverprint.demo import truth
from silverprint.demo.audit import Share, audit, released_share, rows
from silverprint.demo.fashion import CLASSES
from silverprint.errors import UnavailableError
from silverprint.records import EVALUATION, LABELS, NONE_OF_THESE, conform
from silverprint.store import files, tables

TRUTH = {f"{number:064x}": CLASSES[number % 10] for number in range(100)} | {"f" * 64: NONE_OF_THESE}
IDS = sorted(TRUTH)
EVALUATED = {"n": 50, "accuracy": 0.8, "accuracy_low": 0.67, "accuracy_high": 0.89}
CONTROL = {"k": 20, "chosen": 0.71, "random": 0.66, "gain": 0.05, "gain_low": -0.01, "gain_high": 0.11}


def finish(name: str, votes: int, wrong: int, alpha: float | None = 0.61, control: object = None) -> None:
    """A finished round whose first `wrong` labels and predictions are not the truth."""
    said = ["bag" if n < wrong and TRUTH[i] != "bag" else TRUTH[i] for n, i in enumerate(IDS)]
    labels = pl.DataFrame({"image_id": [*IDS, "0" * 63 + "x"], "label": [*said, None], "source": "human"})
    folder = layout.labels(name)
    tables.write(conform(labels, LABELS), folder / "labels.parquet", LABELS)
    quality = {"votes_round": 10, "votes_total": votes, "labels_total": 100, "alpha_round": alpha, "unresolved": 1}
    files.write_text(folder / "quality.json", json.dumps(quality))
    predictions = pl.DataFrame({"image_id": IDS, "label": said, "predicted": said})
    tables.write(conform(predictions, EVALUATION), layout.model(name) / "evaluation.parquet", EVALUATION)
    metrics = {"labels": 80, "votes": votes, "evaluation": EVALUATED, "control": control}
    files.write_text(layout.metrics(name), json.dumps(metrics))


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(truth.VARIABLE, raising=False)
    truth.write(TRUTH)
    return tmp_path


def test_rounds_come_in_their_order_with_their_figures(campaign):
    finish("later", 300, wrong=5, control=CONTROL)
    finish("first", 200, wrong=20, alpha=None)
    first, later = rows(TRUTH)
    assert (first.round, first.votes, first.labels, first.alpha, first.control) == ("first", 200, 100, None, None)
    assert (later.round, later.control, later.evaluation) == ("later", CONTROL, EVALUATED)
    assert first.consensus == first.model == Share(101 - 18, 101)  # two of the first twenty are bags
    assert later.consensus == later.model == Share(96, 101)


def test_a_round_that_is_not_finished_is_left_out(campaign):
    finish("r01", 200, wrong=3)
    files.write_text(layout.labels("r02") / "quality.json", "{}")
    assert [row.round for row in rows(TRUTH)] == ["r01"]


def test_the_table_is_printed(campaign, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    finish("r01", 450, wrong=20, alpha=None)
    finish("r02", 650, wrong=5, control=CONTROL)
    audit()
    printed = capsys.readouterr().out
    for word in (
        "r01",
        "450",
        "r02",
        "0.61",
        "80.0%",
        "67–89",
        "20: 71.0% / 66.0%",
        "+5.0 (-1.0 to 11.0)",
        "95.0%",
        "1 of r02's labels say 'not one of these': the report counts the others",
    ):
        assert word in printed
    assert "automatic labels" not in printed


@pytest.mark.parametrize("as_numbers", [True, False])
def test_automatic_labels_are_held_against_the_truth(campaign, as_numbers):
    known = IDS[:10]
    label = [CLASSES.index(TRUTH[i]) if as_numbers else TRUTH[i] for i in known]
    label[0] = label[1]
    folder = layout.RELEASE / "parquet"
    folder.mkdir(parents=True)
    pl.DataFrame({"image_id": known, "label": label}).write_parquet(folder / "silver-00000-of-00001.parquet")
    assert released_share(TRUTH) == Share(9, 10)


def test_it_says_what_the_release_promised_and_what_came_of_it(campaign, capsys):
    finish("r01", 450, wrong=20)
    audit()
    assert "nothing was released yet" in capsys.readouterr().out
    found = {"promised": 0.97, "confidence": 0.95, "audited": 300, "above": 0, "pool": 4_000}
    kept = {"above": 200, "precision": 0.99, "low": 0.9643, "high": 0.9988, "coverage": 0.6}
    layout.QUALITIES.parent.mkdir(parents=True, exist_ok=True)
    for figures, said in (
        (found, "no automatic labels: promised 97.0% right with confidence 0.95, which 300 audited pictures"),
        (found | kept, "measured 99.0% of 200 audited ones (96.4% to 99.9%); they cover 60.0% of 4000 pictures"),
    ):
        layout.QUALITIES.write_text(json.dumps({"automatic": figures}))
        audit()
        assert said in " ".join(capsys.readouterr().out.split())


def test_without_a_finished_round_it_says_what_to_run(campaign):
    with pytest.raises(UnavailableError, match=r"no round is finished yet; run: silverprint repro"):
        audit()


def test_an_output_that_is_not_there_is_named(campaign):
    finish("r01", 450, wrong=20)
    (layout.labels("r01") / "quality.json").unlink()
    with pytest.raises(UnavailableError, match=r"quality\.json.*dvc pull"):
        rows(TRUTH)


@pytest.mark.parametrize(("share", "low", "high"), [(Share(81, 263), 0.2553, 0.3662), (Share(0, 10), 0.0, 0.2775)])
def test_the_interval_is_wilsons(share, low, high):
    """Newcombe 1998 gives 81/263: .2553 to .3662."""
    assert share.interval == pytest.approx((low, high), abs=5e-5)
