"""A drop read in place: nothing is unpacked to the disk."""

from pathlib import Path

from silverprint.adapters.archive.entries import folder_entries, zip_entries
from silverprint.adapters.archive.manifest import MANIFEST, Stated, read_manifest
from silverprint.config import ArchiveSource
from silverprint.console import track
from silverprint.errors import UnavailableError
from silverprint.store.intake import Answer, Intake, Showing
from silverprint.store.licenses import spdx


def unpack(name: str, source: ArchiveSource, intake: Intake) -> None:
    """Reads `source` (its key in params.yaml: `name`) into `intake`; each entry is a picture or a row with a reason.

    Raises:
        UnavailableError: the folder or the file is not there.
        DataError: the file is no zip, or its manifest no CSV with a column `path`.
        DiskError: from the intake.
    """
    path = Path(source.path)
    if not path.exists():
        remedy = "put it there or mend the path (the sample drop: make demo)"
        raise UnavailableError(f"sources.{name}.path = {source.path!r}", "no such folder or file", remedy)
    entries = list(folder_entries(path)) if path.is_dir() else zip_entries(path)
    stated = read_manifest(path, entries)
    with_rows = [entry for entry in entries if entry.name != MANIFEST]
    for entry in track(with_rows, f"reading {name}"):
        showing = _showing(path, entry.name, stated.pop(entry.name, None), source)
        intake.take(showing, entry.answer(source.max_bytes))
    for missing in sorted(stated):
        intake.take(_showing(path, missing, stated[missing], source), Answer("failed", "missing"))


def _showing(archive: Path, entry: str, stated: Stated | None, source: ArchiveSource) -> Showing:
    url = f"{archive.name}!{entry}"
    if stated is None:
        stated = Stated()
    if stated.license:
        return Showing(url, stated.page_url, spdx(stated.license), "manifest", stated.label)
    license_ = spdx(source.license or "")
    return Showing(url, stated.page_url, license_, "source" if license_ else None, stated.label)
