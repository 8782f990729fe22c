"""Classes described in words, by the text side of an open_clip network: a tiny one with random weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from silverprint import config
from silverprint.config import Embed, Params, ZeroShotClassifier
from silverprint.errors import ConfigError, UnavailableError, UsageError
from silverprint.model import zero_shot
from silverprint.model.backbones import Weights
from silverprint.model.embedder import Embedder
from silverprint.model.text_side import TextSide
from silverprint.store.features import Features, append, write_description
from tests.helpers import needs
from tests.helpers.tiny_clip import SIZE, tiny_clip

pytestmark = pytest.mark.slow  # open_clip takes seconds to import

TEMPLATES = ("a photo of a {}.", "art of the {}.")
WORDS = {"coat": ("parka", "trench coat"), "bag": ("purse",)}


@pytest.fixture(scope="module")
def knobs(tmp_path_factory: pytest.TempPathFactory) -> Embed:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def params(project: Path) -> Params:
    found = config.load()
    return replace(found, dataset=replace(found.dataset, classes=("coat", "bag", "ankle_boot")))


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture
def features(knobs: Embed, pictures: np.ndarray, tmp_path: Path) -> Features:
    weights = Weights.of(knobs)
    rows = Embedder(knobs.backbone, SIZE, weights)(pictures)
    width = TextSide(knobs).directions(["x"]).shape[1]
    blocks = {"final": width, "middle": rows.shape[1] - width}
    write_description(tmp_path, {"blocks": blocks, "weights_sha256": knobs.weights_sha256})
    append(tmp_path, list("edcba"), [rows])
    return Features(tmp_path)


def with_clip(params: Params, knobs: Embed, **entries: object) -> tuple[ZeroShotClassifier, Params]:
    return ZeroShotClassifier(kind="zero-shot", templates=TEMPLATES, **entries), replace(params, embed=knobs)


def test_pictures_and_texts_meet_as_in_open_clip_itself(
    knobs: Embed, features: Features, pictures: np.ndarray, params: Params
) -> None:
    import open_clip

    own, params = with_clip(params, knobs, classes=WORDS)
    found = zero_shot.predict(own, params, features, pl.Series(list("abcde")))
    name = knobs.backbone.removeprefix("open_clip/")
    network, _, _ = open_clip.create_model_and_transforms(name, pretrained=str(knobs.weights))
    tokens = open_clip.get_tokenizer(name)(["a photo of a purse.", "art of the purse."])
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (network.visual.image_mean, network.visual.image_std))
    seen = (torch.from_numpy(pictures[::-1].copy()).permute(0, 3, 1, 2) / 255 - mean) / std
    words = ["ankle boot", "parka", "trench coat", "purse"]
    with torch.inference_mode():
        image, text, scale = network.eval()(seen, tokens)
        texts = open_clip.build_zero_shot_classifier(network, open_clip.get_tokenizer(name), words, TEMPLATES)
        shares = (scale * image @ texts).softmax(dim=1).numpy()
    np.testing.assert_allclose(
        found, np.stack([shares[:, 1] + shares[:, 2], shares[:, 3], shares[:, 0]], axis=1), atol=2e-3
    )
    purse = (text / 2).sum(dim=0)
    side = TextSide(knobs)
    np.testing.assert_allclose(side.directions(["purse"], TEMPLATES)[0], purse / purse.norm(), atol=1e-5)
    assert side.scale == pytest.approx(float(scale))
    assert found.std(axis=0).max() > 0.01  # the pictures are told apart: equal rows would agree with anything


def test_features_of_other_weights_are_refused(knobs: Embed, features: Features, params: Params) -> None:
    own, params = with_clip(params, replace(knobs, weights_sha256="0" * 64))
    with pytest.raises(UnavailableError, match=r"params\.yaml names others.*repro embed"):
        zero_shot.predict(own, params, features, pl.Series(["a"]))


def test_a_text_that_would_be_cut_is_refused(knobs: Embed) -> None:
    with pytest.raises(UsageError, match="at most 75 tokens"):
        TextSide(knobs).directions(["coat " * 76])
    own = ZeroShotClassifier(kind="zero-shot", classes={"coat": ("coat " * 76,)})
    with pytest.raises(ConfigError, match=r"classifiers\.clip: 'a photo of a coat coat.*at most 75 tokens"):
        zero_shot.require_readable("classifiers.clip", own, ("coat", "bag"), knobs.backbone)


def test_a_network_whose_tokenizer_would_be_fetched_is_refused() -> None:
    needs.module("open_clip", "run: make extras-env")
    own = ZeroShotClassifier(kind="zero-shot")
    with pytest.raises(ConfigError, match="a stage fetches nothing"):
        zero_shot.require_readable("classifiers.clip", own, ("coat", "bag"), "open_clip/ViT-B-16-SigLIP")
