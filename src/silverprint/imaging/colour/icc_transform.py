"""Conversion of any profile's colours to sRGB, which browsers show and networks have learnt on."""

from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

MOST_BYTES: Final = 4 << 20  # largest profile that is looked at; a printer's have 3 MB at most
_MODES: Final = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
_CLASSES: Final = {b"mntr", b"scnr", b"prtr", b"spac"}
_MOST_TAGS: Final = 100  # littleCMS's own limit
_SAME: Final = 2  # grey levels: a profile that moves no colour by more is sRGB by another name


def changes_colours(profile: bytes | None, mode: str) -> bool:
    """Whether colours of `mode` (RGB, L, CMYK) look otherwise by `profile` than without it; False for sRGB itself.

    A profile of other colours than the picture's, a broken one, and one that is too large says nothing.
    """
    return profile is not None and _transform(profile, mode) is not None


def to_srgb(pixels: NDArray[np.uint8], profile: bytes | None, mode: str) -> NDArray[np.uint8] | None:
    """(H, W, 3) sRGB of (H, W, 3) RGB, (H, W, 4) CMYK or (H, W) grey; None where `profile` changes nothing."""
    transform = None if profile is None else _transform(profile, mode)
    if transform is None:
        return None
    return np.asarray(transform.apply(Image.fromarray(pixels, mode)))


@lru_cache(16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """By littleCMS, with the intent and the rounding that browsers' own engine (skcms) has."""
    if _mode(profile) != mode or _has_chains(profile):
        return None
    try:
        stated = ImageCms.ImageCmsProfile(BytesIO(profile))
        transform = ImageCms.ImageCmsTransform(
            stated,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
        return None if mode != "CMYK" and _is_identity(transform, mode) else transform
    except Exception:  # Pillow and littleCMS raise several built-in exceptions on a broken profile
        return None


def _mode(profile: bytes) -> str | None:
    """Pillow's name of the colours that a profile is of; None where it is not to be used."""
    if not 132 <= len(profile) <= MOST_BYTES or profile[36:40] != b"acsp" or profile[12:16] not in _CLASSES:
        return None
    return _MODES.get(profile[16:20])


def _has_chains(profile: bytes) -> bool:
    """Whether a tag is a chain of any number of elements: browsers do not look at it, and it may take hours."""
    count = int.from_bytes(profile[128:132])
    offsets = [int.from_bytes(profile[at + 4 : at + 8]) for at in range(132, 132 + 12 * min(count, _MOST_TAGS), 12)]
    return count > _MOST_TAGS or any(profile[offset : offset + 4] == b"mpet" for offset in offsets)


def _is_identity(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.linspace(0, 255, 256 if mode == "L" else 9).round().astype(np.uint8)
    axes = np.meshgrid(*[levels] * (1 if mode == "L" else 3))
    probe = np.stack(axes, axis=-1).reshape(1, -1, len(axes))
    before = probe[:, :, 0] if mode == "L" else probe
    after = np.asarray(transform.apply(Image.fromarray(np.ascontiguousarray(before), mode))).astype(np.int16)
    return bool(np.abs(after - probe).max() <= _SAME)
