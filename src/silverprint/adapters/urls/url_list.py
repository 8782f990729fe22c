"""Rows of a list, one at a time: a list may be longer than memory."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from silverprint.config import UrlSource
from silverprint.console import say
from silverprint.core.licenses import spdx
from silverprint.errors import ConfigError, UnavailableError
from silverprint.fetch_result import Showing
from silverprint.fetching.urls import resolve_url
from silverprint.store.foreign_tables import READERS, Fault, Row, Shape
from silverprint.store.foreign_tables.row import text
from silverprint.userinfo import without_userinfo

_COLUMNS: Final = ("url", "license", "caption", "label", "page_url")
_ALIASES: Final = {"text": "caption"}  # LAION's name for it
# What lists of LAION's and tables of img2dataset's have beside, and what is of no use here.
_PASSED_OVER: Final = frozenset(
    {
        *("aesthetic", "error_message", "exif", "hash", "height", "key", "language", "md5", "nsfw", "original_height"),
        *("original_width", "punsafe", "pwatermark", "sample_id", "sha256", "similarity", "status", "width"),
    }
)
_CAPTION: Final = 10_000  # characters; what is longer is cut
_LONGEST: Final = 2_000  # characters of a label, a licence, ...; addresses are bounded where they are requested
_BOUNDED_ELSEWHERE: Final = ("caption", "url", "page_url")
_USUAL: Final = re.compile(
    r"https?://[^/\\?#\s]++(?![\\\s])", re.IGNORECASE
)  # what every reader finds the same host in
_USER_AND_HOST: Final = re.compile(r"[^/\\?#:]*+:[^/\\?#]*@")  # as people write it who leave out the scheme
_spdx = lru_cache(1024)(spdx)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row: what it says, or why nothing can be asked for (`no-address`, `credentials`, `bad-row`)."""

    showing: Showing
    fault: str | None = None


class UrlList:
    """The rows of `source` (its key in params.yaml: `name`), read anew at every iteration.

    The first one that comes to the end says what was passed over.

    Raises:
        UnavailableError: there is no such file.
        ConfigError: its name ends in none of READERS, or it is no file.
        DataError: while iterating, where the list cannot be understood.
    """

    def __init__(self, name: str, source: UrlSource) -> None:
        self._name, self._path, self._source = name, Path(source.path), source
        self._is_told = False
        value = f"sources.{name}.path = {source.path!r}"
        if not self._path.exists():
            raise UnavailableError(value, "no such file", "put it there or fix the path")
        if self._path.suffix.lower() not in READERS or not self._path.is_file():
            raise ConfigError(value, f"a list is a file that ends in {', '.join(READERS)}", "convert or rename it")

    def __iter__(self) -> Iterator[ListRow]:
        fallback = spdx(self._source.license or "")
        shape = Shape("list", _COLUMNS, "url", _ALIASES, _PASSED_OVER)
        cut = 0
        with self._path.open("rb") as handle:
            rows = READERS[self._path.suffix.lower()](str(self._path), handle, shape)
            for number, (_, row) in enumerate(rows, start=1):
                said = None if isinstance(row, Fault) else _said(row)
                if said is None:
                    yield self._faulty(number, "bad-row")
                elif said["url"] is None:
                    yield self._faulty(number, "no-address")
                elif _has_credentials(said["url"]):
                    yield self._faulty(number, "credentials")
                else:
                    cut += len(said["caption"] or "") > _CAPTION
                    yield ListRow(_showing(said, fallback))
        self._tell(shape, cut)

    def _faulty(self, number: int, fault: str) -> ListRow:
        return ListRow(Showing(f"{self._path.name}!{number}"), fault)

    def _tell(self, shape: Shape, cut: int) -> None:
        if self._is_told:
            return
        self._is_told = True
        if shape.unused:
            say(f"acquire {self._name}: {self._path.name} has columns that are not used: {', '.join(shape.unused)}")
        if cut:
            say(f"acquire {self._name}: {cut} captions were cut at {_CAPTION:,} characters")


def _said(row: Row) -> dict[str, str | None] | None:
    """The row's values as text, None for empty ones; None for all where one is no text, or longer than any real one."""
    said: dict[str, str | None] = dict.fromkeys(_COLUMNS)
    for column, value in row.items():
        found = text(value)
        if isinstance(found, Fault):
            return None
        if column not in _BOUNDED_ELSEWHERE and len(found or "") > _LONGEST:
            return None
        said[column] = found
    return said


def _has_credentials(url: str) -> bool:
    """Whether it names a user or a password, which an index, versioned and shared, must not."""
    return without_userinfo(url) != url or _USER_AND_HOST.match(url) is not None


def _read_by_all(address: str) -> str:
    """`address` as it stands; where browsers alone find its host, by turning backslashes and the like, as they write
    it, so that takedowns of that host and counts of hosts find it, too."""
    if _USUAL.match(address) is None:
        with suppress(ValueError):
            found = resolve_url(address)
            return found if found.startswith(("http:", "https:")) else address
    return address


def _showing(said: dict[str, str | None], fallback: str | None) -> Showing:
    license_, evidence = (_spdx(said["license"]), "list") if said["license"] else (fallback, "source")
    caption, page = said["caption"], said["page_url"]
    return Showing(
        _read_by_all(said["url"] or ""),
        page and _read_by_all(page),
        license_,
        evidence if license_ else None,
        said["label"],
        caption and caption[:_CAPTION],
    )
