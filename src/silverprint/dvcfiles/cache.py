"""DVC's cache of an output's files: their hashes, and the restoring of one of them."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Final

from silverprint.dvcfiles import missing_outputs
from silverprint.store import files

CACHE: Final = Path(".dvc/cache/files/md5")


def object_path(md5: str) -> Path:
    return CACHE / md5[:2] / md5[2:]


def hashes(root: Path) -> dict[str, str]:
    """The MD5 of each file in an output, as dvc.lock and the cache have it; none before the first `dvc repro`."""
    listing = object_path(missing_outputs.known_outputs().get(str(root), ""))
    if not listing.is_file():
        return {}
    return {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_text(encoding="utf-8"))}


def restore(path: Path) -> bool:
    """Replaces a file by its cached copy; False where there is none, it is damaged, or it is what lies there.

    Raises:
        DiskError: no space.
    """
    md5 = hashes(path.parent).get(path.name)
    if md5 is None or not object_path(md5).is_file() or _md5(object_path(md5)) != md5:
        return False
    if path.exists() and _md5(path) == md5:
        return False
    with files.replacing(path) as temporary:
        shutil.copyfile(object_path(md5), temporary)
    return True


def _md5(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
