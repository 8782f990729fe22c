"""Network that is fine-tuned: a backbone with a last layer of the round's classes, and one temperature."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from silverprint.config import Embed
from silverprint.model import weights_file
from silverprint.model.backbones import Weights, backbone
from silverprint.model.embedder import in_batches, prepare
from silverprint.store import model_card

WEIGHTS: Final = "network.pt"
_BATCH: Final = 32  # pictures that are predicted at once


class Network(nn.Module):
    """Called with (B, 3, S, S) RGB 0..255, it gives (B, C) logits, before the temperature.

    Args:
        embed: names the backbone, its size S and the file of its weights.
        classes: C.
    """

    temperature: Tensor  # (), above 0

    def __init__(self, embed: Embed, classes: int) -> None:
        super().__init__()
        chosen = backbone(embed.backbone, embed.size, Weights.of(embed))
        self.size = embed.size
        self.backbone = chosen.bare()
        self._fill, self._normalise, self._width = chosen.fill, chosen.normalise, chosen.blocks["final"]
        self.last = nn.Linear(self._width, classes)
        self.register_buffer("temperature", torch.ones(()))
        self._freeze_unused()

    @classmethod
    def pretrained(cls, embed: Embed, classes: int, seed: int) -> Self:
        """With the backbone's own weights, and a last layer drawn by `seed`.

        Raises:
            UnavailableError: the backbone's weights are not there.
        """
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            network = cls(embed, classes)
        network._fill(network.backbone)
        return network

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.backbone(self._normalise(pictures))
        logits: Tensor = self.last(features[:, : self._width])
        return logits

    def _freeze_unused(self) -> None:
        """What has no part in the logits, such as the backbone's own last layer, is neither trained nor kept."""
        self.eval()(torch.zeros(1, 3, self.size, self.size)).sum().backward()
        for parameter in self.parameters():
            parameter.requires_grad_(parameter.grad is not None)
            parameter.grad = None

    def kept(self) -> dict[str, Tensor]:
        """The tensors that the logits come from, by name."""
        unused = {name for name, parameter in self.named_parameters() if not parameter.requires_grad}
        return {name: tensor.cpu() for name, tensor in self.state_dict().items() if name not in unused}

    def digest(self) -> str:
        """SHA-256 of the weights."""
        return weights_file.digest(self.kept())

    def save(self, folder: Path, card: dict[str, Any]) -> None:
        """Writes network.pt and, last, card.json: the same network always gives the same bytes."""
        weights_file.write(folder / WEIGHTS, self.kept())
        model_card.write(folder, card)

    @classmethod
    def load(cls, folder: Path, embed: Embed, classes: int) -> Self:
        """The network in a model's folder; it does not need the file of the backbone's own weights.

        Raises:
            UnavailableError: there is none.
            DataError: it is not readable, or another network's.
        """
        return weights_file.read(folder / WEIGHTS, "network", cls(embed, classes)._filled)

    def _filled(self, state: dict[str, Tensor]) -> Self:
        if state.keys() != self.kept().keys():
            raise ValueError("its tensors are not those of this backbone")
        self.load_state_dict(state, strict=False)
        return self

    def logits(self, pictures: Iterable[tuple[str, bytes]]) -> NDArray[np.float32]:
        """(n, C) float32 of encoded `pictures` in their order, before the temperature.

        Raises:
            DataError: a picture does not decode any more.
        """
        self.eval().to("cuda" if torch.cuda.is_available() else "cpu")
        try:
            parts = list(in_batches(self._rows, pictures, _BATCH))
        finally:
            self.cpu()
        return np.concatenate(parts) if parts else np.zeros((0, self.last.out_features), dtype=np.float32)

    def _rows(self, chunk: Sequence[tuple[str, bytes]]) -> NDArray[np.float32]:
        return self.seen(np.stack([prepare(*item, self.size) for item in chunk]))

    @torch.inference_mode()
    def seen(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(B, C) float32 logits of (B, S, S, 3) RGB, before the temperature, in the mode and on the device of now."""
        device = self.last.weight.device
        with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
            found: Tensor = self(torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2))
        rows: NDArray[np.float32] = found.float().cpu().numpy()
        return rows

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, C) logits to (1, n, C) probabilities of the one member."""
        found: NDArray[np.float32] = (torch.from_numpy(logits) / self.temperature.cpu()).softmax(dim=1)[None].numpy()
        return found
