"""Moving a campaign's own Label Studio to where all campaigns of its user share one. Nothing is removed by it."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.adapters.labelstudio import own_database
from silverprint.store import server_home
from silverprint.store.files import disk_errors

_STAYS: Final = shutil.ignore_patterns("lock", "log", "new-*", "backup-*", "replaced-*")
_PATHS: Final = (
    "UPDATE io_storages_localfilesmixin SET path = :new || substr(path, :rest) WHERE substr(path, 1, :length) = :old"
)


def copy(own: Path, shared: Path) -> None:
    """Copies the data to a folder that has none, those by which it is known to have some last.

    Raises:
        DiskError: no space; then nothing is there.
    """
    server_home.make(shared)
    with disk_errors(shared), tempfile.TemporaryDirectory(prefix="new-", dir=shared) as workshop:
        copied = Path(workshop) / "data"
        shutil.copytree(own, copied, ignore=_STAYS)
        for path in sorted(copied.iterdir(), key=lambda path: path.name == "server.json"):
            path.rename(shared / path.name)


def put_aside(own: Path) -> Path:
    """Renames the folder of data that are not used any more; where it is now."""
    aside = own.with_name(f"{own.name}-before-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    with disk_errors(own):
        own.rename(aside)
    return aside


def serve_from_here() -> None:
    """Has the projects that were copied find their pictures by the links that the campaigns' server follows.

    Raises:
        UnavailableError: the database is not readable, or stays locked.
    """
    for folder in sorted(layout.SERVING.glob("*/")):
        server_home.serve(folder.name)
    old, new = str(layout.SERVING.resolve()), str(server_home.served_root())
    values = {"old": old, "new": new, "length": len(old), "rest": len(old) + 1}
    own_database.run("the projects' pictures cannot be found again", (_PATHS, values))
