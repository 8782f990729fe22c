"""JPEG (ITU-T T.81): segments are kept or dropped, entropy-coded data is copied as it is."""

from collections.abc import Callable, Iterator

import numpy as np

from silverprint.store.exif import EXIF_HEADER, only_orientation
from silverprint.store.pieces import Piece, Span, pieces

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
# Which byte after 0xFF ends a scan: all but stuffing (0), restarts, and 0xFF, which may precede any marker.
_ENDS_SCAN = np.array([not (byte in {0, 0xFF} or 0xD0 <= byte <= 0xD7) for byte in range(256)])
_JFIF_LENGTH = 18  # bytes, marker included, thumbnail not
_LONGEST_NAME = 16  # bytes of a segment up to the end of its application's name
_SOI_SPAN: Span | bytes = (0, 2)


def strip_jpeg(data: bytes, orientation: Callable[[], int]) -> list[Piece]:
    """See `strip.strip`. A file that ends in mid-scan keeps its scans as they are.

    Raises:
        ValueError: a segment before the first scan is malformed.
    """
    head, body = [_SOI_SPAN], list[Span | bytes]()
    turn, scanned = 1, False
    for marker, start, end in _segments(data):
        scanned = scanned or marker == _SOS
        if marker == _APP1:
            turn = orientation() if _may_turn(data[start:end]) else turn
        elif marker == _APP0 and not scanned:
            head += _jfif(data, start, end)
        elif _kept(marker, data[start : start + _LONGEST_NAME]):
            body.append((start, end))
    if turn != 1:
        payload = EXIF_HEADER + only_orientation(turn)
        head.append(b"\xff\xe1" + (len(payload) + 2).to_bytes(2) + payload)
    return pieces(data, head + body)


def _may_turn(segment: bytes) -> bool:
    """Whether an orientation may be in it, as EXIF in either order of bytes, or as XMP: looking closer takes long."""
    return b"\x01\x12" in segment or b"\x12\x01" in segment or b"rientation" in segment


def _jfif(data: bytes, start: int, end: int) -> list[Span | bytes]:
    """A JFIF segment without its thumbnail; nothing of any other APP0."""
    if data[start + 4 : start + 9] != b"JFIF\0" or end - start < _JFIF_LENGTH:
        return []
    anew = b"\xff\xe0\0\x10" + data[start + 4 : start + 16] + b"\0\0"
    return [(start, end) if data[start:end] == anew else anew]


def _kept(marker: int, begin: bytes) -> bool:
    if marker == _APP2:
        return begin[4:] == b"ICC_PROFILE\0"
    if marker == _APP14:
        return begin[4:9] == b"Adobe"
    return not (_APP0 <= marker <= _APP15 or marker == _COM)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment after SOI; a scan's entropy-coded data belongs to its SOS. Ends with EOI."""
    at, seen_scan = 2, False
    while True:
        try:
            marker, start, end = _segment(data, at)
        except ValueError:
            if not seen_scan:
                raise
            yield _SOS, at, len(data)  # cut off between scans: what is left stays as it is
            return
        if marker == _SOS:
            seen_scan = True
            end = _scan_end(data, end)
        yield marker, start, end
        if marker == _EOI or end == len(data):
            return
        at = end


def _segment(data: bytes, at: int) -> tuple[int, int, int]:
    """(marker, start, end) of the segment at `at`, without the fill bytes that may precede it."""
    start, last = at, len(data) - 1
    while start < last and data[start] == 0xFF and data[start + 1] == 0xFF:
        start += 1
    if start >= last or data[start] != 0xFF:
        raise ValueError("no marker")
    marker = data[start + 1]
    if marker == _EOI:
        return marker, start, start + 2
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4])
    if marker < 0xC0 or marker == _SOI or end < start + 4 or end > len(data):
        raise ValueError("bad segment")
    return marker, start, end


def _scan_end(data: bytes, at: int) -> int:
    """Where the entropy-coded data that begins at `at` ends: at a marker that is neither stuffing nor a restart."""
    coded = np.frombuffer(data, dtype=np.uint8)[at:]
    marks = np.flatnonzero(coded[:-1] == 0xFF)
    ends = marks[_ENDS_SCAN[coded[marks + 1]]]
    return at + int(ends[0]) if len(ends) else len(data)
