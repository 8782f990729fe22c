"""Objects below an S3 prefix. Credentials and endpoint come from the environment or AWS's own files only."""

from collections.abc import Iterator
from typing import Any

from silverprint.adapters.archive.entries import Entry, is_unsafe
from silverprint.errors import NotAllowedError, UnavailableError
from silverprint.store.s3 import SCHEME, call


def object_entries(address: str) -> Iterator[Entry]:
    """Every object below `address` (s3://bucket/prefix), sorted by its key.

    An object that is gone or closed to us when it is read is an entry that cannot be read.

    Raises:
        UnavailableError: there is none, or S3 does not answer, now or when an entry is read.
        NotAllowedError: we may not list them.
    """
    import s3fs

    system = s3fs.S3FileSystem(skip_instance_cache=True)
    root = address.removeprefix(SCHEME).strip("/")
    listed: dict[str, dict[str, Any]] = call(address, lambda: system.find(root, detail=True))
    found = {key: facts for key, facts in listed.items() if key.startswith(f"{root}/")}  # not one of that very name
    if not found:
        raise UnavailableError(address, "no object is there", "fix the path")
    for key, facts in sorted(found.items()):
        name = key.removeprefix(f"{root}/")
        if not name.endswith("/"):  # a console's stand-in for a folder
            yield _entry(system, address, key, name, facts)


def _entry(system: Any, address: str, key: str, name: str, facts: dict[str, Any]) -> Entry:
    def read(limit: int) -> bytes:
        def got() -> bytes:
            data: bytes = system.cat_file(key, start=0, end=limit)
            return data

        try:
            return call(f"{SCHEME}{key}", got) if facts["size"] else b""  # S3 gives no range of an empty object
        except (UnavailableError, NotAllowedError) as error:
            if isinstance(error.__cause__, FileNotFoundError | PermissionError):
                raise OSError("not found, or access is denied") from error
            raise

    refusal = "unsafe-path" if is_unsafe(name) else None
    modified = facts.get("LastModified")
    etag = str(facts.get("ETag", "")).strip('"') or None
    return Entry(name, refusal, facts["size"], read, etag, modified.isoformat() if modified else None)
