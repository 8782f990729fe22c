"""WebP (RFC 9649): the EXIF and XMP chunks are dropped, and their flags in VP8X cleared."""

from collections.abc import Callable

from silverprint.store.exif import only_orientation
from silverprint.store.pieces import Piece

_HEADER = 12
_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def strip_webp(data: bytes, orientation: Callable[[], int]) -> list[Piece]:
    """See `strip.strip`. What follows the RIFF container is dropped.

    Raises:
        ValueError: the container is cut off.
    """
    stop = 8 + int.from_bytes(data[4:8], "little")
    if stop > len(data):
        raise ValueError("cut off")
    chunks: list[bytes] = []
    at, turn = _HEADER, 1
    while at + 8 <= stop:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        kind = data[at : at + 4]
        if kind in _KEPT:
            chunks.append(data[at:end])
        elif kind in {b"EXIF", b"XMP "}:
            turn = orientation()
        at = end
    if turn != 1:
        body = only_orientation(turn)
        chunks.append(b"EXIF" + len(body).to_bytes(4, "little") + body)
    if chunks and chunks[0].startswith(b"VP8X"):
        flags = chunks[0][8] & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if turn != 1 else 0)
        chunks[0] = chunks[0][:8] + bytes([flags]) + chunks[0][9:]
    content = b"WEBP" + b"".join(chunks)
    stripped = b"RIFF" + len(content).to_bytes(4, "little") + content
    return [data if stripped == data else stripped]
