import numpy as np
import pytest

from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.model.fit import fit
from silverprint.model.head import Head, require_same_features
from silverprint.model.learning import train_members
from silverprint.model.predict import predict
from silverprint.store import features as store
from silverprint.store.features import Features


def blobs(n: int = 90, classes: int = 3, noise: float = 0.6, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = np.random.default_rng(9).normal(size=(classes, 6)) * 1.5
    return (centres[labels] + noise * rng.normal(size=(n, 6))).astype(np.float32), labels


def trained() -> Head:
    rows, labels = blobs()
    return train_members(rows, labels, np.random.default_rng(1).exponential(size=(3, 90)), classes=3)


@pytest.mark.slow
def test_it_finds_the_optimum_of_its_loss() -> None:
    """Against scikit-learn's solver of the same convex problem."""
    from sklearn.linear_model import LogisticRegression

    rows, labels = blobs(noise=1.2)
    decay = 0.05
    weight, _ = fit(rows, labels, np.ones((1, 90)), classes=3, penalty=decay, epochs=800)
    theirs = LogisticRegression(C=1 / (decay * 90), tol=1e-8, max_iter=5000).fit(rows, labels)
    np.testing.assert_allclose(weight[0].T, theirs.coef_, atol=2e-3)


@pytest.mark.slow
def test_a_weight_of_zero_leaves_an_example_out() -> None:
    rows, labels = blobs()
    out = np.ones((1, 90))
    out[:, 60:] = 0
    with_zeros = fit(rows, labels, out, classes=3, epochs=60)
    without = fit(rows[:60], labels[:60], np.ones((1, 60)), classes=3, epochs=60)
    np.testing.assert_allclose(with_zeros[0], without[0], atol=1e-4)


@pytest.mark.slow
def test_members_do_not_touch_one_another() -> None:
    rows, labels = blobs()
    weights = np.random.default_rng(0).random((4, 90))
    together, _ = fit(rows, labels, weights, classes=3, epochs=60)
    alone, _ = fit(rows, labels, weights[2:3], classes=3, epochs=60)
    np.testing.assert_allclose(together[2], alone[0], atol=1e-4)


@pytest.mark.parametrize("warmth", [0.5, 1.0, 4.0])
def test_what_it_predicts_is_the_softmax_of_its_scores_over_the_temperature(warmth) -> None:
    rng = np.random.default_rng(3)
    weight, bias = rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 3))
    head = Head.of(
        centre=np.zeros(6), scale=np.ones(6), weight=weight, bias=bias, temperature=np.array(warmth)
    )  # fmt: skip
    rows = rng.normal(size=(5, 6)).astype(np.float32)
    scores = (np.einsum("nd,mdc->mnc", rows, weight) + bias[:, None]) / warmth
    expected = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(head.predict(rows), expected, atol=1e-5)


@pytest.mark.slow
def test_it_is_written_and_read_as_it_was_and_always_to_the_same_bytes(tmp_path) -> None:
    head, card = trained(), {"model_id": "r01-x"}
    head.save(tmp_path / "a", card)
    head.save(tmp_path / "b", card)
    assert (tmp_path / "a/head.pt").read_bytes() == (tmp_path / "b/head.pt").read_bytes()
    rows, _ = blobs()
    np.testing.assert_array_equal(Head.load(tmp_path / "a").predict(rows), head.predict(rows))


def test_a_head_that_is_not_there_or_not_readable_says_what_to_do(tmp_path) -> None:
    with pytest.raises(UnavailableError, match="dvc pull"):
        Head.load(tmp_path)
    (tmp_path / "head.pt").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match="dvc checkout"):
        Head.load(tmp_path)


def test_other_features_are_refused(tmp_path) -> None:
    card = {"features": {"backbone": "b", "size": 128}}
    require_same_features(card, {"backbone": "b", "size": 128}, tmp_path)
    with pytest.raises(ConfigError, match="size = 128"):
        require_same_features(card, {"backbone": "b", "size": 96}, tmp_path)


@pytest.fixture
def features(tmp_path) -> Features:
    store.write_description(tmp_path, {"blocks": {"final": 2, "middle": 4}})
    rows, _ = blobs(n=50)
    for start in (0, 20):
        ids = [f"{number:03d}" for number in range(50)][start : start + 30 if start else 20]
        store.append(tmp_path, ids, [rows[start : start + len(ids)].astype(np.float16)])
    return Features(tmp_path)


@pytest.mark.slow
def test_predicting_over_the_memory_map_is_predicting(features) -> None:
    wanted = list(reversed(features.image_ids))
    head = trained()
    np.testing.assert_allclose(predict(head, features, wanted), head.predict(features.matrix(wanted)), atol=1e-6)
