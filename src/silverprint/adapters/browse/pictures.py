"""Pictures as the page shows them: made again from the stored bytes, small, without metadata, upright, sRGB."""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image

from silverprint.imaging.decode import Undecodable, decode_known

SIDES: Final = {"small": 220, "large": 900}  # pixels, of the longer side at most
_KEPT: Final = {"small": 4_000, "large": 40}  # pictures in memory, some 10 and 100 KB each
_QUALITY: Final = 82


class Pictures:
    """JPEGs of pictures by image_id; those shown last stay in memory.

    Args:
        stored: the bytes of a picture.
    """

    def __init__(self, stored: Callable[[str], bytes]) -> None:
        self._stored = stored
        self._made = {size: lru_cache(kept)(self._maker(SIDES[size])) for size, kept in _KEPT.items()}

    def jpeg(self, image_id: str, size: str) -> bytes | None:
        """One of SIDES; None for a picture that does not decode any more.

        Raises:
            DataError: the shard is damaged.
            UnavailableError: it is not on this disk.
        """
        return self._made[size](image_id)

    def forget(self) -> None:
        """Keeps none: a picture was taken down."""
        for made in self._made.values():
            made.cache_clear()

    def _maker(self, side: int) -> Callable[[str], bytes | None]:
        def make(image_id: str) -> bytes | None:
            try:
                picture = Image.fromarray(decode_known(self._stored(image_id), side).pixels)
            except Undecodable:
                return None
            picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3)
            buffer = BytesIO()
            picture.save(buffer, "JPEG", quality=_QUALITY)
            return buffer.getvalue()

        return make
