"""Storage on this disk: the file itself, under its name."""

from pathlib import Path

from silverprint.store.files import disk_errors


class DiskStorage:
    """See `Storage`."""

    def publish(self, finished: Path, path: Path) -> None:
        with disk_errors(path):
            finished.replace(path)
