"""Folders that are whole or absent: filled beside their place, then renamed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silverprint.store.files import disk_errors


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """An empty temporary folder to fill; takes the place of `path` at the end, or vanishes if the block raises.

    What a kill left behind is removed by the next call.

    Raises:
        DiskError: no space, or the parent folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    with disk_errors(path):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            yield temporary
            shutil.rmtree(path, ignore_errors=True)
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
