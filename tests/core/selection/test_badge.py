import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.selection import select_with_scores
from silverprint.core.selection.d2_sampling import d2_sample
from silverprint.core.selection.strategies import badge
from silverprint.core.selection.validate import checked_pool


def plain_gradients(embeddings, probabilities):
    """(N, C · D), as the paper writes them."""
    mean = probabilities if probabilities.ndim == 2 else probabilities.mean(axis=0)
    deltas = mean - np.eye(mean.shape[1])[mean.argmax(axis=1)]
    return np.einsum("nc,nd->ncd", deltas, embeddings.astype(np.float64)).reshape(len(mean), -1)


def plain_clocks(rows, chance, first, budget):
    """k-means++ by clocks, every row looked at every time."""
    drawn, left = [first], -np.log(chance)
    while len(drawn) < budget:
        rates = ((rows[:, None] - rows[drawn]) ** 2).sum(axis=2).min(axis=1)
        rates[rates < 1e-9] = 0
        wait = np.divide(left, rates, out=np.full(len(rows), np.inf), where=rates > 0)
        wait[drawn] = np.nan
        ring = int(np.nanargmin(wait))
        left -= rates * (wait[ring] if np.isfinite(wait[ring]) else 0.0)
        drawn.append(ring)
    return drawn


@given(
    st.integers(0, 2**32 - 1), st.integers(2, 25), st.integers(2, 4), st.sampled_from([None, 1, 3]), st.integers(0, 5)
)
def test_it_is_k_means_plus_plus_on_the_gradients(seed, n, c, members, labelled):
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(size=(n, 3)).astype(np.float32)
    probabilities = rng.dirichlet(np.ones(c), size=n if members is None else (members, n))
    labeled = rng.permutation(n)[: min(labelled, n - 1)]
    budget = int(rng.integers(1, n - len(labeled) + 1))
    pool = checked_pool(embeddings, probabilities, labeled, None, budget, seed=5)
    gradients = plain_gradients(embeddings, probabilities)[pool.candidates]
    lengths = (gradients**2).sum(axis=1)
    chance = pool.chance(pool.candidates, badge._STREAM)
    drawn = plain_clocks(gradients, chance, int(lengths.argmax()), budget)
    rows, values = badge.pick(pool)
    assert rows.tolist() == pool.candidates[drawn].tolist()
    assert values[0] == pytest.approx(lengths.max())
    for rank in range(1, budget):
        nearest = ((gradients[drawn[rank]] - gradients[drawn[:rank]]) ** 2).sum(axis=1).min()
        assert values[rank] == pytest.approx(nearest, abs=1e-9)


@pytest.mark.slow
def test_a_centre_is_drawn_in_proportion_to_its_squared_distance():
    at = np.array([0.0, 1.0, 2.0, 3.0, 6.0])

    def distances(places, centres):
        return (at[places, None] - at[centres]) ** 2

    draws = 4000
    chance = np.random.default_rng(0).random((draws, len(at)))
    drawn = np.array([d2_sample(distances, row, 0, 3)[0] for row in chance])
    expected = {}
    for second in range(1, 5):
        for third in {1, 2, 3, 4} - {second}:
            nearest = np.minimum(at**2, (at - at[second]) ** 2)
            expected[second, third] = at[second] ** 2 / 50 * nearest[third] / nearest.sum() * draws
    seen = {pair: int(((drawn[:, 1] == pair[0]) & (drawn[:, 2] == pair[1])).sum()) for pair in expected}
    assert sum(seen.values()) == draws
    chi = sum((seen[pair] - expected[pair]) ** 2 / expected[pair] for pair in expected)
    assert chi < 31.3  # the 99.9 % point of chi-square with 11 degrees of freedom


def test_pictures_the_model_is_certain_of_share_one_place_in_the_batch():
    rng = np.random.default_rng(1)
    probabilities = np.tile([1.0, 0.0], (50, 1))
    probabilities[:5] = rng.dirichlet([5, 5], size=5)
    embeddings = rng.normal(size=(50, 4))
    rows, values = select_with_scores(
        "badge",
        embeddings=embeddings,
        probabilities=probabilities,
        labeled=np.array([], dtype=np.int64),
        budget=10,
        seed=0,
    )
    assert set(range(5)) <= set(rows[:6])
    assert values[6:].tolist() == [0.0] * 4
