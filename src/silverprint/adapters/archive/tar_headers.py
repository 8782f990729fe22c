"""Headers of a tar: name, size and type of each file. Bounded: a header never makes us read much.

tarfile's own loop takes a broken header for the end, and reads an extended header of any length into memory; its
parser of a single block is used here.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from tarfile import BLOCKSIZE, HeaderError, TarInfo
from typing import Final

from silverprint.adapters.archive.decompress import Stream
from silverprint.adapters.archive.entry_names import AUTO, decode_name

_LONGEST: Final = 1024 * 1024  # bytes of an extended header
_LONGEST_NAME: Final = 65_535  # characters that are kept, as many as a zip has room for
_DIGITS: Final = 19  # digits of a size
_NO_FILE: Final = (tarfile.DIRTYPE, b"D", b"V")  # folders, a dump's list of one, a volume's name
_LINKS: Final = (tarfile.SYMTYPE, tarfile.LNKTYPE)
_DEVICES: Final = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
_EXTENDED: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)


class DamagedHeader(Exception):  # noqa: N818
    """The next header is none, or is not there."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a tar.

    Attributes:
        name: as it is there; bytes that are in no known encoding as \\xNN.
        refusal: link, device or sparse; None for a plain file.
        size: bytes, as stated.
        start: the stream's position where they begin.
        broken: its extended header cannot be understood, so its size and name may be others.
    """

    name: str
    refusal: str | None
    size: int
    start: int
    broken: bool


@dataclass(slots=True)
class _Said:
    """What headers before a file's own say about it."""

    name: str | None = None
    size: int | None = None
    sparse: bool = False
    broken: bool = False


def members(stream: Stream, names: str = AUTO) -> Iterator[Member]:
    """The files of a tar, in its order; folders are left out.

    Args:
        names: the encoding of those that are not in UTF-8.

    Raises:
        Damaged: a header is none, or the tar ends without its end.
        UnpacksTooFar, one of DAMAGE: from the stream.
    """
    said = _Said()
    while (info := _header(stream)) is not None:
        if info.type in (*_EXTENDED, tarfile.GNUTYPE_LONGNAME):
            _learn(said, info, _body(stream, info.size), names)
            continue
        if info.type in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):  # global headers, link targets: ignored
            _forward(stream, stream.position, info.size)
            continue
        if info.type == tarfile.GNUTYPE_SPARSE:
            _pass_sparse_map(stream, info)
        refusal = _refusal(info.type, said.sparse)
        # Links and devices have no bytes, whatever size they state.
        size = 0 if refusal in ("link", "device") else info.size if said.size is None else said.size
        start = stream.position
        if info.type not in _NO_FILE:
            yield Member(_text(info.name, names) if said.name is None else said.name, refusal, size, start, said.broken)
        if info.type != tarfile.DIRTYPE:
            _forward(stream, start, size)
        said = _Said()


def _header(stream: Stream) -> TarInfo | None:
    """The next header; None at the end."""
    block = stream.read(BLOCKSIZE)
    if block == bytes(BLOCKSIZE):
        return None
    try:
        info = TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except HeaderError as error:
        raise DamagedHeader(str(error)) from None
    if info.size < 0:
        raise DamagedHeader("a size below 0")
    return info


def _refusal(kind: bytes, sparse: bool) -> str | None:
    if kind in _LINKS:
        return "link"
    if kind in _DEVICES:
        return "device"
    return "sparse" if sparse or kind == tarfile.GNUTYPE_SPARSE else None


def _forward(stream: Stream, start: int, size: int) -> None:
    """Behind the body that began at `start`, of which some may have been read."""
    stream.skip(start + size + -size % BLOCKSIZE - stream.position)


def _body(stream: Stream, size: int) -> bytes | None:
    """An extended header's records; None where they are too many."""
    start = stream.position
    data = stream.read(size) if size <= _LONGEST else None
    _forward(stream, start, size)
    return data


def _learn(said: _Said, info: TarInfo, data: bytes | None, names: str) -> None:
    if data is None or len(data) < info.size:
        said.broken = True
    elif info.type == tarfile.GNUTYPE_LONGNAME:
        said.name = _decoded(data.partition(b"\0")[0], names)
    else:
        try:
            for key, value in _records(data):
                _heed(said, key, value)
        except ValueError:
            said.broken = True
    if said.name is not None and len(said.name) > _LONGEST_NAME:
        said.name, said.broken = said.name[:_LONGEST_NAME], True


def _heed(said: _Said, key: bytes, value: bytes) -> None:
    if key == b"path":
        said.name = _decoded(value, AUTO)  # POSIX has it in UTF-8
    elif key == b"size":
        if not value.isdigit() or len(value) > _DIGITS:
            raise ValueError("no size")
        said.size = int(value)
    elif key.startswith(b"GNU.sparse."):
        said.sparse = True


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of "LENGTH KEY=VALUE\\n", one behind the other (POSIX pax)."""
    at = 0
    while at < len(data) and data[at]:
        digits, space, _ = data[at : at + 21].partition(b" ")
        end = at + int(digits)
        key, equals, value = data[at + len(digits) + 1 : end - 1].partition(b"=")
        if not (space and equals and at < end <= len(data) and data[end - 1 : end] == b"\n"):
            raise ValueError("no record")
        yield key, value
        at = end


def _pass_sparse_map(stream: Stream, info: TarInfo) -> None:
    more = info._sparse_structs[1]  # type: ignore[attr-defined]
    while more:
        block = stream.read(BLOCKSIZE)
        more = len(block) == BLOCKSIZE and block[504] != 0


def _text(name: str, names: str) -> str:
    return _decoded(name.encode("utf-8", "surrogateescape"), names)


def _decoded(name: bytes, names: str) -> str:
    text = None if name.isascii() else decode_name(name, names)
    return name.decode("utf-8", "backslashreplace") if text is None else text
