"""Augmented copy of a picture, as a file: what a network would be shown of it, in the picture's own size."""

from io import BytesIO
from typing import Final

import numpy as np
import torch
from PIL import Image

from silverprint.config import Augment
from silverprint.imaging.decode import decode_stored
from silverprint.model.finetune.augmentation import Augmentation
from silverprint.model.finetune.lesson import seed_of

_QUALITY: Final = 92
_DIGITS: Final = 15  # of an image_id that seed its copies


def augmented_copy(image_id: str, data: bytes, number: int, knobs: Augment, seed: int) -> bytes:
    """A JPEG of the picture, changed by chance: by seed, image_id and number alone.

    Its comment names the picture, so that a purge of that finds the copy wherever it lies.

    Raises:
        DataError: the picture does not decode any more.
    """
    pixels = decode_stored(image_id, data)
    change = Augmentation.of(knobs, (pixels.shape[0], pixels.shape[1]))
    drawn = change(torch.from_numpy(pixels).permute(2, 0, 1), seed_of(seed, int(image_id[:_DIGITS], 16), number))
    rows = np.ascontiguousarray(drawn.permute(1, 2, 0).numpy())
    file = BytesIO()
    comment = f"augmented copy {number} of {image_id}.jpg"
    Image.fromarray(rows).save(file, "JPEG", quality=_QUALITY, comment=comment.encode())
    return file.getvalue()
