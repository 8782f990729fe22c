"""A model as MLflow loads it: files' bytes in, classes and probabilities out."""

import json
import warnings
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from silverprint import layout
from silverprint.adapters.tracking import served_model
from silverprint.config import Embed
from silverprint.errors import DataError, UsageError
from silverprint.model import embedder, served
from silverprint.model.finetune.network import Network
from silverprint.model.head import Head
from silverprint.store import model_card
from tests.helpers.tiny_backbone import REPLACED, replace_backbone

EMBED = Embed(REPLACED, 32, 4)
CLASSES = ["coat", "bag", "shoe"]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Six pictures, and the packaged backbone is a tiny one."""
    replace_backbone(monkeypatch)
    found = []
    for pixels in np.random.default_rng(2).integers(0, 256, (6, 40, 52, 3), dtype=np.uint8):
        file = BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        found.append(file.getvalue())
    return found


def card() -> dict:
    return {"model_id": "r01-1", "classes": CLASSES, "features": embedder.describe(EMBED, None)}


def head() -> Head:
    rng = np.random.default_rng(1)
    tensors = {"weight": rng.normal(size=(2, 80, 3)), "bias": rng.normal(size=(2, 3))}
    return Head.of(centre=np.zeros(80), scale=np.ones(80), temperature=np.array(1.0), **tensors)


def facts(folder: Path, known: dict) -> None:
    said = {"round": "r01", "classes": CLASSES, "card": known, "embed": asdict(EMBED)}
    (folder / served.FACTS).write_text(json.dumps(said))


def answers(found: pd.DataFrame) -> np.ndarray:
    return np.array([[row[name] for name in CLASSES] for row in found["probabilities"]])


def test_a_head_answers_files_as_it_answers_their_features(tmp_path: Path, files: list[bytes]) -> None:
    learnt = head()
    learnt.save(tmp_path, card())
    facts(tmp_path, card())
    pixels = np.stack([embedder.prepare(str(number), data, 32) for number, data in enumerate(files)])
    seen = embedder.Embedder(REPLACED, 32)
    rows = np.concatenate([seen(pixels[at : at + 4]) for at in (0, 4)]).astype(np.float32)
    expected = learnt.predict(rows).mean(axis=0)
    found = served._load_pyfunc(str(tmp_path)).predict(pd.DataFrame({"image": files}, index=list("abcdef")))
    assert answers(found) == pytest.approx(expected, abs=1e-5)
    assert found["class"].to_list() == [CLASSES[place] for place in expected.argmax(axis=1)]
    assert list(found.index) == list("abcdef")


def test_a_fine_tuned_network_answers_files(tmp_path: Path, files: list[bytes]) -> None:
    network = Network.pretrained(EMBED, 3, seed=1)
    network.save(tmp_path, card() | {"trainer": "finetune"})
    facts(tmp_path, card() | {"trainer": "finetune"})
    (expected,) = network.probabilities(network.logits((str(number), data) for number, data in enumerate(files)))
    found = served._load_pyfunc(str(tmp_path)).predict(pd.DataFrame({"picture": files}))
    assert answers(found) == pytest.approx(expected, abs=1e-5)


def test_what_is_no_picture_or_no_model_is_a_line(tmp_path: Path, files: list[bytes]) -> None:
    head().save(tmp_path, card())
    facts(tmp_path, card())
    model = served._load_pyfunc(str(tmp_path))
    with pytest.raises(UsageError, match="no column 'image'"):
        model.predict(pd.DataFrame({"one": files, "other": files}))
    with pytest.raises(DataError, match="picture 1: it does not decode"):
        model.predict(pd.DataFrame({"image": [files[0], b"no picture"]}))
    (tmp_path / served.FACTS).write_text("{}")
    with pytest.raises(DataError, match="not readable"):
        served._load_pyfunc(str(tmp_path))


@pytest.mark.slow  # MLflow takes seconds to import
@pytest.mark.parametrize("library", [False, True])
def test_mlflow_loads_what_is_written(
    library: bool, tmp_path: Path, files: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's, of its own type hints
        from mlflow import pyfunc
    monkeypatch.chdir(tmp_path)
    layout.model("r01").mkdir(parents=True)
    lists = {"trained_on": ["a1" * 32], "none_trained_on": ["b2" * 32]}
    head().save(layout.model("r01"), card() | lists)
    embed = EMBED
    if library:  # its file of weights travels with it
        Path("w.pth").write_bytes(b"weights")
        embed = Embed(REPLACED, 32, 4, "w.pth", "0" * 64)
    served_model.write(tmp_path / "made", SimpleNamespace(embed=embed), "r01")
    model = pyfunc.load_model(str(tmp_path / "made"))
    expected = served._load_pyfunc(str(tmp_path / "made/data/model")).predict(pd.DataFrame({"image": files}))
    found = model.predict(pd.DataFrame({"image": files}))
    assert answers(found) == pytest.approx(answers(expected), abs=1e-6)
    assert model.metadata.metadata["classes"] == CLASSES
    written = b"".join(path.read_bytes() for path in (tmp_path / "made").rglob("*") if path.is_file())
    assert not [name for (name,) in lists.values() if name.encode() in written]
    assert (b"weights" in written) or not library
    assert model_card.read(layout.model("r01"))["trained_on"] == lists["trained_on"]


def test_a_copy_is_made_where_all_that_answers_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = layout.model("r01")
    folder.mkdir(parents=True)

    def possible(embed: Embed, **features: object) -> bool:
        model_card.write(folder, {"model_id": "r01-1", "trained_on": [], "classes": CLASSES, "features": features})
        return served_model.can_be_made(SimpleNamespace(embed=embed), "r01")

    same = {"backbone": REPLACED, "size": 32}
    assert not possible(EMBED, **same)  # the weights were not pulled
    (folder / "head.pt").write_bytes(b"")
    assert possible(EMBED, **same)
    assert not possible(EMBED, **same | {"size": 64})
    library = Embed(REPLACED, 32, 4, "w.pth", "0" * 64)
    assert not possible(library, **same, weights_sha256="0" * 64)
    Path("w.pth").write_bytes(b"")
    assert possible(library, **same, weights_sha256="0" * 64)
    assert not possible(library, **same, weights_sha256="1" * 64)
