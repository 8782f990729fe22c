"""What the pool teaches a network: each Ω against values worked out by hand from its paper's equation."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from silverprint.config import Unlabelled
from silverprint.model.finetune.omega import OMEGAS, flexmatch, freematch, softmatch

LOG2 = math.log(2)


def logits(*rows: tuple[float, ...]) -> Tensor:
    """Whose softmax is `rows`."""
    return torch.tensor(rows).log()


def guessed(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows)


def loss(name: str, found: Tensor, guess: Tensor, pool: int = 10) -> float:
    places = torch.arange(len(found))
    return float(OMEGAS[name](found.shape[1], pool)(found, guess, places))


def test_every_name_of_params_has_its_omega() -> None:
    known = Unlabelled.__annotations__["omega"].__args__
    assert ("none", *OMEGAS) == known


def test_entropy_is_sure_of_each_picture_and_fair_to_classes() -> None:
    assert loss("entropy", logits((0.5, 0.5), (0.5, 0.5)), guessed()) == pytest.approx(LOG2, abs=1e-5)  # unsure, fair
    assert loss("entropy", logits((1.0, 1e-9), (1.0, 1e-9)), guessed()) == pytest.approx(LOG2, abs=1e-5)  # sure, unfair
    assert loss("entropy", logits((1.0, 1e-9), (1e-9, 1.0)), guessed()) == pytest.approx(0, abs=1e-5)
    # H(.75, .25) = .75 log 4/3 + .25 log 4 of each; their mean is even
    unsure = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert loss("entropy", logits((0.75, 0.25), (0.25, 0.75)), guessed()) == pytest.approx(unsure, abs=1e-5)


def test_consistency_is_the_divergence_from_the_guess() -> None:
    # KL((.5, .5) ‖ (.25, .75)) = .5 log 2 + .5 log 2/3; of the second picture 0
    expected = (0.5 * math.log(2) + 0.5 * math.log(2 / 3)) / 2
    found = loss("consistency", logits((0.25, 0.75), (0.9, 0.1)), guessed((0.5, 0.5), (0.9, 0.1)))
    assert found == pytest.approx(expected, abs=1e-5)
    assert loss("consistency", logits((0.5, 0.5)), guessed((1.0, 0.0))) == pytest.approx(LOG2)  # 0 log 0 is 0


def test_fixmatch_learns_what_is_guessed_surely_and_divides_by_all() -> None:
    """Equation 4: 1/μB Σ 1(max q ≥ τ) H(q̂, p)."""
    found = logits((0.25, 0.75), (0.5, 0.5), (0.1, 0.9))
    guess = guessed((0.96, 0.04), (0.95, 0.05), (0.94, 0.06))
    assert loss("fixmatch", found, guess) == pytest.approx((math.log(4) + math.log(2)) / 3)
    assert loss("fixmatch", found, guessed((0.9, 0.1), (0.9, 0.1), (0.9, 0.1))) == 0


def test_flexmatch_has_lower_thresholds_for_classes_that_are_learnt_less() -> None:
    # Warm-up: 6 of 10 were never guessed surely, so β = (3/6, 1/6); M(β) = β / (2 - β) = (1/3, 1/11)
    early = flexmatch.thresholds(torch.tensor([3.0, 1.0]), torch.tensor(6.0))
    torch.testing.assert_close(early, 0.95 * torch.tensor([1 / 3, 1 / 11]))
    # Later: β = (1, 1/4), M(β) = (1, 1/7)
    later = flexmatch.thresholds(torch.tensor([8.0, 2.0]), torch.tensor(0.0))
    torch.testing.assert_close(later, 0.95 * torch.tensor([1, 1 / 7]))


def test_flexmatch_remembers_the_last_sure_guess_of_each_picture() -> None:
    omega = OMEGAS["flexmatch"](2, 4)
    found = logits((0.5, 0.5), (0.5, 0.5))
    first = omega(found, guessed((0.96, 0.04), (0.6, 0.4)), torch.tensor([3, 1]))
    assert float(first) == pytest.approx(LOG2)  # nothing was learnt: every threshold is 0
    assert omega.guessed.tolist() == [-1, -1, -1, 0]
    # β_0 = 1/3, so the threshold is .95 / 5 = .19; that of class 1 is 0
    omega(found, guessed((0.03, 0.97), (0.04, 0.96)), torch.tensor([3, 0]))
    assert omega.guessed.tolist() == [1, -1, -1, 1]
    # β = (0, 2/2): class 1 needs .95, class 0 nothing
    last = omega(found, guessed((0.1, 0.9), (0.6, 0.4)), torch.tensor([1, 2]))
    assert float(last) == pytest.approx(LOG2 / 2)


def test_freematch_moves_its_threshold_by_its_confidence() -> None:
    omega = OMEGAS["freematch"](2, 4)
    omega(logits((0.5, 0.5), (0.5, 0.5)), guessed((0.9, 0.1), (0.7, 0.3)), torch.tensor([0, 1]))
    # τ = .999 / 2 + .001 · .8, p̃ = .999 / 2 + .001 · (.8, .2), h̃ = .999 / 2 + .001 · (1, 0)
    assert float(omega.confidence) == pytest.approx(0.5003)
    torch.testing.assert_close(omega.shares, torch.tensor([0.5003, 0.4997]))
    torch.testing.assert_close(omega.histogram, torch.tensor([0.5005, 0.4995]))
    limits = freematch.thresholds(torch.tensor(0.8), torch.tensor([0.6, 0.3]))
    torch.testing.assert_close(limits, torch.tensor([0.8, 0.4]))


def test_freematch_is_the_loss_of_pseudo_labels_and_of_unfairness() -> None:
    """-H(SumNorm(p̃ / h̃), SumNorm(p̄ / h̄)), where no picture of the second class teaches: its quotient is 0."""
    found, taught = logits((0.75, 0.25), (0.25, 0.75), (0.6, 0.4)), torch.tensor([True, True, False])
    # p̄ = (.5, .5), h̄ = (.5, .5), so the second is (.5, .5); p̃ / h̃ = (2, 1), normalised (2/3, 1/3)
    fair = freematch.unfairness(found, taught, torch.tensor([0.8, 0.2]), torch.tensor([0.4, 0.2]))
    assert float(fair) == pytest.approx(-LOG2)
    # p̄ = (.7, .3), h̄ = (1, 0): the second is (1, 0), and log 0 is that of 1e-12
    one = freematch.unfairness(logits((0.7, 0.3)), torch.tensor([True]), torch.tensor([1.0, 0.0]), torch.ones(2))
    assert float(one) == pytest.approx(0, abs=1e-6)
    none = freematch.unfairness(found, torch.zeros(3, dtype=torch.bool), torch.ones(2), torch.ones(2))
    assert float(none) == 0
    # In the first step the threshold is about 1/2: both teach. Their p̄ / h̄ and p̃ / h̃ are even, nearly.
    whole = loss("freematch", logits((0.75, 0.25), (0.25, 0.75)), guessed((0.9, 0.1), (0.2, 0.8)))
    assert whole == pytest.approx(math.log(4 / 3) - 0.05 * LOG2, abs=1e-4)


def test_softmatch_weighs_by_a_truncated_gaussian() -> None:
    weights = softmatch.weights(torch.tensor([0.9, 0.7, 0.5]), torch.tensor(0.7), torch.tensor(0.02))
    torch.testing.assert_close(weights, torch.tensor([1.0, 1.0, math.exp(-1)]))  # (.2)² / (2 · .02) = 1
    even = softmatch.aligned(guessed((0.6, 0.4)), torch.tensor([0.75, 0.25]))
    torch.testing.assert_close(even, torch.tensor([[1 / 3, 2 / 3]]))  # .8 : 1.6


def test_softmatch_follows_mean_and_variance_of_its_confidence() -> None:
    omega = OMEGAS["softmatch"](2, 4)
    value = omega(logits((0.25, 0.75), (0.5, 0.5)), guessed((0.9, 0.1), (0.3, 0.7)), torch.tensor([0, 1]))
    # E[p] = .999 / 2 + .001 · (.6, .4); the aligned guesses are hardly other ones
    torch.testing.assert_close(omega.shares, torch.tensor([0.5001, 0.4999]))
    assert float(omega.mean) == pytest.approx(0.999 * 0.5 + 0.001 * 0.8, abs=1e-6)
    assert float(omega.variance) == pytest.approx(0.999 + 0.001 * 0.02, abs=1e-6)  # B/(B-1) · (.1)²
    assert float(value) == pytest.approx((math.log(4) + math.log(2)) / 2, abs=1e-4)  # both beyond the mean


@pytest.mark.parametrize("name", OMEGAS)
@given(seed=st.integers(0, 2**16), batch=st.integers(1, 6), classes=st.integers(2, 5))
def test_every_omega_is_finite_and_so_is_its_slope(name: str, seed: int, batch: int, classes: int) -> None:
    drawn = torch.Generator().manual_seed(seed)
    found = (4 * torch.randn(batch, classes, generator=drawn)).requires_grad_()
    guess = (8 * torch.randn(batch, classes, generator=drawn)).softmax(dim=1).requires_grad_()
    omega = OMEGAS[name](classes, batch)
    for _ in range(2):
        value = omega(found, guess.detach(), torch.arange(batch))
        value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(found.grad).all()
    assert not any(state.requires_grad for state in omega.state_dict().values())
