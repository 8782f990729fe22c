"""Files that travel with the package: a new campaign's, the sample's settings, the locks, two shell scripts.

`python scripts/packaged.py` writes them from the repository's own files, all but the README of a campaign.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path


def text(name: str) -> str:
    """The text of the file `name`."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@contextmanager
def path(name: str) -> Iterator[Path]:
    """The file `name` as one on the disk, for programs that are given its path."""
    with as_file(files(__package__).joinpath(name)) as there:
        yield there


def names(folder: str) -> list[str]:
    """The files below `folder`, relative to it, in order."""
    return sorted(_below(files(__package__).joinpath(folder), ""))


def _below(folder: Traversable, before: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{before}{entry.name}/")
        else:
            yield f"{before}{entry.name}"
