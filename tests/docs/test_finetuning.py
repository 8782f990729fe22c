"""The blocks of docs/finetuning.md are params.yaml that can be read, and its defaults are those of the code."""

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from silverprint import config
from silverprint.config import Finetune
from silverprint.errors import ConfigError
from tests.contracts.digests import ROOT

BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/finetuning.md").read_text(encoding="utf-8"), re.S)


def parsed(block: str) -> config.Params:
    """params.yaml with the sections of `block` in place of its own."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for section in YAML(typ="safe").load(block):
        text = re.sub(rf"(?m)^{section}:\n(?:[ #].*\n|\n)*", "", text)
    return config.parse(f"{text}\n{block}")


@pytest.mark.parametrize("block", BLOCKS, ids=["short", "plain", "defaults"])
def test_a_block_can_be_read(block: str) -> None:
    assert parsed(block).model.trainer == "finetune"


def test_the_plain_example_is_the_plain_one() -> None:
    found = parsed(BLOCKS[1])
    knobs = found.model.finetune
    assert found.embed.backbone == "torchvision/resnet18"
    assert (knobs.optimizer, knobs.momentum, knobs.learning_rate, knobs.schedule) == ("sgd", 0.9, 0.001, "constant")


def test_the_defaults_are_those_of_the_code() -> None:
    told: dict[str, Any] = YAML(typ="safe").load(BLOCKS[2])["model"]["finetune"]
    knobs = Finetune()
    assert told == {**vars(knobs), "augment": vars(knobs.augment), "unlabelled": vars(knobs.unlabelled)}
    assert parsed(BLOCKS[2]).model.finetune == parsed(BLOCKS[0]).model.finetune == Finetune()


def test_an_unknown_knob_is_refused() -> None:
    block = BLOCKS[2].replace("cutmix: 0.0", "cutmixx: 0.0")
    with pytest.raises(ConfigError, match=r"model\.finetune\.augment\.cutmixx"):
        parsed(block)
