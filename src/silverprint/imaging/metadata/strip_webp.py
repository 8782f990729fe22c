"""WebP (RFC 9649): EXIF, XMP and unknown chunks are dropped, in frames too, and their flags in VP8X cleared."""

from collections.abc import Iterator

from silverprint.imaging.byte_spans import Piece, Span, count_part, kept_pieces
from silverprint.imaging.metadata.exif_orientation import only_orientation, read_orientation

_HEADER = 12  # bytes: RIFF, size, WEBP
_AROUND = 8  # bytes of a chunk before its data: kind, size
_FRAME_HEADER = 16  # bytes of an ANMF chunk's data before the chunks in it
_OF_A_FRAME = {b"VP8 ", b"VP8L", b"ALPH"}
_KEPT = {*_OF_A_FRAME, b"VP8X", b"ANIM", b"ANMF", b"ICCP"}
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def strip_webp(data: bytes) -> list[Piece]:
    """See `metadata.strip`. As in browsers, the first EXIF chunk gives the orientation, if VP8X announces one.

    What follows the RIFF container is dropped. One that is cut off stays so; what is there is kept or dropped.
    """
    stop = 8 + int.from_bytes(data[4:8], "little")
    is_whole = stop <= len(data)
    kept: list[Span | bytes] = []
    turn, parts = 0, 0
    is_extended = data[_HEADER : _HEADER + 4] == b"VP8X" and len(data) > _HEADER + _AROUND
    flags = data[_HEADER + _AROUND] if is_extended else 0
    for kind, start, end in _chunks(data, _HEADER, min(stop, len(data))):
        parts = count_part(parts)
        if kind == b"ANMF":
            frame, parts = _frame(data, start, end, parts)
            kept += frame
        elif kind in _KEPT:
            kept.append((start, end))
        elif kind == b"EXIF" and not turn and flags & _EXIF_FLAG:
            turn = read_orientation(memoryview(data)[start + _AROUND : end])
    if not is_whole:
        return kept_pieces(data, [(0, _HEADER), *kept])
    if turn > 1:
        body = only_orientation(turn)
        kept.append(b"EXIF" + len(body).to_bytes(4, "little") + body)
    if is_extended:
        kept[:1] = _flagged(data, kept[0], flags & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if turn > 1 else 0))
    head = data[:4] + (4 + _length(kept)).to_bytes(4, "little") + data[8:_HEADER]
    return kept_pieces(data, [(0, _HEADER) if data.startswith(head) else head, *kept])


def _chunks(data: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of each chunk; the last one ends with what holds it, whatever it says."""
    while at + _AROUND <= stop:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = min(at + _AROUND + size + size % 2, stop)
        yield data[at : at + 4], at, end
        at = end


def _frame(data: bytes, start: int, end: int, parts: int) -> tuple[list[Span | bytes], int]:
    """An ANMF chunk without what is no picture in it; and `parts` with those in it."""
    inside = min(start + _AROUND + _FRAME_HEADER, end)
    kept: list[Span | bytes] = [(start + _AROUND, inside)]
    for kind, at, stop in _chunks(data, inside, end):
        parts = count_part(parts)
        if kind in _OF_A_FRAME:
            kept.append((at, stop))
    if _length(kept) == end - start - _AROUND:
        return [(start, end)], parts
    size = _length(kept)
    return [b"ANMF" + size.to_bytes(4, "little"), *kept, bytes(size % 2)], parts


def _flagged(data: bytes, chunk: Span | bytes, flags: int) -> list[Span | bytes]:
    """The VP8X chunk with `flags`, which are its first byte."""
    at = _HEADER + _AROUND
    if isinstance(chunk, bytes) or data[at] == flags:
        return [chunk]
    return [(chunk[0], at), bytes([flags]), (at + 1, chunk[1])]


def _length(kept: list[Span | bytes]) -> int:
    return sum(len(one) if isinstance(one, bytes) else one[1] - one[0] for one in kept)
