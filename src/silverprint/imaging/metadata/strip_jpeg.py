"""JPEG (ITU-T T.81): segments are kept or dropped, entropy-coded data is copied as it is."""

from silverprint.imaging.byte_spans import Piece, Span, kept_pieces
from silverprint.imaging.jpeg_markers import SOS, segments
from silverprint.imaging.metadata.exif_orientation import EXIF_HEADER, only_orientation, read_orientation

_APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_FIRST_KNOWN = 0xC0  # markers below it are reserved, and nothing says what they hold
_JFIF_LENGTH = 18  # bytes, marker included, thumbnail not
_LONGEST_NAME = 16  # bytes of a segment up to the end of its application's name
_SOI_SPAN: Span | bytes = (0, 2)


def strip_jpeg(data: bytes) -> list[Piece]:
    """See `metadata.strip`. The orientation is that of the first EXIF segment before the first scan, as in browsers.

    A segment or scan that is cut off is kept or dropped like a whole one.
    """
    head, body = [_SOI_SPAN], list[Span | bytes]()
    turn, scanned = 0, False
    for marker, start, end in segments(data):
        scanned = scanned or marker == SOS
        begin = data[start : min(start + _LONGEST_NAME, end)]  # what lies behind it names nothing
        if marker == _APP1 and not turn and not scanned and begin[4:10] == EXIF_HEADER:
            turn = read_orientation(data[start + 4 : end])
        elif marker == _APP0 and not scanned:
            head += _jfif(data, start, end)
        elif _kept(marker, begin):
            body.append((start, min(end, len(data))))
    if turn > 1:
        payload = EXIF_HEADER + only_orientation(turn)
        head.append(b"\xff\xe1" + (len(payload) + 2).to_bytes(2) + payload)
    return kept_pieces(data, head + body)


def _jfif(data: bytes, start: int, end: int) -> list[Span | bytes]:
    """A JFIF segment without its thumbnail; nothing of any other APP0."""
    if data[start + 4 : start + 9] != b"JFIF\0" or end - start < _JFIF_LENGTH or end > len(data):
        return []
    anew = b"\xff\xe0\0\x10" + data[start + 4 : start + 16] + b"\0\0"
    return [(start, end) if data[start:end] == anew else anew]


def _kept(marker: int, begin: bytes) -> bool:
    if marker == _APP2:
        return begin[4:] == b"ICC_PROFILE\0"
    if marker == _APP14:
        return begin[4:9] == b"Adobe"
    return marker >= _FIRST_KNOWN and not (_APP0 <= marker <= _APP15 or marker == _COM)
