"""One contract for every backbone: features of two blocks, as many columns as it says, from weights that are checked.

A library's networks have random weights here, written as a state file; timm's and open_clip's run where installed.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.model.backbones import BACKBONES, LIBRARIES, Weights, backbone
from silverprint.model.embedder import Embedder
from tests.helpers import needs

OTHERS = {
    "torchvision/resnet18": 64,
    "torchvision/convnext_tiny": 64, "torchvision/efficientnet_b0": 64, "torchvision/mobilenet_v3_large": 64,
    "torchvision/regnet_y_400mf": 64, "torchvision/resnet50": 64, "torchvision/vit_b_16": 224,
    "timm/resnet10t": 64, "timm/vit_tiny_patch16_224": 224,
    "open_clip/RN50": 224, "open_clip/ViT-B-32": 224,
}  # fmt: skip
EVERY = [
    *[pytest.param(name, 64, id=name) for name in BACKBONES],
    *[pytest.param(name, size, id=name, marks=pytest.mark.slow) for name, size in OTHERS.items()],
]


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Random weights of the smallest network of a library."""
    weights = written("torchvision/resnet18", tmp_path_factory.mktemp("resnet"))
    assert weights is not None
    return weights


def written(name: str, folder: Path, seed: int = 0) -> Weights | None:
    """A state file of random weights of a library's network."""
    library, _, architecture = name.partition("/")
    if name in BACKBONES:
        return None
    require(library)
    torch.manual_seed(seed)
    path = folder / "weights.pth"
    torch.save(LIBRARIES[library](architecture).network.state_dict(), path)
    return Weights(path, hashlib.sha256(path.read_bytes()).hexdigest())


def require(library: str) -> None:
    needs.module(library, "run: make extras-env")


def some(size: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), EVERY)
def test_a_backbone_gives_the_blocks_it_says_of_each_picture_alone(name: str, size: int, tmp_path: Path) -> None:
    weights = written(name, tmp_path)
    chosen = backbone(name, size, weights)
    embedder = Embedder(name, size, weights)
    pictures = some(size)
    features = embedder(pictures)
    assert list(chosen.blocks) == ["final", "middle"]
    assert features.shape == (3, sum(chosen.blocks.values()))
    assert features.dtype == np.float16
    assert np.isfinite(features).all()
    assert len(chosen.weights_sha256) == 64
    np.testing.assert_allclose(embedder(pictures[1:2])[0], features[1], rtol=0.02, atol=0.02)
    assert np.array_equal(Embedder(name, size, weights)(pictures), features)
    in_rows = (
        torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
    )  # channels first, as the embedder never has it
    with torch.inference_mode():
        np.testing.assert_allclose(chosen.load()(chosen.normalise(in_rows)), features, rtol=0.02, atol=0.02)


@pytest.mark.slow
def test_the_features_are_those_of_the_file(resnet: Weights, tmp_path: Path) -> None:
    another = written("torchvision/resnet18", tmp_path, seed=1)
    features = [Embedder("torchvision/resnet18", 64, weights)(some(64)) for weights in (resnet, another)]
    assert not np.array_equal(*features)


@pytest.mark.slow
def test_a_missing_file_says_where_to_get_it(tmp_path: Path) -> None:
    weights = Weights(tmp_path / "gone.pth", "0" * 64)
    with pytest.raises(UnavailableError, match=r"not there; fetch https://.*resnet18.*, as .*gone\.pth"):
        Embedder("torchvision/resnet18", 64, weights)


@pytest.mark.slow
def test_another_file_than_the_one_named_is_refused(resnet: Weights) -> None:
    with pytest.raises(UnavailableError, match="not the weights known"):
        Embedder("torchvision/resnet18", 64, Weights(resnet.path, "0" * 64))


@pytest.mark.parametrize("content", ["another network", "no tensors", "code"])
def test_a_file_of_something_else_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    if content == "another network":
        torch.save({"fc.weight": torch.zeros(3)}, path)
    elif content == "code":
        torch.save(torch.nn.Linear(1, 1), path)  # a pickled class: weights_only refuses it
    else:
        path.write_bytes(b"<html>not found</html>")
    weights = Weights(path, hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DataError, match="not the tensors of this backbone"):
        Embedder("torchvision/resnet18", 64, weights)


@pytest.mark.parametrize(("library", "package"), [("timm", "timm"), ("open_clip", "open_clip_torch")])
def test_a_library_that_is_not_installed_says_how_to_get_it(library: str, package: str, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UnavailableError, match=rf"run: pip install {package}==") as caught:
        backbone(f"{library}/x", 64, Weights(Path("x"), "0" * 64))
    assert caught.value.exit_code == 69


@pytest.mark.parametrize("name", ["resnet50", "keras/vgg16", "torchvision/vgg16"])
def test_an_unknown_backbone_names_the_known(name: str) -> None:
    with pytest.raises(ConfigError, match="use one of"):
        backbone(name, 64, Weights(Path("x"), "0" * 64))


@pytest.mark.parametrize(
    ("name", "rule"),
    [("timm/nonsense", "no such network"), ("timm/resnet10t.nonsense", "Invalid pretrained tag"),
     ("open_clip/nonsense", "no such network"), ("open_clip/roberta-ViT-B-32", "a stage fetches nothing")],
)  # fmt: skip
@pytest.mark.slow
def test_what_a_library_cannot_give_is_one_line(name: str, rule: str) -> None:
    require(name.partition("/")[0])
    with pytest.raises(ConfigError, match=rule):
        backbone(name, 64, Weights(Path("x"), "0" * 64))


@pytest.mark.slow
def test_a_transformer_takes_its_own_size_only() -> None:
    with pytest.raises(ConfigError, match=r"embed\.size = 64: torchvision/vit_b_16 does not take it .*224"):
        backbone("torchvision/vit_b_16", 64, Weights(Path("x"), "0" * 64))


@pytest.mark.slow
def test_a_library_is_imported_only_when_named() -> None:
    code = "import sys, silverprint.model.backbones as b; b.backbone('efficientnet_lite0')\n"
    code += "print({'torchvision', 'timm', 'open_clip'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
