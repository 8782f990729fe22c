"""ONNX files, as another program's runtime reads them."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from silverprint import config
from silverprint.commands import model_export
from silverprint.config import Embed
from silverprint.errors import UnavailableError, UsageError
from silverprint.model import embedder, onnx_file
from silverprint.model.finetune.network import Network
from silverprint.model.head import Head
from tests.helpers import needs
from tests.helpers.tiny_backbone import REPLACED, replace_backbone

EMBED = Embed(REPLACED, 32, 4)
WIDTH, CLASSES = 80, 3


def made(kind: str) -> Head | Network:
    if kind == "network":
        return Network.pretrained(EMBED, CLASSES, seed=1)
    rng = np.random.default_rng(1)
    common = {"centre": np.zeros(WIDTH), "scale": np.ones(WIDTH), "temperature": np.array(1.3)}
    if kind == "linear":
        weight = rng.normal(size=(2, WIDTH, CLASSES)) / WIDTH**0.5
        return Head.of(**common, weight=weight, bias=rng.normal(size=(2, CLASSES)))
    kernel = {
        "kernel.lens": rng.normal(size=(WIDTH, 5)),
        "kernel.landmarks": rng.normal(size=(7, 5)),
        "kernel.width": np.array(9.0),
    }
    return Head.of(**common, **kernel, weight=rng.normal(size=(1, 7, CLASSES)), bias=rng.normal(size=(1, CLASSES)))


@pytest.mark.slow  # torch traces each for seconds
@pytest.mark.parametrize("kind", ["linear", "kernel", "network"])
def test_it_answers_as_the_pipeline_does(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        needs.module(name, "run: make extras-env")
    import onnxruntime

    replace_backbone(monkeypatch)
    learnt = made(kind)
    onnx_file.write(tmp_path / "m.onnx", learnt, EMBED, {"classes": ["é", "b", "c"], "size": 32})
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == ["é", "b", "c"]
    for count in (1, 5):  # any number of pictures
        pixels = np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        (found,) = session.run(["probabilities"], {"pictures": pixels.transpose(0, 3, 1, 2).astype(np.float32)})
        if isinstance(learnt, Head):
            rows = embedder.Embedder(REPLACED, 32)(pixels).astype(np.float32)
            expected = learnt.predict(rows).mean(axis=0)
        else:
            (expected,) = learnt.probabilities(learnt.eval().seen(pixels))
        assert found == pytest.approx(expected, abs=1e-4)


def test_without_its_packages_a_line_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UnavailableError, match=r"onnx: it is not installed.*silverprint\[onnx\]"):
        onnx_file.write(tmp_path / "m.onnx", made("linear"), EMBED, {})
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_a_line(project: Path) -> None:
    params = config.load()
    with pytest.raises(UsageError, match="round 'r99': no such round"):
        model_export.run(params, project / "m.onnx", "r99")
    with pytest.raises(UnavailableError, match="no model yet"):
        model_export.run(params, project / "m.onnx")
    with pytest.raises(UsageError, match="no file can be written there"):
        model_export.run(params, project)
