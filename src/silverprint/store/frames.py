"""How many pictures a file shows, and which of them is meant."""

from io import BytesIO
from typing import Final

from PIL import Image

# Pillow counts a JPEG's previews (MPO), a PSD's layers, what else a HEIF or an icon holds: they are no animation.
_STILL: Final = {"jpeg", "psd", "heic", "ico"}
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255  # TIFF 6.0, section 8
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2


def choose(picture: Image.Image, data: bytes, name: str) -> int:
    """Puts an opened picture of format `name` at the frame that is meant; returns how many it has.

    More than 1 is an animation, or several pages. Of a TIFF the second page alone is looked at: where one of the two is
    a thumbnail or a mask, the other is the picture.
    """
    if name == "tiff":
        return _page(picture, data)
    frames = 1 if name in _STILL else int(getattr(picture, "n_frames", 1))
    if frames > 1:
        picture.seek(0)
    return frames


def _page(picture: Image.Image, data: bytes) -> int:
    try:
        with Image.open(
            BytesIO(data), formats=["TIFF"]
        ) as other:  # of its own: where the page is broken, the first is not
            other.seek(1)
            beside = [_is_beside(page) for page in (picture, other)]
    except Exception:  # no second page, or one that cannot be read: Pillow raises nearly every built-in exception
        return 1
    if beside == [True, False]:
        picture.seek(1)
    return 1 if any(beside) else 2


def _is_beside(page: Image.Image) -> bool:
    """Whether a page says that it is only the thumbnail or the mask of another."""
    tags = page.tag_v2  # type: ignore[attr-defined]
    kind = tags.get(_NEW_SUBFILE_TYPE, 0)
    return bool(isinstance(kind, int) and kind & (_REDUCED | _MASK)) or tags.get(_SUBFILE_TYPE) == _OLD_REDUCED
