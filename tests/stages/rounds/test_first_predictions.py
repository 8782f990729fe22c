"""A classifier that was there before the first round: its predictions, and what becomes of them."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import known_names, ledgers, model_voices
from silverprint.config import Params, TableClassifier, ZeroShotClassifier
from silverprint.core import half_precision
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.records import LABELS, RAW, SCORES, VOICES, conform
from silverprint.stages import check, labels, queue, score, start, train
from silverprint.store import tables
from tests.helpers import round_campaign as campaign

POOL = 60
UNSAID = range(50, POOL)  # pictures of which the classifier says nothing


def truth(params: Params, number: int) -> str:
    return params.dataset.classes[number % 3]


def said(params: Params, number: int) -> str:
    """Right of three in four."""
    return truth(params, number if number % 4 else number + 1)


def write_raw(params: Params) -> None:
    """Each picture has two addresses."""
    rows = [
        {"image_id": campaign.image_id(n), "outcome": outcome, "url": f"http://{host}/{n}.jpg"}
        for n in range(POOL + 2)
        for outcome, host in (("stored", "a"), ("duplicate", "b"))
    ]
    for source in params.sources:
        mine = rows if source == "web" else []
        tables.write(conform(pl.DataFrame(mine, RAW), RAW), layout.raw(source) / "part-00000.parquet", RAW)


def with_table(params: Params, rows: list[tuple[str, str, float]], header: str = "picture,class,confidence") -> Params:
    path = Path("shop.csv")
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    shop = TableClassifier(kind="table", path=str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    return replace(params, classifiers={"shop": shop})


@pytest.fixture
def shop(params: Params) -> Params:
    """A campaign whose first round has a classifier, and asks by margin."""
    write_raw(params)
    first = replace(params.rounds["r01"], strategy="margin", show_predictions=True, budget=30)
    params = replace(params, rounds=params.rounds | {"r01": first})
    rows = [(campaign.image_id(n), said(params, n), 0.9 if n % 2 else 0.4) for n in range(POOL) if n not in UNSAID]
    return with_table(params, rows)


def scores(name: str) -> pl.DataFrame:
    return tables.read(layout.score(name) / "scores.parquet", SCORES)


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def card() -> dict:
    return json.loads((layout.model("start") / "card.json").read_text())


def begin(params: Params) -> None:
    start.run(params)
    score.run(params, "r01")
    queue.run(params, "r01")


@pytest.mark.slow
def test_the_first_round_has_the_classifiers_predictions_and_chooses_by_them(shop: Params, capsys) -> None:
    known_names.check(shop)
    begin(shop)
    assert "start: shop predicts 50 of 60 kept pictures; of no picture it says dress, coat" in capsys.readouterr().err
    rows = {row["image_id"]: row for row in scores("r01").to_dicts()}
    stored = half_precision.from_half(np.load(layout.score("r01") / "probabilities.npy"))
    assert stored.shape == (1, POOL, 10)
    for place, (name, row) in enumerate(sorted(rows.items())):
        number = next(n for n in range(POOL) if campaign.image_id(n) == name)
        if number in UNSAID:
            assert (row["predicted"], row["confidence"], row["model_id"]) == (None, None, None)
            np.testing.assert_allclose(stored[0, place], 0.1, atol=1e-3)
        else:
            assert row["predicted"] == said(shop, number)
            assert row["confidence"] == pytest.approx(0.9 if number % 2 else 0.4, abs=1e-3)
            assert row["model_id"] == card()["model_id"]
    asked = ledgers.queue("r01")
    chosen = asked.filter(role="train")
    assert set(chosen["image_id"]) <= {campaign.image_id(n) for n in range(POOL) if n in UNSAID or not n % 2}
    shown = asked.filter("show_prediction")
    assert shown.height
    assert shown["predicted"].is_not_null().all()
    assert not set(shown["role"]) & {"evaluation", "audit"}
    told = dict(chosen.select("image_id", "why").iter_rows())
    for name, why in told.items():
        assert ("the model" in why) == (rows[name]["predicted"] is not None)


@pytest.mark.slow
def test_it_is_measured_on_the_evaluation_pictures_and_is_no_voice_about_them(shop: Params, capsys) -> None:
    shop = replace(shop, rounds=shop.rounds | {"r01": replace(shop.rounds["r01"], show_predictions=False)})
    begin(shop)
    numbers = {campaign.image_id(n): n for n in range(POOL)}
    by_rank = {row["rank"]: truth(shop, numbers[row["image_id"]]) for row in ledgers.queue("r01").to_dicts()}
    campaign.answer(shop, "r01", lambda rank, _: by_rank[rank])
    labels.run(shop, "r01")
    asked = dict(ledgers.queue("r01").select("image_id", "role").iter_rows())
    voices = tables.read(layout.labels("r01") / model_voices.NAME, VOICES)["image_id"]
    assert {asked[name] for name in voices} == {"train"}
    assert not set(voices) & {campaign.image_id(n) for n in UNSAID}
    layout.gate("r01").write_text(json.dumps({"passed": True, "waived": []}))
    train.run(shop, "r01")
    known = tables.read(layout.labels("r01") / "labels.parquet", LABELS).filter(role="evaluation")
    judged = [numbers[name] for name in known["image_id"]]
    right = [said(shop, n) == truth(shop, n) for n in judged if n not in UNSAID]
    found = json.loads(layout.metrics("r01").read_text())["classifier"]
    assert (found["model_id"], found["pictures"], found["n"]) == (card()["model_id"], len(judged), len(right))
    assert found["accuracy"] == pytest.approx(np.mean(right), abs=1e-6)
    assert found["accuracy_low"] < found["accuracy"] < found["accuracy_high"]
    assert f"right on {len(right)} of {len(judged)} pictures" in capsys.readouterr().err


@pytest.mark.slow
def test_a_campaign_without_one_is_as_it_was(params: Params) -> None:
    start.run(params)
    assert outputs(layout.model("start")) == {"card.json": b'{\n  "model_id": null\n}\n'}
    begin(params)
    numbers = iter(range(1000))
    campaign.answer(params, "r01", lambda *_: params.dataset.classes[next(numbers) % 3])
    labels.run(params, "r01")
    layout.gate("r01").write_text(json.dumps({"passed": True, "waived": []}))
    train.run(params, "r01")
    assert "classifier" not in json.loads(layout.metrics("r01").read_text())


def test_a_strategy_that_compares_members_needs_more_than_a_classifier(shop: Params) -> None:
    bald = replace(shop, rounds=shop.rounds | {"r01": replace(shop.rounds["r01"], strategy="bald")})
    with pytest.raises(ConfigError, match=r"rounds\.r01\.strategy = 'bald'.*the classifier of the first round is one"):
        known_names.check(bald)
    with pytest.raises(ConfigError, match="there is none before the first round"):
        known_names.check(replace(bald, classifiers={}))


def test_pictures_are_named_by_id_or_by_any_address_and_what_is_left_out_is_told(params: Params, capsys) -> None:
    write_raw(params)
    rows = [
        ("http://a/1.jpg", "coat", 0.9),
        ("http://b/2.jpg", "bag", 0.9),
        (campaign.image_id(3).upper(), "dress", 0.9),
        (campaign.image_id(1), "shirt", 0.8),
        ("http://nowhere/1.jpg", "bag", 0.9),
        ("http://a/4.jpg", "teapot", 0.9),
        ("http://a/5.jpg", "bag", 90),
        (f"http://a/{POOL + 1}.jpg", "bag", 0.9),
    ]
    start.run(with_table(params, rows))
    found = tables.read(layout.model("start") / "scores.parquet", SCORES)
    expected = {campaign.image_id(1): "shirt", campaign.image_id(2): "bag", campaign.image_id(3): "dress"}
    assert dict(found.select("image_id", "predicted").iter_rows()) == expected
    told = capsys.readouterr().err
    assert "1 rows of shop cannot be read, the first in line 8: confidence = '90'" in told
    assert "1 predictions of shop are of none of the classes: teapot (1)" in told
    assert "1 predictions of shop are of pictures that are not here: http://nowhere/1.jpg" in told
    assert "of each the last row counts, 1 others do not" in told
    assert "shop predicts 3 of 60 kept pictures" in told


def test_a_table_about_other_pictures_is_refused(params: Params) -> None:
    write_raw(params)
    with pytest.raises(DataError, match=r"classifiers\.shop: 1 predictions.*none is of a kept picture"):
        start.run(with_table(params, [("http://nowhere/1.jpg", "bag", 0.9)]))


def test_the_same_table_gives_the_same_bytes(shop: Params) -> None:
    start.run(shop)
    before = outputs(layout.model("start"))
    start.run(shop)
    assert outputs(layout.model("start")) == before
    start.run(replace(shop, classifiers={}))
    assert set(outputs(layout.model("start"))) == {"card.json"}


def test_once_people_are_asked_its_predictions_stay_without_the_file(shop: Params, capsys) -> None:
    begin(shop)
    before = outputs(layout.model("start"))
    campaign.open_round(shop, "r01")
    Path("shop.csv").unlink()
    capsys.readouterr()
    check.run(shop)
    start.run(shop)
    assert "start" not in capsys.readouterr().err
    start.run(replace(shop, classifiers={}))
    assert "people are asked in r01 already: its first predictions stay as they are, those of shop" in (
        capsys.readouterr().err
    )
    assert outputs(layout.model("start")) == before


def test_one_that_comes_too_late_is_told(params: Params, capsys) -> None:
    begin(params)
    campaign.open_round(params, "r01")
    start.run(with_table(params, [(campaign.image_id(1), "bag", 0.9)]))
    assert "`classifiers` changes nothing" in capsys.readouterr().err
    assert card() == {"model_id": None}


def test_check_looks_for_the_file_and_for_the_words_before_the_crawl(shop: Params) -> None:
    Path("shop.csv").unlink()
    with pytest.raises(UnavailableError, match=r"classifiers\.shop\.path = 'shop\.csv'.*no such file"):
        check.run(shop)


def test_damaged_predictions_are_refused(shop: Params) -> None:
    start.run(shop)
    np.save(layout.model("start") / "probabilities.npy", np.zeros((1, 3, 10), dtype=np.float16))
    with pytest.raises(DataError, match=r"where scores\.parquet has 50 rows"):
        score.run(shop, "r01")


def test_classes_in_words_are_a_classifier_as_any_other(params: Params, monkeypatch, capsys) -> None:
    kept = {}

    def predict(_: object, __: Params, ___: object, image_ids: pl.Series) -> np.ndarray:
        kept["number"] = len(image_ids)
        return np.random.default_rng(0).dirichlet(np.ones(10), len(image_ids)).astype(np.float32)

    monkeypatch.setattr("silverprint.model.zero_shot.predict", predict)
    clip = replace(params, classifiers={"clip": ZeroShotClassifier(kind="zero-shot", classes={"bag": ("purse",)})})
    begin(clip)
    assert kept["number"] == POOL == scores("r01")["model_id"].drop_nulls().len()
    assert card()["classifier"]["classes"] == {"bag": ["purse"]}
    campaign.open_round(clip, "r01")
    capsys.readouterr()
    start.run(clip)
    assert "changes nothing" not in capsys.readouterr().err
    start.run(replace(clip, classifiers={"clip": ZeroShotClassifier(kind="zero-shot", templates=("a {}",))}))
    assert "changes nothing" in capsys.readouterr().err
