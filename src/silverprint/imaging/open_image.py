"""Image file opened by Pillow; whatever is wrong with it becomes one exception with a reason."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image

from silverprint.imaging import heif
from silverprint.imaging.colour import embedded_profile
from silverprint.imaging.frames import seek_main_frame
from silverprint.imaging.metadata.strip_png import SIGNATURE
from silverprint.imaging.repair import is_apples, repair, rescue
from silverprint.imaging.sniff import sniff

# Most pixels of a JPEG, which is decoded reduced: a phone's 12000 x 9000 and more; `measure.max_megapixels` changes it.
MAX_PIXELS: Final = 128_000_000
# Share of it for other formats, which are decoded whole: 51 megapixels, the largest files of cameras.
WHOLE_SHARE: Final = 0.4

# Pillow warns about each odd file; here an odd file is a row with a reason.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_READABLE = {
    "jpeg",
    "png",
    "gif",
    "webp",
    "bmp",
    "tiff",
    "avif",
    "jp2",
    "ico",
    "pnm",
    "pcx",
    "tga",
    "sgi",
    "psd",
    "dds",
}
_PILLOW_NAME = {"jp2": "JPEG2000", "pnm": "PPM", "heic": "HEIF"}


class Undecodable(Exception):  # noqa: N818 (a finding about a picture, not a fault)
    """No pixels can be had.

    `reason`: empty, not-an-image, truncated, too-many-pixels, unsupported; from `imaging.resource_limits` also
    too-many-scans, too-slow, too-much-memory, crashed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of which the pixels were read.

    Attributes:
        picture: its first frame, or the page that is meant, loaded, not turned.
        format: as `sniff` names it.
        mode: Pillow's name of the colours as stored.
        frames: more than 1 is an animation (or several pages); see `frames.seek_main_frame`.
        data: the file.
        profile: of its colours (ICC), or None where they are sRGB or nobody says.
    """

    picture: Image.Image
    format: str
    mode: str
    frames: int
    data: bytes
    profile: bytes | None


@contextmanager
def open_image(data: bytes, max_pixels: int) -> Iterator[Opened]:
    """`data` opened; make of its pixels what you want within the block.

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
    if (name not in _READABLE and not (name == "heic" and heif.is_installed())) or is_apples(data):
        raise Undecodable("unsupported")
    picture, frames = _loaded(data, name, max_pixels)
    return Opened(picture, name, picture.mode, frames, data, embedded_profile.profile_of(data, name, picture))


def _loaded(data: bytes, name: str, max_pixels: int) -> tuple[Image.Image, int]:
    """The file's picture, its pixels read, and how many frames it has; what stops Pillow is put right.

    Raises:
        Whatever Pillow raises.
    """
    try:
        return _read(repair(data, name), name, max_pixels)
    except (Undecodable, Image.DecompressionBombError, NotImplementedError):
        raise
    except Exception:
        saved = rescue(data, name)
        if saved is None:
            raise
    return _read(saved, name, max_pixels)


def _read(data: bytes, name: str, max_pixels: int) -> tuple[Image.Image, int]:
    form = "PNG" if data.startswith(SIGNATURE) else _PILLOW_NAME.get(name, name.upper())
    picture = Image.open(BytesIO(data), formats=[form])
    most = max_pixels if name == "jpeg" else int(max_pixels * WHOLE_SHARE)
    _check_size(picture, most)
    frames = seek_main_frame(picture, data, name)
    _check_size(picture, most)
    picture.info.pop("xmp", None)  # Pillow would turn a TIFF by it
    picture.load()
    return picture, frames


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        raise Undecodable("too-many-pixels")
