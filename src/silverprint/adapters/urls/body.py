"""The bytes of a reply, never more of them in memory than may be kept."""

import zlib
from typing import Final

from aiohttp import ClientResponse

from silverprint.fetching.reasons import Failed, Refused

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_PACKED: Final = {"gzip", "x-gzip", "deflate"}


async def read(response: ClientResponse, limit: int) -> bytes:
    """The body, unpacked where it came packed though nobody asked for that; packed in another way, as it came.

    Raises:
        Refused: `too-large`: more than `limit` bytes are stated, or come, or are unpacked.
        Failed: `broken-response`: packed, and damaged.
        ClientError, TimeoutError: from aiohttp.
    """
    if (response.content_length or 0) > limit:
        raise Refused("too-large")
    packed = response.headers.get("Content-Encoding", "").strip().lower() in _PACKED
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB) if packed else None
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        if unpacker is not None:
            chunk = _unpacked(unpacker, chunk, limit + 1 - size)
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise Refused("too-large")
    if unpacker is not None and not unpacker.eof:
        raise Failed("broken-response")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _unpacked(unpacker: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return unpacker.decompress(chunk, most)
    except zlib.error:
        raise Failed("broken-response") from None
