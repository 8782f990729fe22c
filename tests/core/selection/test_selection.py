"""One contract for every strategy."""

import subprocess
import sys

import numpy as np
import pytest
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import jaxtyped

from silverprint.core.selection import STRATEGIES, select, select_with_scores
from silverprint.core.selection.validate import SUM_TOLERANCE
from silverprint.errors import ConfigError, DataError
from tests.helpers.examples import fewer

DRAWN = {"badge", "typiclust"}  # their values need not fall
every = pytest.mark.parametrize("strategy", sorted(STRATEGIES))
shaped = jaxtyped(typechecker=beartype)(select_with_scores)


@st.composite
def requests(draw, coarse=True):
    """A small request; `coarse` ones are full of ties, copies and constant columns."""
    n, d, c = draw(st.integers(1, 30)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    members = draw(st.sampled_from([None, 1, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (n, c) if members is None else (members, n, c)
    if coarse:
        embeddings = rng.integers(-1, 2, size=(n, d)).astype(np.float32)
        weights = rng.integers(1, 3, size=shape).astype(np.float64)
    else:
        embeddings = rng.normal(size=(n, d)).astype(np.float32)
        weights = rng.random(shape) + 0.01
    labeled = rng.permutation(n)[: draw(st.integers(0, n))].astype(np.int64)
    budget = draw(st.integers(0, n - len(labeled)))
    return {
        "embeddings": embeddings,
        "probabilities": weights / weights.sum(axis=-1, keepdims=True),
        "labeled": labeled,
        "brought": rng.integers(-1, c, n),
        "budget": budget,
        "seed": draw(st.integers(0, 2**32 - 1)),
    }


def a_request(n=40, d=4, c=3, budget=5, labeled=(), seed=1):
    rng = np.random.default_rng(seed)
    weights = rng.random((n, c)) + 0.01
    return {
        "embeddings": rng.normal(size=(n, d)).astype(np.float32),
        "probabilities": weights / weights.sum(axis=1, keepdims=True),
        "labeled": np.array(labeled, dtype=np.int64),
        "brought": rng.integers(-1, c, n),
        "budget": budget,
        "seed": 7,
    }


@pytest.mark.slow
@every
@fewer(2)
@given(request=requests())
def test_budget_distinct_unlabelled_best_first_and_repeatable(strategy, request):
    rows, values = shaped(strategy, **request)
    assert rows.dtype == np.int64
    assert len(rows) == len(set(rows)) == len(values) == request["budget"]
    assert not set(rows) & set(request["labeled"])
    assert ((rows >= 0) & (rows < len(request["embeddings"]))).all()
    known = values[~np.isnan(values)]
    assert strategy in DRAWN or (np.diff(known) <= 0).all()
    again = shaped(strategy, **request)
    np.testing.assert_array_equal(again[0], rows)
    np.testing.assert_array_equal(again[1], values)


@pytest.mark.slow
@every
@fewer(2)
@given(request=requests(coarse=False), seed=st.integers(0, 1000))
def test_shuffled_rows_give_the_same_pictures(strategy, request, seed):
    order = np.random.default_rng(seed).permutation(len(request["embeddings"]))
    place = np.argsort(order)
    shuffled = request | {
        "embeddings": request["embeddings"][order],
        "probabilities": request["probabilities"][..., order, :],
        "labeled": place[request["labeled"]],
        "brought": request["brought"][order],
    }
    np.testing.assert_array_equal(order[select(strategy, **shuffled)], select(strategy, **request))


@pytest.mark.slow
@every
def test_the_rows_come_without_their_values_too(strategy):
    request = a_request(labeled=[1, 2])
    np.testing.assert_array_equal(select(strategy, **request), select_with_scores(strategy, **request)[0])


@every
def test_inputs_are_left_alone(strategy):
    request = a_request(labeled=[1, 2])
    before = {name: np.copy(value) for name, value in request.items()}
    select(strategy, **request)
    for name, value in request.items():
        np.testing.assert_array_equal(value, before[name])


@every
def test_a_read_only_half_precision_memory_map_will_do(strategy, tmp_path):
    request = a_request()
    np.save(tmp_path / "x.npy", request["embeddings"].astype(np.float16))
    np.save(tmp_path / "p.npy", request["probabilities"].astype(np.float16))
    mapped = {
        "embeddings": np.load(tmp_path / "x.npy", mmap_mode="r"),
        "probabilities": np.load(tmp_path / "p.npy", mmap_mode="r"),
    }
    assert len(select(strategy, **(request | mapped))) == 5


@every
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 39}, "budget = 39 with 38 unlabelled rows of 40"),
        ({"budget": -1}, "budget = -1"),
        ({"embeddings": np.zeros(40)}, r"embeddings of shape \(40,\): must be \(N, D\)"),
        ({"embeddings": np.full((40, 4), np.nan)}, "embeddings row 0 .*must be finite"),
        ({"probabilities": np.full((40, 3), np.nan)}, "40 rows not finite"),
        ({"probabilities": np.full((40, 3), 0.5)}, "summing to 1.5..1.5: each row must be a distribution"),
        ({"probabilities": np.tile([1.5, -0.5, 0.0], (40, 1))}, "from -0.5"),
        ({"probabilities": np.full((39, 2), 0.5)}, r"shape \(39, 2\): must be \(40, C\) or \(M, 40, C\)"),
        ({"probabilities": np.full((40, 0), 0.5)}, r"shape \(40, 0\)"),
        ({"labeled": np.array([40, 1])}, "labeled has 40: must index the 40 rows"),
        ({"labeled": np.array([-1, 1])}, "labeled has -1"),
        ({"labeled": np.array([0.5, 1])}, "must be .* integers"),
        ({"labels": np.array([1])}, r"labels of shape \(1,\)"),
        ({"brought": np.array([1])}, r"brought of shape \(1,\)"),
        ({"brought": np.full(40, -2)}, "brought has -2"),
    ],
)
def test_a_broken_request_is_one_clear_line(strategy, change, message):
    with pytest.raises(DataError, match=message) as caught:
        select(strategy, **(a_request(labeled=[0, 1]) | change))
    assert "\n" not in str(caught.value)


NONE = np.array([], dtype=np.int64)
EDGES = {
    "zero labels": {"labeled": NONE, "labels": NONE},
    "labels known": {"labeled": np.array([3, 9]), "labels": np.array([0, -1])},
    "labelled twice": {"labeled": np.array([3, 3, 9])},
    "budget 0": {"budget": 0},
    "the whole pool": {"budget": 40},
    "all alike": {"embeddings": np.ones((40, 4)), "probabilities": np.full((40, 3), 1 / 3)},
    "two pictures, copied": {"embeddings": np.eye(4)[np.arange(40) % 2], "budget": 39},
    "no spread but one": {"embeddings": np.eye(40)[:, :1]},
    "one class": {"probabilities": np.ones((40, 1))},
    "one class of three": {"probabilities": np.tile([0.0, 1.0, 0.0], (40, 1))},
    "one member": {"probabilities": np.full((1, 40, 3), 1 / 3)},
    "members": {"probabilities": np.random.default_rng(0).dirichlet(np.ones(3), size=(5, 40))},
    "members that agree": {"probabilities": np.full((5, 40, 3), 1 / 3)},
    "whole numbers": {"embeddings": np.arange(160).reshape(40, 4)},
    "half precision": {"embeddings": np.random.default_rng(0).normal(size=(40, 4)).astype(np.float16)},
    "double precision": {"embeddings": np.random.default_rng(0).normal(size=(40, 4))},
    "far from zero": {"embeddings": np.random.default_rng(0).normal(1e6, 1, size=(40, 4))},
    "huge": {"embeddings": np.random.default_rng(0).normal(size=(40, 4)) * 1e15},
    "tiny": {"embeddings": np.random.default_rng(0).normal(size=(40, 4)) * 1e-15},
    "columns apart": {"embeddings": np.asfortranarray(np.random.default_rng(0).normal(size=(40, 4)))},
    "no label brought": {"brought": np.full(40, -1)},
    "one picture": {"embeddings": np.ones((1, 4)), "probabilities": np.full((1, 3), 1 / 3), "budget": 1},
    "no picture": {"embeddings": np.ones((0, 4)), "probabilities": np.ones((0, 3)), "budget": 0},
}


@every
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("edge", EDGES)
def test_at_every_edge_the_contract_holds(strategy, edge):
    request = a_request(n=len(EDGES[edge].get("embeddings", range(40)))) | EDGES[edge]
    budget = min(request["budget"], len(request["embeddings"]) - len(set(request["labeled"])))
    rows, values = select_with_scores(strategy, **(request | {"budget": budget}))
    assert len(set(rows) - set(request["labeled"])) == len(rows) == len(values) == budget


@pytest.mark.slow
@every
def test_another_precision_of_the_same_figures_changes_nothing(strategy):
    request = a_request() | {"embeddings": np.random.default_rng(0).normal(size=(40, 4)).astype(np.float16)}
    for wider in (np.float32, np.float64):
        other = request | {"embeddings": request["embeddings"].astype(wider)}
        np.testing.assert_array_equal(select(strategy, **other), select(strategy, **request))


@every
def test_all_labelled_has_nothing_to_choose(strategy):
    request = a_request(n=3, labeled=[0, 1, 2])
    assert select(strategy, **(request | {"budget": 0})).shape == (0,)
    with pytest.raises(DataError, match="0 unlabelled rows of 3"):
        select(strategy, **(request | {"budget": 1}))


def test_an_unknown_strategy_lists_the_known():
    with pytest.raises(ConfigError, match=r"no such acquisition function; use one of: auto, .*, uherding"):
        select("oracle", **a_request())


def test_rounding_of_a_half_precision_softmax_is_no_error():
    request = a_request()
    request["probabilities"] = request["probabilities"] * (1 + SUM_TOLERANCE / 2)
    assert len(select("margin", **request)) == 5


def test_margin_without_a_model_names_a_cold_start():
    with pytest.raises(ConfigError, match=r"needs the probabilities.*cold start: auto, .*, uherding"):
        select("margin", **(a_request() | {"probabilities": None}))


def test_doubt_without_brought_labels_says_how_to_bring_them():
    with pytest.raises(ConfigError, match=r"needs labels that came with the pictures.*votes import"):
        select("doubt", **(a_request() | {"brought": None}))


@pytest.mark.slow
def test_doubt_asks_of_the_wrong_label_first_and_of_those_without_one_last():
    rng = np.random.default_rng(0)
    truth = np.arange(90) % 3
    brought = truth.copy()
    brought[[4, 44, 80]] = (truth[[4, 44, 80]] + 1) % 3
    brought[[7, 8]] = -1
    request = {"embeddings": 4 * np.eye(3)[truth] + rng.normal(size=(90, 3)), "probabilities": None, "seed": 1}
    rows, values = select_with_scores("doubt", **request, brought=brought, labeled=np.array([0, 1]), budget=88)
    assert set(rows[:3]) == {4, 44, 80}
    assert set(rows[-2:]) == {7, 8}
    assert np.isnan(values[-2:]).all()
    told = select("doubt", **request, brought=brought, labeled=np.array([4]), labels=truth[[4]], budget=2)
    assert set(told) == {44, 80}


def test_margin_takes_the_narrowest_of_the_members_mean():
    request = a_request(n=4)
    member = np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4], [1.0, 0.0]])
    other = np.array([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5], [1.0, 0.0]])
    rows, values = select_with_scores("margin", **(request | {"probabilities": np.stack([member, other]), "budget": 3}))
    assert rows.tolist() == [2, 1, 0]
    np.testing.assert_allclose(values, [0.9, 0.6, 0.2])


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_random_needs_no_model_and_has_no_values(seed):
    rows, values = select_with_scores("random", **(a_request() | {"probabilities": None, "seed": seed}))
    assert len(rows) == 5
    assert np.isnan(values).all()


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_random_takes_each_row_equally_often_even_where_all_are_copies(spread):
    request = a_request(n=20, budget=5) | {"probabilities": None}
    request["embeddings"] = request["embeddings"] * spread
    draws = 1000
    counts = np.bincount(
        np.concatenate([select("random", **(request | {"seed": seed})) for seed in range(draws)]), minlength=20
    )
    expected = draws * 5 / 20
    chi = ((counts - expected) ** 2 / expected).sum()
    assert chi < 43.8  # the 99.9 % point of chi-square with 19 degrees of freedom


@pytest.mark.slow
def test_the_strategies_are_known_before_any_solver_is_loaded() -> None:
    """Every command reads their names."""
    code = "import sys, silverprint.campaign.lint; print([name for name in sys.modules if name.startswith('scipy')])"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout == "[]\n"
