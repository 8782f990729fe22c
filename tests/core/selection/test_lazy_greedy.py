import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.selection.lazy_greedy import lazy_greedy
from silverprint.core.selection.strategies.uherding import Coverage


def plain_greedy(objective, count, budget):
    chosen, values = [], []
    for _ in range(budget):
        worth = objective.values(np.arange(count))
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        objective.take(best, worth[best])
        chosen.append(best)
        values.append(worth[best])
    return chosen, values


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.booleans(), st.booleans(), st.data())
def test_lazy_is_plain_greedy(seed, candidates, references, ties, tight, data):
    rng = np.random.default_rng(seed)
    similar = rng.random((candidates, references), dtype=np.float32)
    similar = np.round(similar * 2) / 2 if ties else similar
    budget = data.draw(st.integers(0, candidates))

    def coverage():
        return Coverage(similar, np.zeros(references, dtype=np.float32), np.ones(references, dtype=np.float32), 1)

    bounds = coverage().values(np.arange(candidates)) if tight else np.full(candidates, float(references))
    rows, gains = lazy_greedy(coverage(), bounds, budget)
    chosen, expected = plain_greedy(coverage(), candidates, budget)
    assert rows.tolist() == chosen
    assert gains.tolist() == expected


def test_only_what_can_still_win_is_evaluated():
    class Fixed:
        seen = 0

        def values(self, places):
            self.seen += len(places)
            return -places.astype(float)

        def take(self, place, value):
            pass

    objective = Fixed()
    rows, _ = lazy_greedy(objective, -np.arange(10_000.0), 100)
    assert rows.tolist() == list(range(100))
    assert objective.seen == 100
