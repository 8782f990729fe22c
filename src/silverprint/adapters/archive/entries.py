"""A file of a drop, judged before a byte of it is read."""

import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from lzma import LZMAError
from zipfile import BadZipFile

from silverprint.store.intake import Answer

# All that damage or malice in one file was seen to raise.
_DAMAGE = (BadZipFile, zlib.error, LZMAError, EOFError, OSError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a drop.

    Attributes:
        name: its path inside, with forward slashes.
        refusal: why it must not be read, or None.
        size: bytes, as stated.
        read: its first n bytes.
    """

    name: str
    refusal: str | None
    size: int
    read: Callable[[int], bytes]

    def answer(self, max_bytes: int) -> Answer:
        """Its bytes, or why they are not had."""
        if self.refusal is not None:
            return Answer("refused", self.refusal)
        if self.size > max_bytes:
            return Answer("refused", "too-large")
        try:
            data = self.read(max_bytes + 1)
        except _DAMAGE:
            return Answer("failed", "unreadable")
        return Answer("refused", "too-large") if len(data) > max_bytes else Answer("present", data=data)


def kind_refusal(mode: int) -> str | None:
    """Why a file of this mode must not be read: only plain files are."""
    if stat.S_ISLNK(mode):
        return "link"
    return None if stat.S_ISREG(mode) else "device"
