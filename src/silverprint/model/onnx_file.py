"""ONNX file of a model: backbone, head and temperature in one graph, from decoded pictures to probabilities."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from silverprint.config import Embed
from silverprint.errors import UnavailableError
from silverprint.model.backbones import Weights, backbone
from silverprint.model.finetune.network import Network
from silverprint.model.head import Head
from silverprint.store import files

INPUT: Final = "pictures"  # (B, 3, S, S) float32, RGB 0..255, as `model.embedder.prepare` makes them
OUTPUT: Final = "probabilities"  # (B, C) float32, in the order of the model's classes


class Whole(nn.Module):
    """Called with INPUT it gives OUTPUT."""

    def __init__(self, learnt: Head | Network, embed: Embed) -> None:
        super().__init__()
        self.learnt = learnt
        chosen = backbone(embed.backbone, embed.size, Weights.of(embed))
        self._normalise = chosen.normalise
        self.backbone = chosen.load() if isinstance(learnt, Head) else None

    def forward(self, pictures: Tensor) -> Tensor:
        if self.backbone is None:
            logits: Tensor = self.learnt(pictures) / self.learnt.temperature
            return logits.softmax(dim=1)
        features = self.backbone(self._normalise(pictures)).half().float()  # as they are stored
        members: Tensor = self.learnt(features)
        return members.mean(dim=0)


def write(path: Path, learnt: Head | Network, embed: Embed, facts: Mapping[str, Any]) -> None:
    """
    Args:
        facts: what the file's metadata say of the model, each as JSON.

    Raises:
        UnavailableError: the packages that write ONNX, or the backbone's weights, are not there.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch writes by it
    except ImportError as error:
        rule = "it is not installed, and ONNX files are written by it"
        raise UnavailableError(str(error.name), rule, "pip install 'silverprint[onnx]'") from None
    pictures = torch.zeros(2, 3, embed.size, embed.size)
    with files.replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of its own code
        torch.onnx.export(
            Whole(learnt, embed).eval(),
            (pictures,),
            temporary,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
            verbose=False,
        )
        made = onnx.load(str(temporary))
        onnx.helper.set_model_props(made, {name: json.dumps(value) for name, value in facts.items()})
        onnx.checker.check_model(made)
        temporary.write_bytes(made.SerializeToString(deterministic=True))
