"""Memory of the addresses that a crawl has met: a few bytes each, as there may be millions."""

import json
import tempfile
from pathlib import Path
from typing import Any, Final

from silverprint.fetch_result import Answer
from silverprint.store.files import disk_errors
from silverprint.store.int_map import IntMap

_OTHER: Final = "\n"  # no address begins with it: hashes with and without are two


class SeenAddresses:
    """A set of addresses that can only grow, 16 bytes each: two hashes of 64 bits instead of the words."""

    def __init__(self) -> None:
        self._seen = IntMap()

    def __contains__(self, url: str) -> bool:
        return self._seen.get(hash(url)) == hash(_OTHER + url)

    def add(self, url: str) -> bool:
        """Whether it is a new one."""
        if url in self:
            return False
        self._seen[hash(url)] = hash(_OTHER + url)
        return True


class SeenAnswers:
    """What each address answered, in a file without a name that goes with the process; 16 bytes of each in the memory.

    Raises:
        DiskError: from the constructor and `put`: no space for temporary files (TMPDIR).
    """

    def __init__(self) -> None:
        self._places, self._count = IntMap(), 0
        self._where = Path(tempfile.gettempdir())
        with disk_errors(self._where):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it is open as long as the crawl lasts)

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        self._file.close()

    def __contains__(self, url: str) -> bool:
        """Another address may have the same hash."""
        return self._places.get(hash(url)) is not None

    def put(self, url: str, answer: Answer) -> None:
        """Keeps what `url` answered, but for bytes."""
        line = json.dumps([url, *answer._replace(data=None, kept=None)]).encode() + b"\n"
        with disk_errors(self._where):
            self._places[hash(url)] = self._file.seek(0, 2)
            self._file.write(line)
        self._count += 1

    def get(self, url: str) -> Answer | None:
        place = self._places.get(hash(url))
        if place is None:
            return None
        with disk_errors(self._where):
            self._file.seek(place)
            line = self._file.readline()
        found: list[Any] = json.loads(line)
        return Answer(*found[1:]) if found[0] == url else None  # another address may have the same hash
