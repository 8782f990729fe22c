"""Progress of a run that may be killed: work that is done is not repeated when the run is started again."""

import hashlib
import json
from pathlib import Path
from typing import Final

from silverprint.store.files import disk_errors, write_text

_GATHERED: Final = 256  # addresses that a kill may cost
_DIGEST: Final = 16  # bytes


class Progress:
    """One run over a source, from its first start to its end; in its folder lies `.unfinished` until then.

    Rows that the run adds are in the index, so the file needs to tell only how many there were before, and the
    addresses found unchanged, which make no row.

    Args:
        root: the source's folder.
        revision: of the source; another one makes another run.
        rows: in its index.

    Attributes:
        since: the number of the run's first row in the index.
    """

    def __init__(self, root: Path, revision: int, rows: int) -> None:
        self._path, self._gathered = root / ".unfinished", list[str]()
        lines = self._path.read_text("ascii", "replace").split("\n") if self._path.exists() else [""]
        self._unchanged = {line for line in lines[1:] if len(line) == 2 * _DIGEST}
        begun = _begun(lines[0])
        if begun is None or begun[0] != revision:
            begun = revision, rows
            self._unchanged.clear()
            write_text(self._path, json.dumps({"revision": revision, "rows": rows}) + "\n")
        self.since = begun[1]

    def was_unchanged(self, url: str) -> bool:
        """Whether the run has found what is at `url` to be what the rows before it say."""
        return bool(self._unchanged) and _digest(url) in self._unchanged

    def unchanged(self, url: str) -> None:
        """Notes that it has.

        Raises:
            DiskError: no space.
        """
        self._gathered.append(_digest(url))
        if len(self._gathered) >= _GATHERED:
            self.save()

    def save(self) -> None:
        """Writes down what was noted."""
        noted, self._gathered = self._gathered, []
        with disk_errors(self._path), self._path.open("a", encoding="ascii") as handle:
            handle.write("".join(f"\n{digest}\n" for digest in noted))  # the line before may be torn

    def end(self) -> None:
        """The run is over: the next one asks for everything again."""
        self._path.unlink(missing_ok=True)


def _begun(line: str) -> tuple[int, int] | None:
    try:
        found = json.loads(line)
        return int(found["revision"]), int(found["rows"])
    except (ValueError, KeyError, TypeError):
        return None


def _digest(url: str) -> str:
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).hexdigest()
