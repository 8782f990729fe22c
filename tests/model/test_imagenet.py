"""ImageNet classes of the packaged backbone, for classes of ours."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.datasets import load_sample_image

from silverprint.config import ImagenetClassifier
from silverprint.errors import ConfigError
from silverprint.model import imagenet
from silverprint.model.backbones import efficientnet_lite0
from silverprint.model.embedder import Embedder, resize
from silverprint.store.features import Features, append, write_description

CLASSES = ("building", "plant", "pet")
WORDS = {"building": ("palace", "church", "monastery"), "plant": ("daisy", "rapeseed"), "pet": ("Cardigan", "tabby")}


def test_every_class_has_a_name_of_its_own() -> None:
    known = imagenet.names()
    assert len(set(known)) == len(known) == 1000
    assert known[985] == "daisy"
    imagenet.require_known("x", ["Cardigan", "cardigan"])
    with pytest.raises(ConfigError, match=r"classifiers\.own\.classes: 'trenchcoat'.*did you mean trench coat"):
        imagenet.require_known("classifiers.own.classes", ["daisy", "trenchcoat"])


@pytest.mark.slow
def test_photographs_are_recognised_by_the_features_that_are_there(tmp_path: Path) -> None:
    photographs = np.stack([resize(load_sample_image(name), 224) for name in ("china.jpg", "flower.jpg")])
    write_description(tmp_path, {"blocks": dict(efficientnet_lite0.BLOCKS)})
    append(tmp_path, ["b", "a"], [Embedder("efficientnet_lite0", 224)(photographs)])
    own = ImagenetClassifier(kind="imagenet", classes=WORDS)
    found = imagenet.predict(own, Features(tmp_path), pl.Series(["a", "b"]), CLASSES)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert [CLASSES[place] for place in found.argmax(axis=1)] == ["plant", "building"]
    logits = efficientnet_lite0.load().classify(
        efficientnet_lite0.normalise(torch.from_numpy(photographs).permute(0, 3, 1, 2))
    )
    shares = logits.softmax(dim=1).numpy()[::-1]
    places = [[imagenet.names().index(word) for word in WORDS[name]] for name in CLASSES]
    sums = np.stack([shares[:, one].sum(axis=1) for one in places], axis=1)
    np.testing.assert_allclose(found, sums + (1 - sums.sum(axis=1, keepdims=True)) / 3, atol=5e-3)
