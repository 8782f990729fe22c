"""Storage of large files that never change: on this disk, or as objects in a bucket with pointers in the outputs."""

from pathlib import Path
from typing import Final, Protocol

from silverprint.store.storage.bucket import BucketStorage
from silverprint.store.storage.disk import DiskStorage

DISK: Final = "disk"  # in params.yaml


class Storage(Protocol):
    """Where the content of an output's large files goes. `content` reads it, whichever storage it went to."""

    def publish(self, finished: Path, path: Path) -> None:
        """Makes `finished`, a whole file beside it, the content of `path`; `finished` is gone then.

        After a kill the content is there whole, or not at all; the call may be made again.

        Raises:
            DiskError: no space.
            UnavailableError, NotAllowedError: the bucket does not take it.
        """


DISK_STORAGE: Final = DiskStorage()


def storage(named: str) -> Storage:
    """The storage that params.yaml names: `disk`, or s3://bucket/prefix."""
    return DISK_STORAGE if named == DISK else BucketStorage(named.rstrip("/"))
