"""Models of a campaign: predictions from features and from pictures, and which one is the champion."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import silverprint
from silverprint import layout
from silverprint.config import Embed
from silverprint.errors import ConfigError, DataError, UnavailableError, UsageError
from silverprint.model.classifier import Model
from silverprint.model.finetune.network import Network
from silverprint.notebook import Campaign
from silverprint.records import EVALUATION
from silverprint.store import ShardReader, tables
from tests.helpers.tiny_backbone import REPLACED, replace_backbone
from tests.notebook.test_frames import withdraw


@pytest.fixture
def names(campaign: Campaign) -> list[str]:
    return campaign.images().filter("kept")["image_id"].head(6).to_list()


@pytest.mark.slow
def test_pictures_are_predicted_as_their_features_are(campaign: Campaign, folder: Path, names: list[str]) -> None:
    model = campaign.model()
    expected = model.predict(campaign.features(names))
    assert expected.shape == (6, len(campaign.classes)) == (6, len(model.classes))
    assert expected.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.ptp(expected, axis=0).max() > 0.01  # the six differ
    data = [content for _, content in ShardReader(folder / "data/raw").read(names)]
    paths = [folder / f"{number}.jpg" for number in range(6)]
    for path, content in zip(paths, data, strict=True):
        path.write_bytes(content)
    assert model.predict_pictures(data) == pytest.approx(expected, abs=1e-3)
    assert model.predict_pictures(str(path) for path in paths) == pytest.approx(expected, abs=1e-3)
    opened = [picture for _, picture in campaign.pictures(names)]
    assert model.predict_pictures(opened) == pytest.approx(expected, abs=0.05)


@pytest.mark.slow
def test_a_picture_that_pillow_opened_is_turned_and_put_on_white(campaign: Campaign, names: list[str]) -> None:
    upright = campaign.picture(names[0]).resize((80, 120))
    exif = Image.Exif()
    exif[0x0112] = 3
    file = BytesIO()
    upright.rotate(180).save(file, "PNG", exif=exif)
    clear = upright.convert("RGBA")
    clear.putalpha(0)
    white = Image.new("RGB", upright.size, "white")
    model = campaign.model()
    one, turned, seen, blank = model.predict_pictures([upright, Image.open(file), clear, white])
    assert turned == pytest.approx(one, abs=1e-4)
    assert seen == pytest.approx(blank, abs=1e-4)
    assert seen != pytest.approx(one, abs=1e-2)


def test_nothing_is_predicted_of_nothing(campaign: Campaign) -> None:
    model = campaign.model("r01")
    assert model.predict(campaign.features([])).shape == model.predict_pictures([]).shape == (0, len(model.classes))


def test_what_cannot_be_predicted_is_a_line(campaign: Campaign) -> None:
    model = campaign.model()
    for features in (np.zeros((2, 3)), np.zeros(3)):
        with pytest.raises(UsageError, match=r"features of shape .*must be \(n, \d+\)"):
            model.predict(features)
    with pytest.raises(DataError, match=r"picture 1: it does not decode \(not-an-image\)"):
        model.predict_pictures([Image.new("RGB", (40, 40)), b"no picture"])
    with pytest.raises(DataError, match=r"picture 0: it does not decode \(unsupported\)"):
        model.predict_pictures([Image.new("F", (40, 40))])
    with pytest.raises(UsageError, match=r"nowhere: not a readable file .*campaign\.features"):
        model.predict_pictures(["nowhere"])


def test_a_card_names_no_withdrawn_image(campaign: Campaign, folder: Path, names: list[str]) -> None:
    path = folder / layout.model("r03") / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trained_on": names, "brought_trained_on": names[1:]}))
    assert campaign.model().card["trained_on"] == names
    withdraw(folder, names[1])
    card = campaign.model().card
    assert card["trained_on"] == [names[0], *names[2:]]
    assert card["brought_trained_on"] == names[2:]


def test_the_champion_is_who_was_never_beaten(campaign: Campaign, folder: Path) -> None:
    assert campaign.model().round == "r03"
    for name in campaign.rounds_opened:  # r02 alone is right
        path = folder / layout.model(name) / "evaluation.parquet"
        rows = tables.read(path, EVALUATION)
        right = pl.col("label") if name == "r02" else pl.lit(campaign.classes[0])
        tables.write(rows.with_columns(predicted=right), path, EVALUATION)
    champion = campaign.champion()
    assert (champion.round, champion.model_id) == ("r02", "r02-0123456789")


def test_without_evaluation_pictures_nobody_is_champion(campaign: Campaign, folder: Path) -> None:
    for name in campaign.rounds_opened:
        (folder / layout.metrics(name)).unlink()
    with pytest.raises(UnavailableError, match=r"no model was judged .*campaign\.model\(\)"):
        campaign.champion()


def test_a_model_of_other_features_is_refused(folder: Path) -> None:
    path = folder / layout.PARAMS
    path.write_text(path.read_text().replace("size: 32", "size: 48"))
    other = silverprint.open(folder).model()  # those on the disk are still the model's own
    with pytest.raises(ConfigError, match="size = 32, at hand 48"):
        other.predict_pictures([Image.new("RGB", (60, 60))])
    path = folder / layout.EMBED / "embed.json"
    path.write_text(path.read_text().replace('"size": 32', '"size": 48'))
    with pytest.raises(ConfigError, match="size = 32, at hand 48"):
        silverprint.open(folder).model()


def test_a_fine_tuned_network_is_asked_about_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_backbone(monkeypatch)
    embed = Embed(REPLACED, 32, 4)
    network = Network.pretrained(embed, 3, seed=1)
    model = Model("r01", ("a", "b", "c"), network, {"model_id": "r01-1"}, embed, Path())
    noise = np.random.default_rng(2).integers(0, 256, (6, 40, 40, 3), dtype=np.uint8)
    data = [encoded(Image.fromarray(pixels)) for pixels in noise]
    found = model.predict_pictures(data)
    assert found.shape == (6, 3)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    (expected,) = network.probabilities(network.logits((str(number), one) for number, one in enumerate(data)))
    assert found == pytest.approx(expected, abs=1e-6)
    with pytest.raises(UsageError, match="sees pictures, not features"):
        model.predict(np.zeros((2, 8), dtype=np.float32))


def encoded(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
