"""Predictions by Lightning: the same whatever the hardware, and what the hardware is told."""

import signal
import subprocess
import sys
from io import StringIO

import numpy as np
import pytest
import torch
from rich.console import Console

from silverprint import console
from silverprint.model import predict as module
from silverprint.model.head import Head
from silverprint.model.predict import available_hardware, loader, predict
from silverprint.model.predict_in_jobs import is_small, is_worth_it, predict_in_jobs
from silverprint.model.predict_pool import predict_pool
from silverprint.store import features as store
from silverprint.store.features import Features
from tests.helpers.jobs import Elsewhere

COUNT = 2 * module._BATCH + 5


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    root = tmp_path_factory.mktemp("embed")
    store.write_description(root, {"backbone": "b", "size": 1, "weights_sha256": "w", "blocks": {"final": 6}})
    ids = [f"{number:064x}" for number in range(COUNT)]
    store.append(root, ids, [np.random.default_rng(0).normal(size=(COUNT, 6)).astype(np.float16)])
    return Features(root), ids[::-1]


@pytest.fixture(scope="module")
def head():
    rng = np.random.default_rng(1)
    return Head.of(
        centre=rng.normal(size=6), scale=np.ones(6), weight=rng.normal(size=(3, 6, 4)), bias=rng.normal(size=(3, 4)),
        temperature=np.array(1.5),
    )  # fmt: skip


def test_the_rows_are_in_the_order_asked(pool, head):
    features, ids = pool
    np.testing.assert_allclose(predict(head, features, ids), head.predict(features.matrix(ids)), atol=1e-6)


def test_its_progress_counts_pictures_where_it_has_a_name(pool, head, monkeypatch):
    features, ids = pool
    text = StringIO()
    monkeypatch.setattr(console, "err", Console(file=text, width=100, force_terminal=True, _environ={"TERM": "xterm"}))
    predict(head, features, ids)
    assert "pictures" not in text.getvalue()
    predict(head, features, ids, what="score r01")
    assert f"{COUNT:,} of {COUNT:,} pictures" in text.getvalue()


@pytest.mark.slow
def test_several_processes_give_what_one_does(pool, head):
    features, ids = pool
    two = {"accelerator": "cpu", "devices": 2, "strategy": "ddp_spawn"}
    np.testing.assert_allclose(predict(head, features, ids, two), predict(head, features, ids), atol=1e-6)


def test_half_precision_is_nearly_the_same(pool, head):
    features, ids = pool
    half = {"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed"}
    found = predict(head, features, ids, half)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=2), 1, atol=1e-2)
    np.testing.assert_allclose(found, predict(head, features, ids), atol=0.1)


def test_ctrl_c_under_lightning_is_ctrl_c(monkeypatch, pool, head):
    def interrupt(*_):
        raise KeyboardInterrupt

    features, ids = pool
    monkeypatch.setattr(module._Predictor, "predict_step", interrupt)
    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            predict(head, features, ids)
    finally:
        signal.signal(signal.SIGINT, handler)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, {"accelerator": "cpu", "devices": 1}),
        (1, {"accelerator": "gpu", "devices": 1, "precision": "16-mixed"}),
        (4, {"accelerator": "gpu", "devices": 4, "precision": "16-mixed", "strategy": "ddp_spawn"}),
    ],
)
def test_every_gpu_works_in_half_precision_from_pinned_memory(monkeypatch, pool, count, told):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    assert available_hardware() == told
    assert loader(*pool).pin_memory == (count > 0)


def test_without_a_gpu_a_small_pool_is_predicted_to_the_same_bytes_without_lightning(monkeypatch, pool, head):
    features, ids = pool
    monkeypatch.setitem(sys.modules, "silverprint.model.predict", None)  # to load it is an error
    assert predict_pool(head, features, ids).tobytes() == predict(head, features, ids).tobytes()
    assert not is_small(head, features, 10**12)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert not is_small(head, features, len(ids))


@pytest.mark.slow
def test_to_open_a_model_and_to_learn_a_head_loads_no_lightning():
    """It takes seconds of the processor, in each stage that asks a model."""
    modules = ", ".join(f"silverprint.model.{name}" for name in ("round_model", "none_of_these", "learning"))
    heavy = {"pytorch_lightning", "torchmetrics", "torchvision"}
    code = f"import sys, {modules}; assert not {heavy!r} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("kernel", [False, True])
def test_jobs_come_to_the_same_bytes(pool, head, kernel):
    features, ids = pool
    if kernel:
        rng = np.random.default_rng(2)
        seen = {"kernel.lens": (6, 3), "kernel.landmarks": (5, 3), "weight": (3, 5, 4)}
        arrays = {name: rng.normal(size=shape) for name, shape in seen.items()}
        rest = {name: array for name, array in head.state_dict().items() if name not in arrays}
        tensors = {name: torch.as_tensor(array, dtype=torch.float32) for name, array in arrays.items()}
        head = Head({**rest, **tensors, "kernel.width": torch.tensor(2.0)})
    run = Elsewhere()
    found = predict_in_jobs(head, features, ids, run, "score")
    assert found.tobytes() == predict(head, features, ids).tobytes()
    assert len(run.sizes) == 3
    assert max(run.sizes) < 2 * 6 * module._BATCH + 1_000


def test_features_travel_only_to_a_head_that_works_longer_on_them(pool, head):
    features, _ = pool
    assert not is_worth_it(head, features, 10**12)  # 12 columns
    wide = Head({**head.state_dict(), "weight": torch.zeros(30, 6, 10), "bias": torch.zeros(30, 10)})
    assert is_worth_it(wide, features, 10**9)
    assert not is_worth_it(wide, features, 10**6)
