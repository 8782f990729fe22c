"""Markers of a JPEG (ITU-T T.81, B.1.1), found in one pass, a block at a time, whatever the file holds."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from silverprint.imaging.byte_spans import count_part

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
_TEM, _RST0 = 0x01, 0xD0
_BARE = {_TEM, *range(_RST0, SOI + 1)}  # they have no length, and nothing belongs to them
_MARKER = re.compile(rb"\xff[^\0\xff]")
_STEP: Final = 2**16  # bytes
_BLOCK: Final = 2**20  # bytes looked through at once
# Segments of one file. Profiles, extended XMP and a camera's maps make a few hundred, and libjpeg-turbo's own limit of
# scans, each with a table, is 500.
_MOST: Final = 2_048
# Which byte after 0xFF ends a scan: all but stuffing (0), restarts, and 0xFF, which may precede any marker.
_IN_SCAN = np.array([not (byte in {0, 0xFF} or _RST0 <= byte < SOI) for byte in range(256)])


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment after SOI, the last one EOI; `end` lies beyond the file where it is cut off.

    A scan's entropy-coded data belongs to its SOS. What lies between segments and is none, which decoders skip, is left
    out, and so are the fill bytes before a marker.

    Raises:
        TooManyParts: see there.
    """
    scans = _Scans(data)
    at, parts = 2, 0
    while (start := _next_marker(data, at)) >= 0:
        parts = count_part(parts, _MOST)
        marker = data[start + 1]
        if marker == EOI or marker in _BARE:
            end = start + 2
        else:
            end = start + 2 + max(int.from_bytes(data[start + 2 : start + 4]), 2)
        if marker == SOS:
            end = scans.end(end)
        yield marker, start, end
        if marker == EOI:
            return
        at = end


def _next_marker(data: bytes, at: int) -> int:
    """Where the next marker begins, without its fill bytes; -1 where there is none."""
    while at < len(data):
        found = _MARKER.search(data, at, at + _STEP + 1)  # step by step, for no other thread runs during a search
        if found:
            return found.start()
        at += _STEP
    return -1


class _Scans:
    """The ends of scans, asked for from front to back: no byte is looked at twice."""

    def __init__(self, data: bytes) -> None:
        self._coded = np.frombuffer(data, dtype=np.uint8)
        self._stop = 0  # up to which `_ends` tells
        self._ends = np.empty(0, dtype=np.intp)

    def end(self, at: int) -> int:
        """Where the entropy-coded data that begins at `at` ends; the file's end where nothing ends it."""
        while True:
            place = int(np.searchsorted(self._ends, at))
            if place < len(self._ends):
                return int(self._ends[place])
            if self._stop >= len(self._coded) - 1:
                return max(at, len(self._coded))
            self._look_through(max(at, self._stop))

    def _look_through(self, start: int) -> None:
        block = self._coded[start : start + _BLOCK + 1]
        marks = np.flatnonzero(block[:-1] == 0xFF)
        self._ends = start + marks[_IN_SCAN[block[marks + 1]]]
        self._stop = start + _BLOCK
