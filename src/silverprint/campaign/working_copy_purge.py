"""Purge of images from the working copy: their bytes in the shards, thumbnails, features, and what shows them."""

import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from silverprint import layout
from silverprint.campaign import served_copies
from silverprint.config import Params
from silverprint.console import say
from silverprint.dvcfiles import lock, missing_outputs
from silverprint.errors import UnavailableError
from silverprint.store import features, thumbnail_table
from silverprint.store.shards.purge import purge


def require_here(params: Params) -> None:
    """Whatever is changed must be here: what only the cache has would be lost with its object.

    Raises:
        UnavailableError: an output that DVC knows is not on this disk.
    """
    missing_outputs.require_pulled(layout.EMBED, *map(layout.measured, params.sources))


def run(params: Params, image_ids: Collection[str]) -> None:
    """Overwrites the pictures' bytes in every source, takes out their thumbnails and features, and removes the copies
    that are being served, at once. What DVC keeps of earlier versions stays.

    Raises:
        DiskError: no space.
        UnavailableError: DVC does not take the new shards.
    """
    for path in served_copies.forget(image_ids):
        say(f"{path}: removed; nobody is shown it any more")
    for source in params.sources:
        root = layout.raw(source)
        changed = purge(root, image_ids)
        for part in sorted(layout.measured(source).glob("part-*.parquet")):
            if thumbnail_table.forget(part, image_ids):
                say(f"{part}: without its thumbnail")
        if not changed:
            continue
        say(f"{root}: overwritten in {', '.join(path.name for path in changed if path.suffix == '.tar') or 'no shard'}")
        _commit(source)
    for part in features.forget(layout.EMBED, image_ids):
        say(f"{part}: without its features")


def remove_shown(paths: Collection[str]) -> list[str]:
    """Removes files in data/ that show a picture, as far as the pipeline makes them again, or people gave them.

    A release or a report goes as a whole: without one of its pictures it is none. Returns what is left, for people.
    """
    left, gone = [], set()
    for path in sorted(paths):
        whole = next((one for one in (layout.RELEASE, layout.REPORT) if path.startswith(f"{one}/")), None)
        if whole is not None:
            if whole.exists():
                shutil.rmtree(whole)
                gone.add(str(whole))
                say(f"{whole}: removed; silverprint repro makes it again")
        elif path.startswith(f"{layout.INBOX}/") or path.endswith("/queue.html"):
            Path(path).unlink(missing_ok=True)
            gone.add(path)
            say(f"{path}: removed")
        else:
            left.append(path)
    if gone:
        lock.run_again(gone)
    return left


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
