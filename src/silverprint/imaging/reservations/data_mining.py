"""Data Mining property of IPTC's photo metadata (2023.1): `plus:DataMining` in XMP, a term of PLUS's vocabulary.

The property is looked for in the whole file, whatever its format, by its name and the term behind it. XMP is not parsed
as XML: nothing can be expanded or nested, and a packet that is cut off or not well formed is still heard. In PNG it
may be compressed, and is unpacked up to a limit. Not found: XMP in UTF-16, or compressed in other formats.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from silverprint.core.reservations import Statement
from silverprint.imaging import byte_search

_NAME: Final = b"DataMining"
_NEAR: Final = 256  # bytes behind the name in which the term stands
_TERM: Final = re.compile(rb"DMI-[A-Za-z]{1,32}(?:-[A-Za-z]{1,64})?")
_MOST: Final = 64  # mentions that are looked at: a sound file has one
_COMPRESSED: Final = b"iTXtXML:com.adobe.xmp\0\1\0"  # a chunk's kind, keyword, that it is compressed, and how (deflate)
_MOST_BYTES: Final = 1_000_000  # of XMP that is unpacked
_FORBIDDING: Final = b"DMI-PROHIBITED"


def data_mining(data: bytes) -> Iterator[Statement]:
    """What the property says, each term once: DMI-ALLOWED, DMI-PROHIBITED-AIMLTRAINING, ...

    Whatever prohibits forbids, be it only for generative models or with conditions that are stated elsewhere.
    """
    found = dict.fromkeys(_terms(data))
    if (unpacked := _unpacked(data)) is not None:
        found |= dict.fromkeys(_terms(unpacked))
    for term in found:
        yield Statement("data-mining", term.decode(), "xmp", term.startswith(_FORBIDDING))


def _terms(text: bytes) -> Iterator[bytes]:
    at = -1
    for _ in range(_MOST):
        at = byte_search.find(text, _NAME, at + 1)
        if at < 0:
            return
        term = _TERM.search(text, at, at + _NEAR)
        if term is not None:
            yield term[0].upper()


def _unpacked(data: bytes) -> bytes | None:
    """The XMP in a compressed iTXt chunk (PNG, third edition, 11.3.3.4), its beginning if it is longer."""
    at = byte_search.find(data, _COMPRESSED)
    if at < 4:
        return None
    end = at + 4 + int.from_bytes(data[at - 4 : at])
    language = data.find(b"\0", at + len(_COMPRESSED), end)
    keyword = data.find(b"\0", language + 1, end) if language >= 0 else -1
    if keyword < 0:
        return None
    try:
        return zlib.decompressobj().decompress(data[keyword + 1 : end], _MOST_BYTES)
    except zlib.error:
        return None
