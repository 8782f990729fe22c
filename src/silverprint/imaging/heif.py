"""HEIC by pillow-heif, an extra: its wheel carries libraries under the GPL and the LGPL (decisions/0177)."""

from functools import cache
from importlib.util import find_spec


@cache
def is_installed() -> bool:
    """Whether Pillow can read HEIC; the first call teaches it."""
    if find_spec("pillow_heif") is None:
        return False
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return True
