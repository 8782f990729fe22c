"""silverprint doctor: checks that shards hold what their indexes say, fixes what it can, names the rest."""

from pathlib import Path

from silverprint import layout
from silverprint.config import Params
from silverprint.console import say, track
from silverprint.dvcfiles import cache, missing_outputs
from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.store.shards.names import is_part, part_of, settle
from silverprint.store.shards.verify import Fault, inspect
from silverprint.store.storage.pointer import pointer_path


def run(params: Params, fix: bool) -> None:
    """Reads every shard of every source that is on this disk.

    With `fix`, what a kill left is put in order, and a damaged part is replaced where DVC's cache has it whole.

    Raises:
        DataError: faults are left.
        UnavailableError: no source is on this disk.
    """
    here = [source for source in params.sources if layout.raw(source).is_dir()]
    for source in params.sources.keys() - set(here):
        say(f"{layout.raw(source)} is not on this disk: {missing_outputs.recovery_command(layout.raw(source))}")
    if not here:
        ways = sorted({missing_outputs.recovery_command(layout.raw(source)) for source in params.sources})
        raise UnavailableError("data/raw", "no source is on this disk", f"run: {', '.join(ways)}")
    left: list[tuple[str, Fault]] = []
    for source in track(here, "reading shards", total=len(here), unit="sources"):
        faults = _told(layout.raw(source))
        if faults and fix:
            _fix(layout.raw(source), faults)
            faults = _told(layout.raw(source))
        left += [(source, fault) for fault in faults]
    if left:
        source, first = left[0]
        remedy = "run: silverprint doctor --fix" if first.leftover else _remedy(source)
        raise DataError(str(first.path), f"{first.what} (1 of {len(left)} faults)", remedy)
    say(f"{', '.join(here)}: every picture is where its index says, with the bytes that were stored")


def _told(root: Path) -> list[Fault]:
    known = [root / name for name in sorted(cache.hashes(root)) if is_part(name)]
    lost = [path for path in known if not path.exists()]
    faults = [Fault(path, "dvc.lock lists this file, and it is missing") for path in lost]
    faults += inspect(root)
    for fault in faults:
        say(f"{fault.path}: {fault.what}")
    return faults


def _remedy(source: str) -> str:
    root = layout.raw(source)
    if str(root) in missing_outputs.known_outputs():
        return restore_remedy(root)
    return f"restore it from a copy, or remove {root} and run: silverprint repro acquire@{source}"


def _fix(root: Path, faults: list[Fault]) -> None:
    if any(fault.leftover for fault in faults):
        settle(root)
        say(f"{root}: what a killed run left is cleaned up")
    damaged = {path for fault in faults if not fault.leftover for path in part_of(fault.path)}
    for path in sorted({*damaged, *map(pointer_path, damaged)}):  # an object itself is not in DVC's cache
        if cache.restore(path):
            say(f"{path}: restored from DVC's cache")
