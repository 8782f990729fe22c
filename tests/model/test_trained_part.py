"""Parts of a network that learn, the moving average of its weights, and batches that make one step."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from silverprint.config import Finetune
from silverprint.errors import ConfigError
from silverprint.model.backbones import Backbone
from silverprint.model.finetune.fit import fit, hardware
from silverprint.model.finetune.network import Network
from silverprint.model.finetune.optimisation import moving_average
from silverprint.model.finetune.trained_part import trained_part
from tests.helpers.tiny_backbone import replace_backbone
from tests.model.test_finetune import CLASSES, EMBED, STILL, StoppedError, lesson, stop, tiny

__all__ = ["tiny"]


class Attentive(nn.Module):
    """Patches, attention over them and a linear layer: nothing that depends on the batch or on chance."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, 8, 8, 8), nn.LayerNorm(8)
        self.attention, self.linear = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.norm(self.patches(x).flatten(2).transpose(1, 2))
        seen = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.linear(seen).mean(dim=1)


def _fill(network: nn.Module) -> None:
    drawn = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=drawn))


ATTENTIVE = Backbone(
    load=Attentive,
    bare=Attentive,
    fill=_fill,
    normalise=lambda pictures: pictures.float() / 127.5 - 1,
    blocks={"final": 8},
    weights_sha256="0" * 64,
)
KNOBS = Finetune(epochs=2, batch=4, learning_rate=0.02, layer_decay=1.0, augment=STILL)


@pytest.fixture
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_backbone(monkeypatch, ATTENTIVE)


def taught(folder: Path, count: int = 8, **knobs: object) -> dict[str, Tensor]:
    """The weights of a network that learnt."""
    network = Network.pretrained(EMBED, CLASSES, 1)
    fit(network, lesson(count), replace(KNOBS, **knobs), seed=5, checkpoint=folder / "x.ckpt", every_s=1e9)
    (folder / "x.ckpt").unlink()
    return {name: tensor.clone() for name, tensor in network.kept().items()}


def changed(now: dict[str, Tensor]) -> set[str]:
    before = Network.pretrained(EMBED, CLASSES, 1).kept()
    assert now.keys() == before.keys()  # a plain network, whatever part of it learnt
    return {name for name, tensor in before.items() if not torch.equal(tensor, now[name])}


@pytest.mark.slow
def test_bitfit_changes_biases_and_the_last_layer(attentive, tmp_path) -> None:
    found = changed(taught(tmp_path, trained="bitfit"))
    biases = {"patches.bias", "norm.bias", "attention.in_proj_bias", "attention.out_proj.bias", "linear.bias"}
    assert found == {f"backbone.{name}" for name in biases} | {"last.weight", "last.bias"}


@pytest.mark.slow
def test_lora_adds_matrices_of_its_rank_to_linear_layers(attentive, tmp_path) -> None:
    found = taught(tmp_path, trained="lora", lora_rank=2)
    weights = {
        f"backbone.{name}" for name in ("attention.in_proj_weight", "attention.out_proj.weight", "linear.weight")
    }
    assert changed(found) == weights | {"last.weight", "last.bias"}
    before = Network.pretrained(EMBED, CLASSES, 1).kept()
    assert [int(torch.linalg.matrix_rank(found[name] - before[name], rtol=1e-3)) for name in weights] == [2, 2, 2]


def test_lora_begins_as_the_network_is_and_leaves_a_plain_one(attentive) -> None:
    network, shown = Network.pretrained(EMBED, CLASSES, 1).eval(), torch.randint(0, 256, (3, 3, 32, 32))
    expected, digest = network(shown), network.digest()
    with trained_part(network, replace(KNOBS, trained="lora"), 3):
        assert torch.equal(network(shown), expected)
        assert {name for name, one in network.backbone.named_parameters() if one.requires_grad} == {
            f"{place}.0.{side}"
            for place in (
                "attention.parametrizations.in_proj_weight",
                "attention.out_proj.parametrizations.weight",
                "linear.parametrizations.weight",
            )
            for side in ("down", "up")
        }
    assert network.digest() == digest
    assert all(one.requires_grad for one in network.parameters())


def test_lora_of_a_backbone_without_linear_layers_is_refused(tiny) -> None:
    network = Network.pretrained(EMBED, CLASSES, 1)
    wanted = r"model\.finetune\.trained = 'lora': the backbone has no linear layer .*; use bitfit"
    with pytest.raises(ConfigError, match=wanted), trained_part(network, replace(KNOBS, trained="lora"), 3):
        pass


@pytest.mark.slow
def test_batches_that_make_one_step_are_one_large_batch(attentive, tmp_path) -> None:
    """16 pictures of as many of each class in a batch of 8, or in two of 4: the mean of means is the mean."""
    large = taught(tmp_path, 16, optimizer="sgd", batch=8)
    small = taught(tmp_path, 16, optimizer="sgd", batch=4, accumulate=2)
    assert changed(large)
    for name, tensor in large.items():
        torch.testing.assert_close(small[name], tensor, rtol=1e-3, atol=1e-5)


def test_the_average_forgets_the_first_steps_and_then_decays() -> None:
    move, average = moving_average(0.5), torch.tensor(1.0)
    seen = []
    for step in (1, 2, 3, 20):  # decay 2/11, 3/12, 4/13, and from then on at most .5
        average = move(average, torch.tensor(0.0), step)
        seen.append(float(average))
    np.testing.assert_allclose(seen, np.cumprod([2 / 11, 3 / 12, 4 / 13, 0.5]), rtol=1e-6)


@pytest.mark.slow
def test_an_average_of_weights_goes_on_after_a_kill(tiny, tmp_path) -> None:
    def run(folder: str, stop_at: int = -1, ema: float = 0.9) -> str:
        given, network = lesson(12), Network.pretrained(EMBED, CLASSES, 1)
        given.pictures.stop_at, given.pictures.stop = stop_at, stop
        fit(network, given, replace(KNOBS, ema=ema), seed=5, checkpoint=tmp_path / folder, every_s=0)
        return network.digest()

    expected = run("a")
    with pytest.raises(StoppedError):
        run("b", stop_at=16)
    assert run("b") == expected
    assert expected != run("c", ema=0.0)


@pytest.mark.slow
def test_precision_may_be_chosen(attentive, tmp_path) -> None:
    assert hardware("32-true")["precision"] == "32-true"
    single, half = taught(tmp_path), taught(tmp_path, precision="bf16-mixed")
    assert all(tensor.dtype == torch.float32 for tensor in half.values())
    assert changed(half)
    assert any(not torch.equal(single[name], half[name]) for name in single)


def test_a_card_names_later_knobs_where_they_are_set() -> None:
    assert not {"trained", "lora_rank", "ema", "accumulate", "precision"} & Finetune().recipe.keys()
    asked = Finetune(trained="lora", lora_rank=4, ema=0.9, accumulate=2, precision="32-true").recipe
    assert (asked["trained"], asked["lora_rank"], asked["ema"], asked["accumulate"]) == ("lora", 4, 0.9, 2)
    assert Finetune(trained="lora").recipe["lora_rank"] == 8
    assert Finetune(trained="lora").recipe["ema"] == 0
