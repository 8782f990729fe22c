import signal
import time

import numpy as np
import pytest

from silverprint.config import Model
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.model.ensemble import FeatureScaling, pool_scaling, train_ensemble
from silverprint.model.fit import _Members, fit
from silverprint.model.head import Head, require_same_features
from silverprint.model.predict import predict
from silverprint.store import features as store
from silverprint.store.features import Features

RECIPE = Model(members=3, epochs=60, learning_rate=0.05, weight_decay=1e-4)
AS_IS = FeatureScaling(np.zeros(6, dtype=np.float32), np.ones(6, dtype=np.float32))
WIDE = FeatureScaling(np.zeros(96, dtype=np.float32), np.ones(96, dtype=np.float32))


def blobs(n: int = 90, classes: int = 3, noise: float = 0.6, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = np.random.default_rng(9).normal(size=(classes, 6)) * 1.5
    return (centres[labels] + noise * rng.normal(size=(n, 6))).astype(np.float32), labels


def trained(**changes) -> Head:
    rows, labels = blobs()
    return train_ensemble(rows, labels, AS_IS, classes=3, recipe=RECIPE, **{"seed": 1, **changes}).head


def test_it_learns_and_its_members_differ() -> None:
    rows, labels = blobs(seed=5)
    probabilities = trained().predict(rows)
    assert probabilities.shape == (3, 90, 3)
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-5)
    assert (probabilities.mean(axis=0).argmax(axis=1) == labels).mean() > 0.9
    assert np.abs(probabilities[0] - probabilities[1]).max() > 0.01


def test_the_same_seed_gives_the_same_weights_and_another_does_not() -> None:
    assert trained().digest() == trained().digest()
    assert trained().digest() != trained(seed=2).digest()


def test_it_finds_the_optimum_of_its_loss() -> None:
    """Against scikit-learn's solver of the same convex problem."""
    from sklearn.linear_model import LogisticRegression

    rows, labels = blobs(noise=1.2)
    decay = 0.05
    recipe = Model(members=1, epochs=800, learning_rate=0.05, weight_decay=decay)
    weight, _ = fit(rows, labels, np.ones((1, 90)), classes=3, recipe=recipe)
    theirs = LogisticRegression(C=1 / (decay * 90), tol=1e-8, max_iter=5000).fit(rows, labels)
    np.testing.assert_allclose(weight[0].T, theirs.coef_, atol=2e-3)


def test_a_weight_of_zero_leaves_an_example_out() -> None:
    rows, labels = blobs()
    out = np.ones((1, 90))
    out[:, 60:] = 0
    with_zeros = fit(rows, labels, out, classes=3, recipe=RECIPE)
    without = fit(rows[:60], labels[:60], np.ones((1, 60)), classes=3, recipe=RECIPE)
    np.testing.assert_allclose(with_zeros[0], without[0], atol=1e-4)


def test_members_do_not_touch_one_another() -> None:
    rows, labels = blobs()
    weights = np.random.default_rng(0).random((4, 90))
    together, _ = fit(rows, labels, weights, classes=3, recipe=RECIPE)
    alone, _ = fit(rows, labels, weights[2:3], classes=3, recipe=RECIPE)
    np.testing.assert_allclose(together[2], alone[0], atol=1e-4)


def test_ctrl_c_in_training_is_ctrl_c(monkeypatch) -> None:
    def interrupt(*_):
        raise KeyboardInterrupt

    rows, labels = blobs()
    monkeypatch.setattr(_Members, "training_step", interrupt)
    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(rows, labels, np.ones((1, 90)), classes=3, recipe=RECIPE)
    finally:
        signal.signal(signal.SIGINT, handler)


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


def test_noise_makes_it_less_sure() -> None:
    rows, labels = blobs()
    shuffled = np.random.default_rng(0).permutation(labels)
    sober = train_ensemble(rows, shuffled, AS_IS, classes=3, recipe=RECIPE, seed=1).head
    assert sober.temperature > trained().temperature
    assert sober.predict(rows).mean(axis=0).max(axis=1).mean() < 0.6


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


def test_predicting_over_the_memory_map_is_predicting(features) -> None:
    wanted = list(reversed(features.image_ids))
    head = trained()
    np.testing.assert_allclose(predict(head, features, wanted), head.predict(features.matrix(wanted)), atol=1e-6)


def test_the_pools_standard_gives_each_block_the_same_weight(features) -> None:
    standard = pool_scaling(features, features.image_ids)
    rows = standard(features.matrix(features.image_ids))
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-3)
    for block in features.blocks.values():
        assert np.square(rows[:, block]).sum(axis=1).mean() == pytest.approx(1, abs=1e-2)
        assert len(set(standard.scale[block].tolist())) == 1


@pytest.mark.slow
def test_three_hundred_labels_take_seconds() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2288)).astype(np.float32)
    standard = FeatureScaling(np.zeros(2288, dtype=np.float32), np.ones(2288, dtype=np.float32))
    recipe = Model(members=5, epochs=150, learning_rate=0.05, weight_decay=1e-4)
    began = time.process_time()
    train_ensemble(rows, np.arange(300) % 10, standard, classes=10, recipe=recipe, seed=0)
    assert time.process_time() - began < 60


def test_what_is_said_of_an_example_is_said_by_those_that_did_not_see_it() -> None:
    """A wrong label is believed by the head that saw it, and by none that did not."""
    rows, labels = blobs(noise=0.3)
    wrong = labels.copy()
    wrong[:9] = (labels[:9] + 1) % 3
    recipe = Model(members=3, epochs=400, learning_rate=0.1, weight_decay=1e-6)
    named = np.hstack([rows, 3 * np.eye(90, dtype=np.float32)])  # each can be learnt by heart
    found = train_ensemble(named, wrong, WIDE, classes=3, recipe=recipe, seed=1)
    assert found.held_out.shape == (90, 3)
    np.testing.assert_allclose(found.held_out.sum(axis=1), 1, atol=1e-5)
    assert (found.held_out.argmax(axis=1) == labels).mean() > 0.95
    seen = found.head.predict(named).mean(axis=0)
    assert (seen[:9].argmax(axis=1) == wrong[:9]).mean() > 0.8


def test_an_example_that_is_alone_in_its_class_is_judged_too() -> None:
    rows, labels = blobs(n=31)
    labels[0] = 2
    labels[1:] %= 2
    found = train_ensemble(rows, labels, AS_IS, classes=3, recipe=RECIPE, seed=1)
    assert found.held_out[0, 2] < 0.5
    assert np.isfinite(found.held_out).all()
