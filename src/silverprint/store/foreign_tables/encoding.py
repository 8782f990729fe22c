"""Encoding of a text: by its byte order mark, else by its first characters, which a header has in ASCII."""

import codecs
from typing import IO, Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding(handle: IO[bytes]) -> str:
    """UTF-8, or one of the other UTFs; `handle` is left where it was, at its start."""
    start = handle.read(4)
    handle.seek(0)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    match [byte == 0 for byte in start[:2]]:
        case [False, True]:
            return "utf-16-le"
        case [True, False]:
            return "utf-16-be"
    return "utf-8"
