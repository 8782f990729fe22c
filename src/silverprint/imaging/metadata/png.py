"""PNG (ISO/IEC 15948, third edition): chunks of pixels, colour and animation are kept, all others dropped."""

import zlib

from silverprint.imaging.metadata.exif import only_orientation, read_orientation
from silverprint.imaging.slices import Piece, Span, count_part, kept_pieces

_SIGNATURE = 8
_AROUND = 12  # bytes of a chunk around its data: length, kind, checksum
_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT"),
    *(b"acTL", b"fcTL", b"fdAT"),
}


def strip_png(data: bytes) -> list[Piece]:
    """See `metadata.strip`. The orientation is that of the first eXIf chunk; EXIF as text is ignored, as in browsers.

    What follows IEND is dropped (old screenshot tools left cropped parts there).
    """
    chunks: list[Span | bytes] = [(0, _SIGNATURE)]
    at, turn, parts = _SIGNATURE, 0, 0
    while at < len(data):
        parts = count_part(parts)
        end = at + _AROUND + int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        if kind in _KEPT:
            chunks.append((at, min(end, len(data))))
        elif kind == b"eXIf" and not turn:
            turn = read_orientation(memoryview(data)[at + 8 : end - 4])
        if kind == b"IEND":
            break
        at = end
    if turn > 1:
        body = b"eXIf" + only_orientation(turn)
        chunk = (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
        chunks.insert(2, chunk)  # after IHDR
    return kept_pieces(data, chunks)
