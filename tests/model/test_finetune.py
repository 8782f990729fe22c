"""Fine-tuning of a network so small that it learns in a moment: its recipe, its order, its going on after a kill."""

import hashlib
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from silverprint.config import Augment, Embed, Finetune, Model
from silverprint.errors import DataError, UnavailableError
from silverprint.model import backbones
from silverprint.model.backbones import LIBRARIES
from silverprint.model.finetune.augmentation import Augmentation, Mixing
from silverprint.model.finetune.fit import fit, hardware
from silverprint.model.finetune.learn import FOLDS, Learnt, learn
from silverprint.model.finetune.lesson import Batches, Lesson, Shown, seed_of
from silverprint.model.finetune.network import WEIGHTS, Network
from silverprint.model.finetune.optimisation import LAYERS, class_weights, factor, parameter_groups
from tests.helpers.tiny_backbone import REPLACED, TINY, replace_backbone

EMBED = Embed(REPLACED, 32, 16)
RECIPE = Model(1, trainer="finetune", finetune=Finetune(epochs=4, batch=8, learning_rate=0.02, layer_decay=1.0))
BRIEF = replace(RECIPE, finetune=replace(RECIPE.finetune, epochs=2))  # where it need not learn anything
MIXED = replace(BRIEF, finetune=replace(BRIEF.finetune, augment=Augment(mixup=0.2, cutmix=1.0)))
STILL = Augment(flip=False, rotation=0, crop=1, colour=0)
CLASSES = 3


@dataclass
class Album:
    """Pictures in memory; `stop_at` reads of one end in `stop`."""

    pictures: dict[str, bytes]
    stop_at: int = -1
    stop: object = None
    read_so_far: int = field(default=0)

    def read(self, image_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for name in image_ids:
            if self.read_so_far == self.stop_at:
                self.stop()  # type: ignore[operator]
            self.read_so_far += 1
            yield name, self.pictures[name]


def lesson(count: int = 36) -> Lesson:
    """Noisy pictures whose class is their colour."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % CLASSES
    pictures = {}
    for number, label in enumerate(labels):
        pixels = rng.integers(0, 120, (40, 40, 3))
        pixels[:, :, label] += 100
        pictures[f"{number:02d}"] = cv2.imencode(".png", pixels.astype(np.uint8))[1].tobytes()
    return Lesson(Album(pictures), list(pictures), labels, np.eye(CLASSES, dtype=np.float32)[labels])


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_backbone(monkeypatch)


def learnt(given: Lesson, scratch: Path, recipe: Model = RECIPE, seed: int = 5) -> Learnt:
    return learn(given, EMBED, recipe, seed=seed, scratch=scratch, every_s=0)


@pytest.mark.slow
def test_a_network_learns_and_says_of_its_pictures_what_it_would_have_said_unseen(tiny, tmp_path) -> None:
    given = lesson()
    found = learnt(given, tmp_path / "a")
    assert found.held_out.shape == (36, CLASSES)
    np.testing.assert_allclose(found.held_out.sum(axis=1), 1, atol=1e-5)
    assert (found.held_out.argmax(axis=1) == given.labels).mean() > 0.8
    said = found.network.probabilities(found.network.logits(given.pictures.read(given.image_ids)))
    assert said.shape == (1, 36, CLASSES)
    assert (said[0].argmax(axis=1) == given.labels).mean() > 0.8
    assert found.facts == {"folds": FOLDS, "temperature": pytest.approx(float(found.network.temperature), abs=1e-4)}
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_no_prediction_held_out_knows_its_pictures_label(tiny, tmp_path, monkeypatch) -> None:
    """Two labels of a fold are swapped: what is said of that fold's pictures stays, but for the temperature."""
    from silverprint.model.finetune import learn as module

    monkeypatch.setattr(module, "stratified_folds", lambda labels, folds, _: np.arange(len(labels)) // 3 % folds)
    given = lesson(18)
    swapped = given.labels.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    other = replace(given, labels=swapped, targets=np.eye(CLASSES, dtype=np.float32)[swapped])
    first, second = (learnt(one, tmp_path / "x", BRIEF) for one in (given, other))
    fold = [0, 1, 2, 9, 10, 11]
    logits = [np.log(one.held_out) * float(one.network.temperature) for one in (first, second)]
    centred = [rows - rows.mean(axis=1, keepdims=True) for rows in logits]
    np.testing.assert_allclose(centred[0][fold], centred[1][fold], atol=1e-3)
    assert not np.allclose(*centred, atol=1e-3)  # the other folds learnt from them


@pytest.fixture(scope="module")
def unstopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Learnt, int]:
    """A run of the MIXED recipe from beginning to end, and how many pictures it read."""
    given = lesson(18)
    with pytest.MonkeyPatch.context() as patch:
        replace_backbone(patch)
        return learnt(given, tmp_path_factory.mktemp("unstopped") / "a", MIXED), given.pictures.read_so_far


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tiny, tmp_path, unstopped) -> None:
    runs = [unstopped[0], *(learnt(lesson(18), tmp_path / "scratch", MIXED, seed) for seed in (5, 6))]
    folders = [tmp_path / name for name in "abc"]
    for folder, found in zip(folders, runs, strict=True):
        found.network.save(folder, {"model_id": "m"})
    a, b, c = ((folder / WEIGHTS).read_bytes() for folder in folders)
    assert a == b
    assert a != c


class StoppedError(Exception):
    pass


def stop() -> None:
    raise StoppedError


@pytest.mark.slow
@pytest.mark.parametrize("reads", [20, 85])  # in the second epoch of the first fold, and of the third
def test_a_run_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(tiny, tmp_path, unstopped, reads: int) -> None:
    expected, whole = unstopped
    broken = lesson(18)
    broken.pictures.stop_at, broken.pictures.stop = reads, stop
    with pytest.raises(StoppedError):
        learnt(broken, tmp_path / "b", MIXED)
    assert list((tmp_path / "b").glob("*/*.ckpt"))
    again = lesson(18)
    found = learnt(again, tmp_path / "b", MIXED)
    assert found.network.digest() == expected.network.digest()
    assert np.array_equal(found.held_out, expected.held_out)
    assert again.pictures.read_so_far < whole


@pytest.mark.slow
def test_a_checkpoint_of_other_labels_is_of_no_use(tiny, tmp_path) -> None:
    given = lesson(18)
    given.pictures.stop_at, given.pictures.stop = 30, stop
    with pytest.raises(StoppedError):
        learnt(given, tmp_path / "a", BRIEF)
    assert list((tmp_path / "a").glob("*/*.ckpt"))
    labels = np.roll(given.labels, 1)
    other = replace(lesson(18), labels=labels, targets=np.eye(CLASSES, dtype=np.float32)[labels])
    expected = learnt(other, tmp_path / "b", BRIEF)
    assert learnt(other, tmp_path / "a", BRIEF).network.digest() == expected.network.digest()


def killed(folder: Path) -> None:
    """In a process of its own: dies as by kill -9 in the middle of an epoch."""
    backbones.BACKBONES[REPLACED] = TINY
    given = lesson(18)
    given.pictures.stop_at, given.pictures.stop = 120, lambda: os.kill(os.getpid(), signal.SIGKILL)
    learnt(given, folder)


@pytest.mark.slow
def test_a_killed_run_goes_on(tiny, tmp_path) -> None:
    call = f"killed(Path({str(tmp_path / 'a')!r}))"
    code = f"from pathlib import Path; from tests.model.test_finetune import killed; {call}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list((tmp_path / "a").glob("*/*.ckpt"))
    expected = learnt(lesson(18), tmp_path / "b")
    assert learnt(lesson(18), tmp_path / "a").network.digest() == expected.network.digest()


def test_a_network_loads_as_it_was_saved(tiny, tmp_path) -> None:
    given, network = lesson(12), Network.pretrained(EMBED, CLASSES, 1)
    network.temperature.fill_(2.0)
    network.save(tmp_path, {"model_id": "m"})
    loaded = Network.load(tmp_path, EMBED, CLASSES)
    assert loaded.digest() == network.digest()
    assert float(loaded.temperature) == 2.0
    logits = [one.logits(given.pictures.read(given.image_ids)) for one in (network, loaded)]
    assert np.array_equal(*logits)
    assert not [name for name in torch.load(tmp_path / WEIGHTS, weights_only=True) if "unused" in name]


@pytest.mark.parametrize("content", ["damaged", "another's", "another size"])
def test_a_file_of_something_else_is_refused(tiny, tmp_path, content: str) -> None:
    Network.pretrained(EMBED, CLASSES + (content == "another size"), 1).save(tmp_path, {"model_id": "m"})
    path = tmp_path / WEIGHTS
    if content == "damaged":
        path.write_bytes(path.read_bytes()[:1000])
    elif content == "another's":
        torch.save({"last.bias": torch.zeros(CLASSES)}, path)
    with pytest.raises(DataError, match="not a readable network"):
        Network.load(tmp_path, EMBED, CLASSES)
    path.unlink()
    with pytest.raises(UnavailableError, match="dvc pull"):
        Network.load(tmp_path, EMBED, CLASSES)


def test_what_cannot_be_learnt_is_one_line(tiny, tmp_path, monkeypatch) -> None:
    with pytest.raises(DataError, match=r"11 labels: .* 12 pictures or more; set model\.trainer: head"):
        learnt(lesson(11), tmp_path)
    astray = replace(TINY, normalise=lambda pictures: pictures.float() * math.inf)
    replace_backbone(monkeypatch, astray)
    with pytest.raises(DataError, match=r"learning_rate = 0\.02: the loss is not finite in epoch 1; set a smaller one"):
        learnt(lesson(12), tmp_path)


@pytest.mark.slow
def test_a_librarys_network_learns_with_its_own_normalisation(tmp_path) -> None:
    """torchvision's are looked into by a copy of their graph: it must share what is trained, and how."""
    torch.manual_seed(0)
    path = tmp_path / "weights.pth"
    torch.save(LIBRARIES["torchvision"]("resnet18").network.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    embed = Embed("torchvision/resnet18", 32, 16, str(path), digest)
    network = Network.pretrained(embed, CLASSES, 1)
    before = {name: tensor.clone() for name, tensor in network.kept().items()}
    assert "backbone.network.conv1.weight" in before
    assert not [name for name in before if ".fc." in name]
    knobs = Finetune(epochs=1, batch=16, optimizer="sgd", learning_rate=0.001, schedule="constant", warmup=0)
    fit(network, lesson(12), knobs, seed=1, checkpoint=tmp_path / "x.ckpt", every_s=60)
    still = {name for name, tensor in network.kept().items() if torch.equal(tensor, before[name])}
    assert still == {"temperature"}
    path.unlink()  # what was saved stands alone
    network.save(tmp_path, {"model_id": "m"})
    assert Network.load(tmp_path, embed, CLASSES).digest() == network.digest()


def test_the_processor_works_alone_where_there_is_no_gpu(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert hardware() == {"accelerator": "cpu", "devices": 1}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for wide, precision in ((True, "bf16-mixed"), (False, "16-mixed")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda wide=wide: wide)
        assert hardware() == {"accelerator": "gpu", "devices": 1, "precision": precision}


@given(steps=st.integers(1, 300), warmup=st.floats(0, 1), schedule=st.sampled_from(["cosine", "constant"]))
def test_the_learning_rate_rises_once_and_falls_once(steps: int, warmup: float, schedule: str) -> None:
    knobs = Finetune(warmup=warmup, schedule=schedule)
    rates = [factor(step, steps, knobs) for step in range(steps)]
    top = round(warmup * steps)
    assert all(0 < rate <= 1 for rate in rates)
    assert all(a < b for a, b in pairwise(rates[: top + 1]))
    falls = (1.0,) if schedule == "constant" else (1.0, 0.5)
    assert rates[top : top + 1] in ([], [1.0])
    if (steps - top) % 2 == 0 and steps > top:
        assert rates[top + (steps - top) // 2] == pytest.approx(falls[-1])


def test_lower_layers_learn_more_slowly_and_nothing_is_left_out(tiny) -> None:
    network = Network.pretrained(EMBED, CLASSES, 1)
    knobs = Finetune(learning_rate=1.0, layer_decay=0.5, weight_decay=0.1)
    groups = list(parameter_groups(network, knobs))
    rate = {id(one): group["lr"] for group in groups for one in group["params"]}
    decay = {id(one): group["weight_decay"] for group in groups for one in group["params"]}
    trained = [one for one in network.parameters() if one.requires_grad]
    assert sorted(map(id, trained)) == sorted(rate)
    assert {rate[id(one)] for one in network.last.parameters()} == {1.0}
    assert rate[id(network.backbone.first.weight)] == 0.5**LAYERS
    assert rate[id(network.backbone.second.weight)] > rate[id(network.backbone.first.bias)]
    assert {one.ndim > 1: decay[id(one)] for one in trained} == {True: 0.1, False: 0.0}


def test_balanced_classes_weigh_alike(tiny) -> None:
    labels = np.array([0] * 9 + [1])
    given = replace(lesson(10), labels=labels, targets=np.eye(CLASSES, dtype=np.float32)[labels])
    weights = class_weights(given, Finetune(class_weights="balanced")).numpy()
    np.testing.assert_allclose(weights, [10 / 18, 5, 1])  # no picture is of the third
    assert class_weights(given, Finetune()).tolist() == [1, 1, 1]


@given(count=st.integers(2, 400), batch=st.integers(4, 64), seed=st.integers(0, 2**32 - 1), epoch=st.integers(0, 99))
def test_every_picture_is_shown_once_an_epoch(count: int, batch: int, seed: int, epoch: int) -> None:
    batches = Batches(count, batch, seed)
    batches.set_epoch(epoch)
    shown = list(batches)
    assert sorted(place for keys in shown for _, place in keys) == list(range(count))
    assert {number for keys in shown for number, _ in keys} == {epoch}
    sizes = [len(keys) for keys in shown]
    assert len(sizes) == len(batches)
    assert 2 <= min(sizes) <= max(sizes) <= min(min(sizes) + 1, batch)
    assert list(batches) == shown


def picture() -> Tensor:
    return torch.from_numpy(np.random.default_rng(2).integers(0, 256, (3, 32, 32), dtype=np.uint8))


@pytest.mark.parametrize(
    "knobs", [{"flip": True}, {"rotation": 30}, {"crop": 0.3}, {"colour": 0.5}, {"randaugment": 9}], ids=str
)
def test_a_change_is_drawn_from_its_seed_alone(knobs: dict) -> None:
    change = Augmentation.of(replace(STILL, **knobs), 32)
    before = torch.get_rng_state()
    drawn = [change(picture(), seed) for seed in range(16)]
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    assert all(torch.equal(change(picture(), seed), one) for seed, one in enumerate(drawn))
    assert all(one.shape == (3, 32, 32) and one.dtype == torch.uint8 for one in drawn)
    assert len({one.numpy().tobytes() for one in drawn}) > 1


def test_nothing_asked_changes_nothing() -> None:
    assert torch.equal(Augmentation.of(STILL, 32)(picture(), 1), picture())
    given = lesson(4)
    shown, targets = Shown(given, Augmentation.of(STILL, 32), 32, 1)[[(0, 2), (0, 0)]]
    assert shown.shape == (2, 3, 32, 32)
    assert targets.tolist() == given.targets[[2, 0]].tolist()
    assert Mixing(STILL)(shown, targets) == (shown, targets)


@pytest.mark.parametrize("knobs", [{"mixup": 1.0}, {"cutmix": 1.0}, {"mixup": 1.0, "cutmix": 1.0}], ids=str)
def test_targets_are_mixed_as_the_pictures_are(knobs: dict) -> None:
    """Of pictures that are of one value each, the mean is the targets' mean of these values."""
    values = torch.tensor([0.0, 60.0, 120.0, 240.0])
    torch.manual_seed(3)
    for _ in range(8):
        shown, targets = Mixing(replace(STILL, **knobs))(values.view(4, 1, 1, 1).expand(4, 3, 8, 8), torch.eye(4))
        torch.testing.assert_close(targets.sum(dim=1), torch.ones(4))
        torch.testing.assert_close(shown.mean(dim=(1, 2, 3)), targets @ values)


def test_seeds_of_different_numbers_differ() -> None:
    assert len({seed_of(a, b) for a in range(20) for b in range(20)}) == 400
