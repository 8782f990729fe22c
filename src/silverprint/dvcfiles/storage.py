"""DVC's cache and its remotes as places with files, through DVC's own settings and file systems."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from silverprint.errors import SilverprintError, UnavailableError
from silverprint.store import s3

_OBJECT: Final = re.compile(r"/([0-9a-f]{2})/([0-9a-f]{30}(?:\.dir)?)$")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Storage:
    """One place where DVC keeps versions of outputs.

    Attributes:
        name: as a person calls it: "DVC's cache", "the remote backup".
        address: where it is.
    """

    name: str
    address: str
    _system: Any
    _forget_index: Callable[[], None]

    def files(self) -> Iterator[tuple[str, int]]:
        """(path, size in bytes) of every file that is there, sorted.

        Raises:
            UnavailableError: it does not answer, or there is no such folder.
            NotAllowedError: it is closed to us.
        """
        if not self._ask(lambda: self._system.exists(self.address)):
            raise UnavailableError(self.address, f"{self.name} is not there", "check: dvc remote list; dvc push")
        listed = self._ask(lambda: self._system.fs.find(self.address, detail=True))
        found = listed if isinstance(listed, dict) else list(listed)
        for path in sorted(found):  # with sizes from a server, which are in its answers; without from a disk
            known = found[path]["size"] if isinstance(found, dict) else self._ask(partial(self._system.size, path))
            yield path, int(known or 0)

    def read(self, path: str, work: Callable[[BinaryIO], _Answer]) -> _Answer:
        """What `work` makes of a file.

        Raises:
            UnavailableError: it is gone, or the place does not answer any more.
            NotAllowedError: it is closed to us.
        """

        def opened() -> _Answer:
            with self._system.open(path, mode="rb") as stream:
                return work(stream)

        return self._ask(opened)

    def remove(self, paths: list[str]) -> None:
        """Removes files; DVC looks anew at what is there."""
        for path in paths:
            self._ask(partial(self._system.remove, path))
        self._forget_index()

    def _ask(self, ask: Callable[[], _Answer]) -> _Answer:
        answer: _Answer = s3.call(self.address, ask)
        return answer


def md5_of(path: str) -> str | None:
    """The hash that names an object, `.dir` behind that of a folder's list; None for a file of another kind."""
    found = _OBJECT.search(path.replace("\\", "/"))
    return None if found is None else found[1] + found[2]


def is_used() -> bool:
    """Whether DVC looks after this folder."""
    return Path(".dvc").is_dir()


def cache() -> Storage:
    """
    Raises:
        UnavailableError: DVC cannot read its settings.
    """
    repo = _repo()
    address, odb = str(repo.cache.local_cache_dir), repo.cache.local
    return Storage("DVC's cache", address, odb.fs, lambda: None)


def remote_names() -> list[str]:
    """The remotes of DVC's settings.

    Raises:
        UnavailableError: DVC cannot read its settings.
    """
    return sorted(_repo().config["remote"])


def remote(name: str) -> Storage:
    """
    Raises:
        UnavailableError: DVC does not know how to reach it.
    """
    from dvc.exceptions import DvcException
    from dvc_data.hashfile.db import get_index

    repo = _repo()
    try:
        found = s3.call(name, lambda: repo.cloud.get_remote(name))
        odb = found.odb
    except DvcException as error:
        raise _refused(f"remote {name}", error) from error
    return Storage(f"the remote {name}", str(found.path), found.fs, lambda: get_index(odb).clear())


def _repo() -> Any:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        return Repo(str(Path.cwd()))
    except (DvcException, OSError) as error:
        raise _refused("DVC", error) from error


def _refused(what: str, error: Exception) -> SilverprintError:
    rule = f"DVC cannot use it ({' '.join(str(error).split())[:160]})"
    return UnavailableError(what, rule, "check .dvc/config and: dvc doctor")
