"""Work that decoding a JPEG takes, estimated from its headers: nothing is decoded."""

from dataclasses import dataclass
from typing import Final

from silverprint.imaging.byte_spans import TooManyParts
from silverprint.imaging.jpeg_markers import SOS, segments

# The limit of libjpeg-turbo's own tools. Encoders make 1 to 10 scans, optimisers at most some 70.
MOST_SCANS: Final = 500

_SOF0, _SOF15 = 0xC0, 0xCF
_NO_FRAMES: Final = {0xC4, 0xC8, 0xCC}  # tables, and a reserved marker, among those of frames
_LEAST: Final = 10  # bytes of a frame's header up to its number of components; no scan is shorter
_SEQUENTIAL: Final = {0xC0, 0xC1}
_HEAD: Final = 64  # segments before the first scan: more are no ordinary file


@dataclass(frozen=True, slots=True)
class Work:
    """
    Attributes:
        pixels: width x height.
        scans: of a file whose scans are many by its header, an upper bound; 1 of any other.
    """

    pixels: int
    scans: int


def jpeg_work(data: bytes) -> Work | None:
    """The cost of decoding; None where the header is not an ordinary one.

    A sequential file whose first scan has all components has one scan: decoders refuse a second one.
    """
    at, pixels, components, is_sequential = 2, 0, 0, False
    for _ in range(_HEAD):
        if len(data) < at + _LEAST or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == SOS:
            one = is_sequential and data[at + 4] == components
            return Work(pixels, 1 if one else data.count(b"\xff\xda", at)) if pixels else None
        if _SOF0 <= marker <= _SOF15 and marker not in _NO_FRAMES:
            if components:
                return None
            pixels = (data[at + 5] << 8 | data[at + 6]) * (data[at + 7] << 8 | data[at + 8])
            components, is_sequential = data[at + 9], marker in _SEQUENTIAL
        at += 2 + (data[at + 2] << 8 | data[at + 3])
    return None


def has_too_many_scans(data: bytes) -> bool:
    """Whether a JPEG has more than MOST_SCANS, or more segments than any camera or program writes."""
    if data.count(b"\xff\xda") <= MOST_SCANS:  # entropy-coded data cannot hold these bytes, so most files are done
        return False
    try:
        return sum(marker == SOS for marker, _, _ in segments(data)) > MOST_SCANS
    except TooManyParts:
        return True
