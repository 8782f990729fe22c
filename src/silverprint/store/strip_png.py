"""PNG (ISO/IEC 15948, third edition): chunks of pixels, colour and animation are kept, all others dropped."""

import zlib
from collections.abc import Callable

from silverprint.store.exif import only_orientation
from silverprint.store.pieces import Piece, Span, pieces

_SIGNATURE = 8
_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT"),
    *(b"acTL", b"fcTL", b"fdAT"),
}
_MAY_TURN = {b"eXIf", b"tEXt", b"zTXt", b"iTXt"}  # EXIF, or EXIF and XMP as text


def strip_png(data: bytes, orientation: Callable[[], int]) -> list[Piece]:
    """See `strip.strip`. What follows IEND is dropped (old screenshot tools left cropped parts there)."""
    chunks: list[Span | bytes] = [(0, _SIGNATURE)]
    at, turn = _SIGNATURE, 1
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        if kind in _KEPT:
            chunks.append((at, min(end, len(data))))
        elif kind in _MAY_TURN:
            turn = orientation()
        if kind == b"IEND":
            break
        at = end
    if turn != 1:
        body = b"eXIf" + only_orientation(turn)
        chunk = (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
        chunks.insert(2, chunk)  # after IHDR
    return pieces(data, chunks)
