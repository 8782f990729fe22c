"""Bodies that came packed though nobody asked for that."""

import zlib
from typing import Final

from silverprint.fetching.reasons import Failed, Refused

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_PACKED: Final = {"gzip", "x-gzip", "deflate"}


def unpacked(body: bytes, coding: str | None, limit: int) -> bytes:
    """The body; packed in a way that we do not know, as it came.

    Args:
        coding: the header Content-Encoding.
        limit: bytes; never more than one byte beyond it is unpacked.

    Raises:
        Refused: `too-large`.
        Failed: `broken-response`: packed, and damaged.
    """
    if coding is None or coding.strip().lower() not in _PACKED:
        return body
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise Failed("broken-response") from None
    if len(found) > limit:
        raise Refused("too-large")
    if not unpacker.eof:
        raise Failed("broken-response")
    return found
