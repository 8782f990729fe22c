"""What is chosen among the rows that a first pass keeps is what is chosen among all, whatever its parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.core import half_precision
from silverprint.core.features.projection import Projection
from silverprint.core.selection import STRATEGIES, first_pass, select_with_scores
from silverprint.core.selection.strategies import uherding
from silverprint.errors import DataError
from tests.helpers.jobs import Elsewhere

DRAWING = sorted(name for name, one in STRATEGIES.items() if one.draws_by)


def test_the_strategies_that_cover_the_pool_draw_what_they_look_at() -> None:
    assert DRAWING == ["auto", "maxherding", "uherding"]
    assert first_pass.is_worth_it("auto", first_pass.FEWEST)
    assert not first_pass.is_worth_it("auto", first_pass.FEWEST - 1)
    assert not first_pass.is_worth_it("margin", 10**9)


@settings(max_examples=12, deadline=None)
@given(
    strategy=st.sampled_from(DRAWING),
    seed=st.integers(0, 2**32 - 1),
    members=st.sampled_from([0, 1, 3]),
    labelled=st.integers(0, 30),
    taught=st.booleans(),
    budget=st.integers(1, 40),
    span=st.sampled_from([17, 300, 2_000]),
)
def test_the_choice_is_that_among_all(
    strategy: str, seed: int, members: int, labelled: int, taught: bool, budget: int, span: int
) -> None:
    rng = np.random.default_rng(seed)
    count = 900
    features = rng.normal(size=(count, 6)).astype(np.float16)
    features[::9] = features[0]  # copies
    thought = half_precision.to_half(rng.dirichlet(np.full(4, 0.3), size=(members, count))) if members else None
    labeled = rng.permutation(count)[:labelled]
    labels = rng.integers(0, 4, labelled) if taught else np.full(labelled, -1)
    projection = Projection.of(features.astype(np.float32), {"all": slice(0, 6)})
    scales = np.full(projection.width, 0.5, dtype=np.float16)
    pieces = [slice(start, start + span) for start in range(0, count, span)]
    jobs = ((features[of], None if thought is None else thought[:, of]) for of in pieces)
    looked = [first_pass.look(job, projection, scales, seed) for job in jobs]
    rows, hashes = (np.concatenate([getattr(part, name) for part in looked]) for name in ("rows", "hashes"))
    unsure = None if thought is None else np.concatenate([part.unsure for part in looked])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uherding, "_CANDIDATES", 60)
        patch.setattr(uherding, "_REFERENCES", 80)
        request = {"labels": labels, "budget": budget}
        kept, whole = first_pass.keep(strategy, hashes, unsure, lambda places: rows[places], labeled=labeled, **request)
        assert len(kept) <= labelled + max(60, 80, 10 * budget) + 1
        read = None if thought is None else half_precision.from_half(thought)
        everything = select_with_scores(
            strategy, embeddings=rows, probabilities=read, labeled=labeled, seed=seed, **request
        )
        few = select_with_scores(
            strategy,
            embeddings=rows[kept],
            probabilities=None if read is None else read[:, kept],
            labeled=np.searchsorted(kept, labeled),
            seed=seed,
            whole=whole,
            **request,
        )
    np.testing.assert_array_equal(kept[few[0]], everything[0])
    np.testing.assert_array_equal(few[1], everything[1])


def test_a_job_is_small_and_says_what_is_no_distribution() -> None:
    features = np.ones((50, 6), dtype=np.float16)
    features[:25] += np.arange(6, dtype=np.float16)
    projection = Projection.of(features.astype(np.float32), {"all": slice(0, 6)})
    scales = np.ones(projection.width, dtype=np.float16)
    run = Elsewhere()
    [looked] = run(_job(projection, scales), [(features, None)])
    assert looked.unsure is None
    assert run.sizes[0] < 2_000
    with pytest.raises(DataError, match="must be a distribution"):
        first_pass.look((features, np.full((1, 50, 2), 0.9, dtype=np.float16)), projection, scales, 0)


def _job(projection: Projection, scales: np.ndarray):
    from functools import partial

    return partial(first_pass.look, projection=projection, scales=scales, seed=3)
