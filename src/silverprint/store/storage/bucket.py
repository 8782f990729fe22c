"""Storage in a bucket: objects named by their content, and a pointer in the output, written last."""

import hashlib
from pathlib import Path

from silverprint.store.s3 import Bucket
from silverprint.store.storage import pointer
from silverprint.store.storage.pointer import Pointer


class BucketStorage:
    """See `Storage`.

    An object appears in the bucket whole or not at all, and its name is its SHA-256: a part that is there with its size
    is not sent again, and a kill leaves at most an object that no pointer names.

    Args:
        address: s3://bucket/prefix, without a slash at the end.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def publish(self, finished: Path, path: Path) -> None:
        with finished.open("rb") as handle:
            sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
        # By folder: what a purge deletes for one source, no pointer of another one names.
        size, address = finished.stat().st_size, f"{self._address}/{path.parent.name}/{sha256[:2]}/{sha256[2:]}"
        bucket = Bucket()
        if bucket.size(address) != size:
            bucket.upload(finished, address)
        before = pointer.read(path)
        stood = () if before is None else (*before.purged, before.address)
        pointer.write(path, Pointer(address, sha256, size, tuple(one for one in stood if one != address)))
        finished.unlink()
