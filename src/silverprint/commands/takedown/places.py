"""Places that a purge and its proof look at: this folder, DVC's cache and remotes, and what is not ours."""

import errno
import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from silverprint import layout
from silverprint.adapters.tracking import stored_artifacts
from silverprint.commands.takedown.survey import Place, folder, stored
from silverprint.config import Params
from silverprint.dvcfiles import storage
from silverprint.records import RAW
from silverprint.store import server_home, server_users, tables
from silverprint.store.s3 import Bucket
from silverprint.store.server_home import STUDIO, TRACKING
from silverprint.store.storage import content

# Of var/, what a purge may remove: it is made again. The servers' databases are theirs.
_REMOVABLE = (
    layout.SERVING,
    layout.TRACKING / "artifacts",
    layout.RELEASE_DIFFS,
    layout.FINETUNING,
    layout.REBUILT,
    layout.PIXELS,
    layout.MINIATURES,
    layout.ALIKE,
    layout.ROTATED,
    layout.NEAREST,
    layout.OBJECTS,
)
_EXPORT = re.compile(r"project-\d+-at-.+\.json")


def data() -> Place:
    """The outputs and ledgers as they lie here."""
    return folder("data", Path("data"))


def var() -> Place:
    """What this machine keeps: served copies, caches, MLflow's drawings, the servers' databases."""
    return folder("var", layout.VAR, skip=layout.NOT_SEARCHED)


def shared() -> Iterator[Place]:
    """The data of the servers that this campaign shares with others of its user, where it used them."""
    for home in (STUDIO, TRACKING):
        if not home.is_own and server_users.this(home) is not None:
            root = home.shared.resolve()
            yield folder(str(root), root, skip=[server_home.served_root()])  # links to what is in var/ of each campaign


def is_removable(path: str) -> bool:
    """Whether a purge may remove a file of var/, or of a server that campaigns share."""
    shared = server_home.TRACKING.shared.resolve() / "artifacts"
    return any(Path(path).is_relative_to(one) for one in (*_REMOVABLE, shared)) or _is_export(Path(path))


def _is_export(path: Path) -> bool:
    """What Label Studio keeps of a list of answers that it sent."""
    homes = (layout.STUDIO, server_home.STUDIO.shared.resolve())
    return _EXPORT.fullmatch(path.name) is not None and any(path.match(f"{home}/data*/export/*") for home in homes)


def dvc() -> Iterator[Place]:
    """DVC's cache, once a stage has run.

    Raises:
        UnavailableError: DVC's settings cannot be read.
    """
    if storage.is_used():
        cache = storage.cache()
        if Path(cache.address).exists() or layout.LOCK.exists():
            yield stored(cache)


def objects(params: Params) -> Iterator[Place]:
    """Each prefix below which objects of shards and features lie: what a killed upload left is there, too."""
    for root in (*map(layout.raw, params.sources), layout.EMBED):
        for address in content.prefixes(root):
            yield Place(address, partial(_objects, root, address), _read_object, _delete_objects)


def _objects(root: Path, address: str) -> Iterator[tuple[str, int]]:
    bucket = Bucket()
    yield from bucket.below(address)
    yield from ((one, 0) for one in content.purged_objects(root) if one.startswith(address) and bucket.versions(one))


def _read_object(address: str, work: Callable[[BinaryIO], Any]) -> Any:
    bucket = Bucket()
    if bucket.size(address) is None:
        raise OSError(errno.EBUSY, "the bucket keeps versions of it; run the purge again")
    with bucket.opened(address) as stream:
        return work(stream)


def _delete_objects(addresses: list[str]) -> None:
    bucket = Bucket()
    for address in addresses:
        bucket.delete(address)


def remotes() -> list[str]:
    return storage.remote_names() if storage.is_used() else []


def remote(name: str) -> Place:
    """
    Raises:
        UnavailableError: DVC does not know how to reach it.
    """
    return stored(storage.remote(name))


def mlflow(params: Params) -> Iterator[Place]:
    """The MLflow that the environment names; another one's files are in var/."""
    uri = stored_artifacts.address_elsewhere()
    if uri is not None:
        found = stored_artifacts.Artifacts(uri, params.dataset.name)
        yield Place(f"MLflow at {uri}", found.files, found.read, found.remove)


def yours(params: Params, image_ids: Collection[str]) -> Iterator[tuple[str, Place | None]]:
    """Folders and archives that the pictures were read from, never changed by us; None for one that is elsewhere."""
    for name, source in params.sources.items():
        path = getattr(source, "path", None)
        if path is None:
            continue
        known = tables.read_parts(layout.raw(name), {"image_id": RAW["image_id"]})["image_id"]
        if known.is_in(sorted(image_ids)).any():
            where = f"sources.{name}.path ({path})"
            yield where, folder(where, Path(str(path)), ours=False) if Path(str(path)).exists() else None
