import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core.features.projection import COMPONENTS, Projection

BLOCKS = {"final": slice(0, 3), "middle": slice(3, 10), "empty": slice(10, 11)}


def features(seed: int, n: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(5, 3, size=(n, 11)) * np.repeat([1, 50, 0], [3, 7, 1])
    return rows.astype(np.float16)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_each_block_is_centred_weighs_the_same_and_keeps_its_distances(seed, n):
    rows = features(seed, n)
    projection = Projection.of(rows, BLOCKS)
    seen = projection(rows).astype(np.float64)
    assert seen.shape == (n, projection.width)
    assert np.isfinite(seen).all()
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=2e-2)
    for name in ("final", "middle"):
        own, block = seen[:, projection.columns[name]], rows[:, BLOCKS[name]].astype(np.float64)
        assert abs(np.square(own).sum(axis=1).mean() - 1) < 1e-2
        far = np.linalg.norm(block[:, None] - block, axis=2)
        scale = np.sqrt(np.square(block - block.mean(axis=0)).sum(axis=1).mean())
        np.testing.assert_allclose(np.linalg.norm(own[:, None] - own, axis=2), far / scale, atol=1e-2)
    assert projection.columns["empty"] == slice(projection.width, projection.width)


def test_wide_blocks_keep_their_leading_components():
    rng = np.random.default_rng(0)
    strong = rng.normal(size=(300, COMPONENTS)) @ rng.normal(size=(COMPONENTS, 200))
    rows = strong + 1e-3 * rng.normal(size=(300, 200))
    projection = Projection.of(rows, {"final": slice(0, 200)})
    seen = projection(rows).astype(np.float64)
    assert seen.shape == (300, COMPONENTS)
    assert abs(np.square(seen).sum(axis=1).mean() - 1) < 1e-2


def test_another_order_of_the_sample_projects_alike():
    rows = features(1, 200)
    shuffled = np.random.default_rng(2).permutation(200)
    one, other = Projection.of(rows, BLOCKS)(rows), Projection.of(rows[shuffled], BLOCKS)(rows)
    assert (one == other).mean() > 0.999


def test_no_pictures_have_no_columns():
    assert Projection.of(np.empty((0, 11), np.float16), BLOCKS).width == 0
