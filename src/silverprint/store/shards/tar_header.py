"""Header of a tar member (POSIX ustar) without tarfile's generality, which costs more than hashing a small image."""

import tarfile
from typing import Final

BLOCK: Final = 512  # bytes; a tar is made of these, and each payload follows one block of header
_NAME, _SIZE, _SUM = slice(0, 100), slice(124, 136), slice(148, 156)
_LARGEST: Final = 8**11 - 1  # bytes: eleven octal digits


def _template() -> bytes:
    block = bytearray(tarfile.TarInfo().tobuf(tarfile.USTAR_FORMAT))
    block[_NAME], block[_SIZE], block[_SUM] = bytes(100), bytes(12), b" " * 8
    return bytes(block)


_TEMPLATE: Final = _template()
_SUM_OF_TEMPLATE: Final = sum(_TEMPLATE)


def member_header(name: str, size: int) -> bytes:
    """The same bytes as `tarfile.TarInfo(name).tobuf(USTAR_FORMAT)` for a file of `size` bytes.

    Raises:
        ValueError: the name has more than 100 bytes or other than ASCII, or 8 GiB are not enough.
    """
    as_bytes = name.encode("ascii")
    if len(as_bytes) > 100 or size > _LARGEST:
        raise ValueError(f"{name}, {size} bytes: not a plain tar member")
    octal = b"%011o\0" % size
    total = _SUM_OF_TEMPLATE + sum(as_bytes) + sum(octal)
    block = bytearray(_TEMPLATE)
    block[: len(as_bytes)], block[_SIZE], block[_SUM] = as_bytes, octal, b"%06o\0 " % total
    return bytes(block)
