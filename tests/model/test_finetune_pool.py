"""Fine-tuning by labels and pool: what is shown of the pool, and that a run which was stopped ends the same."""

from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from silverprint.config import Augment, Finetune, Unlabelled
from silverprint.model.finetune.augmentation import Augmentation
from silverprint.model.finetune.fit import fit
from silverprint.model.finetune.lesson import Batches, Lesson, Shown
from silverprint.model.finetune.network import Network
from silverprint.model.finetune.omega import OMEGAS
from silverprint.model.finetune.pool import BothBatches, BothShown
from tests.model.test_finetune import CLASSES, EMBED, STILL, StoppedError, lesson, stop, tiny

__all__ = ["tiny"]


def with_pool(labelled: int = 8, pool: int = 12) -> Lesson:
    whole = lesson(labelled + pool)
    return replace(whole.part(np.arange(labelled)), pool=whole.image_ids[labelled:])


def taught(given_: Lesson, omega: str, checkpoint: Path) -> str:
    """The digest of the network that learnt."""
    network = Network.pretrained(EMBED, CLASSES, 1)
    with torch.no_grad():
        network.last.weight.mul_(30)  # some guesses are sure at once
    knobs = Finetune(epochs=2, batch=4, unlabelled=Unlabelled(omega, ratio=2))
    fit(network, given_, knobs, seed=5, checkpoint=checkpoint, every_s=0)
    return network.digest()


@pytest.mark.slow
@pytest.mark.parametrize("omega", ["entropy", "flexmatch"])
def test_a_run_with_a_pool_that_was_stopped_ends_as_if_it_had_not_been(tiny, tmp_path, omega: str) -> None:
    whole, broken, again = with_pool(), with_pool(), with_pool()
    expected = taught(whole, omega, tmp_path / "a")
    broken.pictures.stop_at, broken.pictures.stop = whole.pictures.read_so_far - 8, stop
    with pytest.raises(StoppedError):
        taught(broken, omega, tmp_path / "b")
    assert taught(again, omega, tmp_path / "b") == expected
    assert again.pictures.read_so_far == whole.pictures.read_so_far / 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("omega", "memory"),
    [
        ("flexmatch", ["guessed"]),
        ("freematch", ["confidence", "shares", "histogram"]),
        ("softmatch", ["mean", "variance", "shares"]),
    ],
)
def test_a_checkpoint_holds_what_an_omega_remembers(tiny, tmp_path, omega: str, memory: list[str]) -> None:
    taught(with_pool(), omega, tmp_path / "a")
    kept = torch.load(tmp_path / "a", weights_only=True)["state_dict"]
    first = OMEGAS[omega](CLASSES, 12).state_dict()
    assert list(first) == memory
    assert not any(torch.equal(kept[f"omega.{name}"], first[name]) for name in memory)


@pytest.mark.slow
def test_the_pool_teaches_where_it_is_asked_to_and_there_is_one(tiny, tmp_path) -> None:
    alone = taught(with_pool(pool=0), "none", tmp_path / "a")
    assert taught(with_pool(), "none", tmp_path / "b") == alone
    assert taught(with_pool(pool=0), "fixmatch", tmp_path / "c") == alone
    assert taught(with_pool(), "consistency", tmp_path / "d") != alone


@given(labelled=st.integers(4, 60), pool=st.integers(2, 200), ratio=st.integers(1, 7), epoch=st.integers(0, 5))
def test_labels_and_pool_are_shown_evenly(labelled: int, pool: int, ratio: int, epoch: int) -> None:
    given_ = Lesson(None, ["x"] * labelled, np.zeros(labelled), np.zeros((labelled, 2)), ["x"] * pool)
    batches = BothBatches(given_, 8, ratio, 3)
    batches.set_epoch(epoch)
    steps = list(batches)
    assert len(steps) == len(batches) == max(-(-labelled // 8), -(-pool // (8 * ratio)))
    for side, count in enumerate((labelled, pool)):
        keys = list(chain.from_iterable(step[side] for step in steps))
        assert len(set(keys)) == len(keys)  # nothing is drawn twice alike
        times = np.bincount([place for _, place in keys], minlength=count)
        assert times.max() - times.min() <= 2  # of a pass that began before, and of one that goes on
    assert all(2 <= len(step[1]) <= 8 * ratio for step in steps)


@given(count=st.integers(4, 50), step=st.integers(0, 40))
def test_batches_go_on_where_an_epoch_left_them(count: int, step: int) -> None:
    batches = Batches(count, 8, 3)
    from_start = list(islice(batches.endless(0), step + 10))
    assert list(islice(batches.endless(step), 10)) == from_start[step:]
    batches.set_epoch(1)
    assert list(batches) == list(islice(batches.endless(len(batches)), len(batches)))


def test_a_picture_of_the_pool_is_seen_twice_by_chance_of_its_own() -> None:
    given_ = with_pool(pool=4)
    shown = Shown(given_, Augmentation.of(STILL, 32), 32, 1)
    both = BothShown(shown, Finetune(augment=STILL), compares=True)
    _, targets, first = both[[(0, 1)], [(0, 2), (0, 0)]]
    assert targets.shape == (1, CLASSES)
    assert first.pictures.shape == first.weak.shape == (2, 3, 32, 32)
    assert first.places.tolist() == [2, 0]
    again, later = (both[[(0, 1)], [(epoch, 2), (epoch, 0)]][2] for epoch in (0, 1))
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))
    assert not torch.equal(first.pictures, later.pictures)
    assert not torch.equal(first.weak, later.weak)
    alone = BothShown(shown, Finetune(augment=STILL), compares=False)[[(0, 1)], [(0, 2), (0, 0)]][2]
    assert torch.equal(alone.pictures, first.weak)
    assert not len(alone.weak)


@pytest.mark.parametrize("flip", [True, False])
def test_a_weak_change_shifts_and_flips_where_pictures_may_be_flipped(flip: bool) -> None:
    ramp = torch.arange(32, dtype=torch.uint8).expand(3, 32, 32)
    change = Augmentation.weak(replace(Augment(), flip=flip), 32)
    rising = [bool((change(ramp, seed)[0, 0, 8:24].int().diff() > 0).all()) for seed in range(12)]
    assert all(rising) is not flip


def test_a_strong_change_cuts_a_square_out() -> None:
    change = Augmentation.strong(STILL, 32)
    black = torch.zeros(3, 32, 32, dtype=torch.uint8)
    cut = [int((change(black, seed) == 127).all(dim=0).sum()) for seed in range(8)]
    assert all(0 < area <= 17 * 17 for area in cut)
