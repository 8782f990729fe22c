"""Content coding of bodies: gzip, deflate and the like, decoded within limits."""

import zlib
from typing import Final

from silverprint.fetching.refusals import Failed, Refused

ASKED: Final = "gzip, deflate"  # codings that may be requested
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_RAW: Final = -zlib.MAX_WBITS
_PACKED: Final = {"gzip", "x-gzip", "deflate"}
_MOST_LAYERS: Final = 3


def decompress(body: bytes, coding: str | None, limit: int, cuts: bool = False) -> bytes:
    """The body; packed in a way that we do not know, as it came.

    Args:
        coding: the header Content-Encoding; of several the last was applied last.
        limit: bytes; never more than one byte beyond it is unpacked.
        cuts: whether of a longer or a damaged one what comes first is wanted.

    Raises:
        Refused: `too-large`.
        Failed: `broken-response`: packed, and damaged.
    """
    layers = [word for word in (coding or "").lower().replace(" ", "").split(",") if word not in ("", "identity")]
    if len(layers) > _MOST_LAYERS:
        raise Failed("broken-response")
    while body and layers and layers[-1] in _PACKED:
        body = _unpacked(body, limit, cuts, may_be_raw=layers.pop() == "deflate")
    return body[:limit] if cuts else body


def _unpacked(body: bytes, limit: int, cuts: bool, may_be_raw: bool) -> bytes:
    """
    Args:
        may_be_raw: without zlib's frame, as old servers send what they call `deflate`.
    """
    for form in (_GZIP_OR_ZLIB, _RAW) if may_be_raw else (_GZIP_OR_ZLIB,):
        unpacker = zlib.decompressobj(form)
        try:
            found = unpacker.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(found) > limit and not cuts:
            raise Refused("too-large")
        if unpacker.eof or cuts:
            return found
        break
    raise Failed("broken-response")
