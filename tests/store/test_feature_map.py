"""Similar pictures are found exactly, and the map is kept without a name."""

import numpy as np
import polars as pl
import pytest

from silverprint.store import features
from silverprint.store.feature_map import FeatureMap
from tests.helpers.round_campaign import image_id

COUNT, BLOCKS = 300, {"final": 24, "middle": 16}


@pytest.fixture
def rows(tmp_path):
    """(n, d) float16, on the disk in two parts."""
    chance = np.random.default_rng(0)
    values = (chance.normal(size=(COUNT, 40)) * np.r_[np.full(24, 10.0), np.full(16, 0.1)] + 5).astype(np.float16)
    names = [image_id(number) for number in range(COUNT)]
    description = {"backbone": "b", "size": 1, "weights_sha256": "w", "blocks": BLOCKS}
    features.write_description(tmp_path / "embed", description)
    for part in (slice(0, 200), slice(200, COUNT)):
        features.append(tmp_path / "embed", names[part], [values[part]])
    return values


def opened(folder, names=None, threads=2):
    table = pl.Series("image_id", names or sorted(image_id(number) for number in range(COUNT)))
    return FeatureMap(folder / "embed", table, folder / "var/map.kept", threads), table.to_list()


def test_similarity_is_the_cosine_of_centred_blocks_of_equal_weight(tmp_path, rows) -> None:
    found, names = opened(tmp_path)
    wide = rows.astype(np.float64)
    centred = wide - wide.mean(axis=0)
    for block in (slice(0, 24), slice(24, 40)):
        centred[:, block] /= np.sqrt(np.square(centred[:, block]).sum(axis=1).mean())
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    order = [names.index(image_id(number)) for number in range(COUNT)]  # place in the table of each row on disk
    for number in (0, 199, 200, 299):
        expected = unit @ unit[number]
        similar = found.similar(order[number])
        assert similar[order] == pytest.approx(expected, abs=1e-4)
        assert similar.argmax() == order[number]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_direction_is_compared_with_one_block_of_every_row_as_it_is(tmp_path, rows, block) -> None:
    found, _ = opened(tmp_path, [image_id(0), "f" * 64, image_id(250), image_id(199)])
    direction = np.random.default_rng(1).normal(size=BLOCKS[block]).astype(np.float32)
    direction /= np.linalg.norm(direction)
    columns = slice(0, 24) if block == "final" else slice(24, COUNT)
    wide = rows[[0, 250, 199], columns].astype(np.float64)
    expected = wide @ direction / np.linalg.norm(wide, axis=1)
    cosines = found.towards(direction, block)
    assert np.isnan(cosines).tolist() == [False, True, False, False]
    assert cosines[[0, 2, 3]] == pytest.approx(expected, abs=1e-5)


def test_a_picture_without_features_is_like_none_and_nowhere(tmp_path, rows) -> None:
    found, _ = opened(tmp_path, [image_id(0), "f" * 64, image_id(250)])
    assert np.isnan(found.coordinates()).all(axis=1).tolist() == [False, True, False]
    similar = found.similar(0)
    assert np.isnan(similar).tolist() == [False, True, False]
    assert similar[0] == pytest.approx(1, abs=1e-4)
    assert np.isnan(found.similar(1)).all()


def test_a_pool_without_any_features_has_an_empty_map(tmp_path) -> None:
    features.write_description(tmp_path / "embed", {"blocks": BLOCKS})
    found, _ = opened(tmp_path, [image_id(0)])
    assert np.isnan(found.coordinates()).all()
    assert np.isnan(found.similar(0)).all()


def test_the_map_is_kept_and_made_again_when_features_change(tmp_path, rows, monkeypatch) -> None:
    from silverprint.core.features.similarity_space import SimilaritySpace

    first, names = opened(tmp_path)
    kept = (tmp_path / "var/map.kept").read_bytes()
    assert not any(name.encode() in kept for name in names)
    with monkeypatch.context() as patch:
        patch.setattr(SimilaritySpace, "of", None)  # nothing is computed
        again, _ = opened(tmp_path)
    assert (again.coordinates() == first.coordinates()).all()
    assert (again.similar(3) == first.similar(3)).all()
    features.forget(tmp_path / "embed", {names[0]})
    less, _ = opened(tmp_path)
    assert np.isnan(less.coordinates()[0]).all()
    assert (tmp_path / "var/map.kept").read_bytes() != kept


def test_places_lie_between_the_edges_the_same_each_time(tmp_path, rows) -> None:
    places = opened(tmp_path, threads=1)[0].coordinates()
    (tmp_path / "var/map.kept").unlink()
    assert (opened(tmp_path)[0].coordinates() == places).all()
    assert places.min() == 0
    assert places.max() == 1
    assert np.ptp(places, axis=0).tolist() == [1, 1]
