"""A picture's file opened and not yet decoded; whatever is wrong with it becomes one exception with a reason."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from silverprint.store.frames import frame_count
from silverprint.store.sniff import sniff

# Of a JPEG, which comes out reduced: a phone's 12000 x 9000, and some. `measure.max_megapixels` says otherwise.
MAX_PIXELS: Final = 128_000_000
# Of it, what other formats may have, which are decoded whole: 51 megapixels, where cameras' own files end.
WHOLE_SHARE: Final = 0.4

# Pillow warns about each odd file; here an odd file is a row with a reason.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_READABLE = {"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif", "jp2"}
_PILLOW_NAME = {"jp2": "JPEG2000"}


class Undecodable(Exception):  # noqa: N818 (a finding about a picture, not a fault)
    """No pixels can be had.

    `reason`: empty, not-an-image, truncated, too-many-pixels, unsupported; of `bounded`: too-many-scans, too-slow,
    too-much-memory, crashed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of which the header was read.

    Attributes:
        picture: at its first frame, not loaded.
        format: as `sniff` names it.
        mode: Pillow's name of the colours as stored.
        frames: more than 1 is an animation (or several pages); see `frames.frame_count`.
    """

    picture: Image.Image
    format: str
    mode: str
    frames: int


@contextmanager
def opened(data: bytes, max_pixels: int) -> Iterator[Opened]:
    """`data` opened; decode it within the block.

    Args:
        max_pixels: width x height of a JPEG above it, of other formats above WHOLE_SHARE of it, is refused from the
            header, before anything is allocated.

    Raises:
        Undecodable: for every kind of bad file, whether it shows here or within the block, and nothing else.
    """
    try:
        yield _open(data, max_pixels)
    except Undecodable:
        raise
    except Image.DecompressionBombError:
        raise Undecodable("too-many-pixels") from None
    except MemoryError:
        raise Undecodable("too-much-memory") from None
    except NotImplementedError:
        raise Undecodable("unsupported") from None
    except Exception:  # Pillow raises nearly every built-in exception on a broken file
        raise Undecodable("truncated") from None


def _open(data: bytes, max_pixels: int) -> Opened:
    if not data:
        raise Undecodable("empty")
    name = sniff(data)
    if name is None:
        raise Undecodable("not-an-image")
    if name not in _READABLE:
        raise Undecodable("unsupported")
    try:
        picture = Image.open(BytesIO(data), formats=[_PILLOW_NAME.get(name, name.upper())])
    except UnidentifiedImageError:
        raise Undecodable("truncated") from None
    _check_size(picture, max_pixels if name == "jpeg" else int(max_pixels * WHOLE_SHARE))
    frames = frame_count(picture, data, name)
    return Opened(picture, name, picture.mode, frames)


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        raise Undecodable("too-many-pixels")
