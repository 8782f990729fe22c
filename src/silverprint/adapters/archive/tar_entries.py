"""Files of a tar, compressed or not, in one pass: a compressed tar cannot be rewound."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from silverprint.adapters.archive.decompress import DAMAGE, Stream
from silverprint.adapters.archive.entries import Blob, Entry, UnpacksTooFar, is_unsafe
from silverprint.adapters.archive.entry_names import AUTO
from silverprint.adapters.archive.tar_headers import DamagedHeader, Member, members
from silverprint.core.unicode_names import to_nfc
from silverprint.errors import DataError

_UNREADABLE: Final = "what follows cannot be read"


def is_tar(blob: Blob) -> bool:
    """Whether it begins as a tar does, packed or not.

    Raises:
        DataError: it is packed, and so damaged that this is unknown.
    """
    with Stream(blob) as stream:
        try:
            next(members(stream), None)
            return True
        except DamagedHeader:
            return False
        except (*DAMAGE, UnpacksTooFar) as error:
            rule = f"not a readable tar ({error or type(error).__name__})"
            raise DataError(blob.place, rule, "ask the partner for it again") from None


def tar_entries(blob: Blob, names: str = AUTO) -> Iterator[Entry]:
    """Every file of a tar, in its order; each must be read before the next one is asked for.

    Of several entries of one name, in whatever Unicode form, the first has it; each other is refused, under the name
    with `#2`, `#3`, ... behind.
    Where the tar breaks off, the last entry is `(after NAME)`: it stands for whatever would have followed.

    Args:
        names: the encoding of those that are not in UTF-8.
    """
    seen: Counter[str] = Counter()
    last = "its beginning"
    with Stream(blob) as stream:
        try:
            for member in members(stream, names):
                seen[to_nfc(member.name)] += 1
                again = seen[to_nfc(member.name)]
                last = member.name if again == 1 else f"{member.name}#{again}"
                refusal, read = _refusal(member, again), _reader(stream, member)
                yield Entry(last, refusal, member.size, read, blob.etag, blob.last_modified)
            stream.drain()
        except UnpacksTooFar:
            yield Entry(f"(after {last})", "unpacks-too-far", 0, _fail)
        except (DamagedHeader, *DAMAGE):
            yield Entry(f"(after {last})", None, 0, _fail)


def _refusal(member: Member, again: int) -> str | None:
    if is_unsafe(member.name):
        return "unsafe-path"
    return member.refusal or ("name-taken" if again > 1 else None)


def _reader(stream: Stream, member: Member) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if member.broken:
            raise ValueError("its extended header cannot be understood")
        if stream.position != member.start:
            raise ValueError("a tar's entries are read one by one")
        wanted = min(limit, member.size)
        data = stream.read(wanted)
        if len(data) < wanted:
            raise EOFError("cut off")
        return data

    return read


def _fail(limit: int) -> bytes:
    raise EOFError(_UNREADABLE)
