"""A head that tells pictures of no class from the others."""

from pathlib import Path

import numpy as np
import pytest

from silverprint.core.features.lens import Lens
from silverprint.errors import DataError
from silverprint.model import none_of_these
from silverprint.store import features
from silverprint.store.features import Features

SIDE = 24


def answers(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features of `count` pictures, (count, SIDE), every fourth of no class, which is a cloud of its own."""
    rng = np.random.default_rng(seed)
    none = np.arange(count) % 4 == 0
    return rng.normal(size=(count, SIDE)).astype(np.float32) + 1.2 * none[:, None].astype(np.float32), none


def lens_of(rows: np.ndarray) -> Lens:
    return Lens.of(rows, {"all": slice(0, SIDE)}, rows, np.arange(len(rows)) % 2)


def test_it_tells_what_it_was_not_shown_and_says_how_well() -> None:
    rows, none = answers(120)
    lens = lens_of(rows)
    found = none_of_these.learn(lens(rows), none, lens(rows), lens, seed=1)
    assert found is not None
    assert found.facts["answers"] == 30
    assert found.held_out.shape == (120,)
    others, of_none = answers(400, seed=2)
    said = found.head.predict(others).mean(axis=0)[:, 1]
    assert ((said > 0.5) == of_none).mean() > 0.9
    assert found.facts["auc"] > 0.9
    own = found.head.predict(rows).mean(axis=0)[:, 1]
    assert ((found.held_out > 0.5) != none).mean() >= ((own > 0.5) != none).mean()  # of its own examples it knows more


def test_what_cannot_be_told_is_told_as_luck() -> None:
    rows, none = answers(200)
    rows -= 1.2 * none[:, None].astype(np.float32)
    lens = lens_of(rows)
    found = none_of_these.learn(lens(rows), none, lens(rows), lens, seed=1)
    assert found is not None
    assert 0.35 < found.facts["auc"] < 0.65
    assert np.abs(found.held_out - none.mean()).mean() < 0.1  # the share of such answers, about each picture


def test_a_handful_of_answers_teaches_nothing() -> None:
    rows, none = answers(4 * none_of_these.FEWEST)
    lens = lens_of(rows)
    none[0] = False
    assert none_of_these.learn(lens(rows), none, lens(rows), lens, seed=1) is None


def test_it_is_kept_beside_the_model(tmp_path: Path) -> None:
    rows, none = answers(80)
    names = [f"{number:064x}" for number in range(80)]
    description = {"backbone": "b", "size": 32, "weights_sha256": "w", "blocks": {"all": SIDE}}
    features.write_description(tmp_path / "embed", description)
    features.append(tmp_path / "embed", names, [rows.astype(np.float16)])
    known = Features(tmp_path / "embed")
    model = tmp_path / "model"
    model.mkdir()
    assert none_of_these.chances(model, tmp_path / "embed", names) is None
    lens = lens_of(rows)
    found = none_of_these.learn(lens(rows), none, lens(rows), lens, seed=1)
    assert found is not None
    none_of_these.save(found.head, model)
    said = none_of_these.chances(model, tmp_path / "embed", names[::-1])
    assert said == pytest.approx(found.head.predict(known.matrix(names[::-1])).mean(axis=0)[:, 1], abs=1e-6)
    assert none_of_these.chances(model, tmp_path / "embed", []).shape == (0,)
    (model / none_of_these.WEIGHTS).write_bytes(b"no head")
    with pytest.raises(DataError, match="not a readable head"):
        none_of_these.chances(model, tmp_path / "embed", names)
