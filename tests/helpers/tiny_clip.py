"""A tiny open_clip network with random weights, registered under a name of its own."""

import hashlib
import json
from pathlib import Path
from typing import Final

import torch

from silverprint.config import Embed
from tests.helpers import needs

NAME: Final = "tiny-of-tests"
SIZE: Final = 32
_CONFIG: Final = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": SIZE, "layers": 3, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2},
}


def tiny_clip(folder: Path) -> Embed:
    """The knobs of a backbone of such weights, a file in `folder`."""
    needs.module("open_clip", "run: make extras-env")
    import open_clip

    (folder / f"{NAME}.json").write_text(json.dumps(_CONFIG))
    open_clip.add_model_config(folder)
    torch.manual_seed(0)
    path = folder / "weights.pth"
    torch.save(open_clip.create_model(NAME).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Embed(backbone=f"open_clip/{NAME}", size=SIZE, batch=4, weights=str(path), weights_sha256=digest)
