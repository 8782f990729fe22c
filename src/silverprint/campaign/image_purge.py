"""Purge of images and its commit to DVC: the new shards, and the list of places where the old bytes still lie."""

import subprocess
from collections.abc import Collection

from silverprint import layout
from silverprint.campaign import served_copies
from silverprint.config import Params
from silverprint.console import say
from silverprint.dvcfiles import cache
from silverprint.errors import UnavailableError
from silverprint.store.shards.purge import purge


def run(params: Params, image_ids: Collection[str]) -> None:
    """Overwrites the pictures' bytes in every source and removes the copies that are being served, at once; says which
    copies in caches and remotes must be collected.

    Raises:
        DiskError: no space.
        UnavailableError: DVC does not take the new shards.
    """
    for path in served_copies.forget(image_ids):
        say(f"{path}: removed; nobody is shown it any more")
    old: list[str] = []
    for source in params.sources:
        root = layout.raw(source)
        hashes = cache.hashes(root)
        changed = purge(root, image_ids)
        if not changed:
            continue
        old += [hashes[path.name] for path in changed if path.name in hashes]
        where = getattr(params.sources[source], "path", None)
        if where is not None:
            say(f"sources.{source}.path ({where}) is never changed by Silverprint: remove the picture there")
        say(f"{root}: overwritten in {', '.join(path.name for path in changed if path.suffix == '.tar') or 'no shard'}")
        _commit(source)
    if old:
        say(f"The old bytes are still in {len(old)} objects of DVC's cache, and wherever they were pushed:")
        for md5 in sorted(old):
            say(f"  {cache.object_path(md5)}")
        say("Collect them, with all other versions: dvc gc --workspace, and on the remote dvc gc --workspace --cloud.")
        say("Other clones and backups have copies of their own; data/embed keeps the picture's features.")
        say("The next silverprint repro takes its thumbnail out of data/measured, and makes pages that show it again.")


def _commit(source: str) -> None:
    """dvc.lock learns the new hashes: otherwise the next `dvc repro` would crawl again to make the old ones."""
    if not layout.LOCK.exists():
        return
    done = subprocess.run(
        ["dvc", "commit", "--quiet", "--force", f"acquire@{source}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        remedy = f"run: dvc commit --force acquire@{source}"
        raise UnavailableError(f"acquire@{source}", f"DVC did not take the purged shards ({said})", remedy)
