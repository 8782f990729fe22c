"""Learning of a head: the same model in the store's features, through Lightning; and what is said of labels unseen."""

import time

import numpy as np
import pytest

from silverprint.config import Model
from silverprint.core import semisupervised
from silverprint.core.features.lens import Lens
from silverprint.core.semisupervised import OMEGAS, Kernel, fit
from silverprint.model.head import Head
from silverprint.model.learning import Material, head_of, learn
from silverprint.model.predict import predict
from silverprint.store import features as store
from silverprint.store.features import Features

BLOCKS = {"final": slice(0, 4), "middle": slice(4, 12)}


def clusters(count: int, seed: int = 0, noise: float = 0.5):
    """Three classes in twelve columns, as features are stored, and the truth."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 3
    centres = 3 + np.random.default_rng(9).normal(size=(3, 12))
    return (centres[truth] + noise * rng.normal(size=(count, 12))).astype(np.float16).astype(np.float32), truth


def rings(count: int, seed: int = 0):
    """Two classes, one around the other: no linear head tells them apart."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    angle = rng.uniform(0, 2 * np.pi, count)
    around = (1 + 2 * truth + 0.1 * rng.normal(size=count))[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    rows = np.zeros((count, 12))
    rows[:, [0, 4]] = around
    rows[:, [1, 5]] = around[:, ::-1]
    return (rows + 0.01 * rng.normal(size=rows.shape)).astype(np.float16).astype(np.float32), truth


def material(rows, truth, labelled: int, classes: int = 3):
    lens = Lens.of(rows, BLOCKS, rows[:labelled], truth[:labelled])
    seen = lens(rows)
    random = np.zeros(labelled, dtype=np.bool_)
    targets = np.eye(classes)[truth[:labelled]]
    return Material(seen[:labelled], truth[:labelled], targets, random, seen[labelled:], classes), lens


def learnt(labelled: int = 30, seed: int = 1, **recipe):
    rows, truth = clusters(300)
    return learn(*material(rows, truth, labelled), Model(**{"members": 3} | recipe), seed)


def as_fitted(given: Material, omega: str, members: int):
    return fit(given.rows, given.labels, given.pool, classes=given.classes, omega=omega, seed=1, members=members)


@pytest.fixture(scope="module")
def ringed():
    """Features of rings, in which `auto` takes the kernel, and what it made of them."""
    rows, truth = rings(400)
    given, lens = material(rows, truth, 60, classes=2)
    fitted = as_fitted(given, "auto", 2)
    assert isinstance(fitted.view, Kernel)
    return rows, truth, lens, fitted


def require_the_same(head, fitted, lens, rows, folder):
    """As a head, after it was stored and loaded, and through Lightning over the memory map."""
    expected = fitted.probabilities(lens(rows))
    head.save(folder / "model", {"model_id": "r01-x"})
    loaded = Head.load(folder / "model")
    np.testing.assert_allclose(loaded.predict(rows).mean(axis=0), expected, atol=1e-5)
    store.write_description(folder, {"blocks": {"final": 4, "middle": 8}})
    ids = [f"{number:064x}" for number in range(len(rows))]
    store.append(folder, ids, [rows.astype(np.float16)])
    np.testing.assert_allclose(predict(loaded, Features(folder), ids).mean(axis=0), expected, atol=1e-5)


@pytest.mark.parametrize("omega", [name for name in OMEGAS if name != "auto"])
def test_the_head_says_what_the_fitted_model_says(omega, tmp_path):
    rows, truth = clusters(300)
    given, lens = material(rows, truth, 30)
    fitted = as_fitted(given, omega, 2)
    require_the_same(head_of(fitted, lens), fitted, lens, rows, tmp_path)


@pytest.mark.slow
def test_so_does_a_head_behind_a_kernel(ringed, tmp_path):
    rows, truth, lens, fitted = ringed
    head = head_of(fitted, lens)
    require_the_same(head, fitted, lens, rows, tmp_path)
    assert (head.predict(rows).mean(axis=0).argmax(axis=1) == truth).mean() > 0.97


def test_a_kernel_is_computed_in_full_precision_where_all_else_is_not(ringed):
    import torch

    rows, _, lens, fitted = ringed
    head = head_of(fitted, lens)
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        found = head(torch.from_numpy(rows)).float().numpy()
    np.testing.assert_allclose(found, head.predict(rows), atol=1e-5)


def test_it_learns_and_its_members_differ():
    rows, truth = clusters(300, seed=5)
    found = learnt()
    probabilities = found.head.predict(rows)
    assert probabilities.shape == (3, 300, 3)
    np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-5)
    assert (probabilities.mean(axis=0).argmax(axis=1) == truth).mean() > 0.9
    assert np.abs(probabilities[0] - probabilities[1]).max() > 0.01
    assert found.facts["omega"] in OMEGAS
    assert found.facts["pool"] == 270
    assert [one["omega"] for one in found.facts["tried"]] == ["graph equal", "entropy halfway", "none"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    assert learnt().head.digest() == learnt().head.digest()
    assert learnt().head.digest() != learnt(seed=2).head.digest()


@pytest.mark.slow
def test_noise_makes_it_less_sure():
    rows, truth = clusters(300)
    shuffled = np.random.default_rng(0).permutation(truth)
    sober = learn(*material(rows, shuffled, 90), Model(members=3), 1).head
    assert sober.predict(rows).mean(axis=0).max(axis=1).mean() < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("omega", ["none", "graph", "ensemble"])
@pytest.mark.parametrize("members", [1, 3])
def test_what_is_said_of_a_label_is_said_by_those_that_did_not_see_it(omega, members):
    """A wrong label is repeated by no model that did not see it: not through its neighbours either."""
    rows, truth = clusters(300, noise=0.3)
    wrong = truth.copy()
    wrong[:9] = (truth[:9] + 1) % 3
    found = learn(*material(rows, wrong, 90), Model(members=members, omega=omega), 1)
    assert found.held_out.shape == (90, 3)
    np.testing.assert_allclose(found.held_out.sum(axis=1), 1, atol=1e-5)
    assert (found.held_out.argmax(axis=1) == truth[:90]).mean() > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("omega", OMEGAS)
def test_a_label_cannot_be_read_from_what_is_said_of_it(omega, monkeypatch):
    """Two labels swapped within a fold change nothing of what is said of them, but for the temperature."""
    monkeypatch.setattr(semisupervised.head, "temperature", lambda *_: 1.0)
    monkeypatch.setattr(semisupervised.head, "stratified_folds", lambda labels, folds, seed: np.arange(len(labels)) % 5)
    monkeypatch.setattr(semisupervised.head, "PENALTIES", (1e-3,))
    monkeypatch.setattr(semisupervised.auto, "surely_less", lambda *_: False)
    rows, truth = clusters(200)
    swapped = truth.copy()
    first, second = 0, 5  # of one fold, and of two classes
    assert truth[first] != truth[second]
    swapped[[first, second]] = truth[[second, first]]
    given, _ = material(rows, truth, 40)
    found = [
        fit(given.rows, labels, given.pool, classes=3, omega=omega, seed=1).held_out[[first, second]]
        for labels in (truth[:40], swapped[:40])
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


@pytest.mark.slow
def test_a_label_that_is_alone_in_its_class_is_judged_too():
    rows, truth = clusters(300)
    truth[1:31] %= 2
    truth[0] = 2
    found = learn(*material(rows, truth, 31), Model(members=3), 1)
    assert found.held_out[0, 2] < 0.5
    assert np.isfinite(found.held_out).all()


def test_random_labels_tell_the_shares_of_the_classes_where_there_are_enough():
    rows, truth = clusters(300)
    given, lens = material(rows, truth, 60)
    for count, told in ((14, "labels"), (15, "control")):
        given.random[:] = np.arange(60) < count
        assert learn(given, lens, Model(members=1), 1).facts["shares"] == told


@pytest.mark.slow
def test_three_hundred_labels_take_seconds():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2_300, 256)).astype(np.float32)
    labels = np.arange(300) % 10
    began = time.process_time()
    fit(rows[:300], labels, rows[300:], classes=10, seed=0, members=5)
    assert time.process_time() - began < 60
