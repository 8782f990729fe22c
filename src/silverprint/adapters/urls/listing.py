"""A list's rows as showings of pictures, one at a time: a list may be longer than the memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from silverprint.adapters.urls import readers
from silverprint.config import UrlSource
from silverprint.errors import ConfigError, UnavailableError
from silverprint.store.intake import Showing
from silverprint.store.licenses import spdx

Reader: TypeAlias = Callable[[Path], Iterator[readers.Row | None]]

READERS: Final[dict[str, Reader]] = {
    ".csv": readers.read_csv,
    ".parquet": readers.read_parquet,
    ".jsonl": readers.read_jsonl,
}
_spdx = lru_cache(1024)(spdx)


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: what it says, or why nothing can be asked for (`no-address`, `credentials`, `bad-row`)."""

    showing: Showing
    fault: str | None = None


class UrlList:
    """The rows of `source` (its key in params.yaml: `name`), read anew at every iteration.

    Raises:
        UnavailableError: there is no such file.
        ConfigError: its name ends in none of READERS, or it is no file.
        DataError: while iterating, where the list cannot be understood.
    """

    def __init__(self, name: str, source: UrlSource) -> None:
        self._path, self._source = Path(source.path), source
        value = f"sources.{name}.path = {source.path!r}"
        if not self._path.exists():
            raise UnavailableError(value, "no such file", "put it there or mend the path")
        if self._path.suffix.lower() not in READERS or not self._path.is_file():
            raise ConfigError(value, f"a list is a file that ends in {', '.join(READERS)}", "convert or rename it")

    def __iter__(self) -> Iterator[Listed]:
        rows: Iterable[readers.Row | None] = READERS[self._path.suffix.lower()](self._path)
        fallback = spdx(self._source.license or "")
        for number, row in enumerate(rows, start=1):
            said = None if row is None else _said(row)
            if said is None:
                yield self._faulty(number, "bad-row")
            elif said["url"] is None:
                yield self._faulty(number, "no-address")
            elif _has_credentials(said["url"]):
                yield self._faulty(number, "credentials")
            else:
                yield Listed(_showing(said, fallback))

    def _faulty(self, number: int, fault: str) -> Listed:
        return Listed(Showing(f"{self._path.name}!{number}"), fault)


def _said(row: readers.Row) -> dict[str, str | None] | None:
    """The row's values as trimmed text, None for empty ones; None for all where one is neither text nor a number."""
    said: dict[str, str | None] = dict.fromkeys(readers.COLUMNS)
    for column, value in row.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = None if value != value else str(value)  # NaN is how tables of floats write an empty cell
        if not isinstance(value, str | None):
            return None
        said[column] = (value or "").strip() or None
    return said


def _has_credentials(url: str) -> bool:
    """Whether it names a user or a password, which an index, versioned and shared, must not."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def _showing(said: dict[str, Any], fallback: str | None) -> Showing:
    license_, evidence = (_spdx(said["license"]), "list") if said["license"] else (fallback, "source")
    return Showing(
        said["url"], said["page_url"], license_, evidence if license_ else None, said["label"], said["caption"]
    )
