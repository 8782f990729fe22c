"""Files of a source's folder that no run has read: those whose address no row of its index has. No file is opened."""

from pathlib import Path

from silverprint.adapters.archive.entry_names import junk_reason
from silverprint.adapters.archive.folder_entries import file_names
from silverprint.config import ArchiveSource, FolderSource, Source
from silverprint.records import RAW
from silverprint.store import tables
from silverprint.store.foreign_tables import READERS
from silverprint.store.intake import field_bounds

_STATE = ("manifest", "metadata")  # files that say something of pictures, and have no row


def count(source: Source, root: Path) -> int:
    """How many files of the folder that `source` names are new since it was read; 0 where it is none, or is not here.

    Args:
        root: the source's folder of shards.
    """
    if not isinstance(source, ArchiveSource | FolderSource) or not root.is_dir():
        return 0
    place = Path(source.path)
    if not place.is_dir():
        return 0
    known = {*tables.read_parts(root, {"url": RAW["url"]})["url"]}
    return sum(
        field_bounds.address(f"{place.name}!{name}") not in known and junk_reason(name) is None
        for name in file_names(place)
        if not _states(name)
    )


def _states(name: str) -> bool:
    stem, _, kind = name.rpartition("/")[2].casefold().partition(".")
    return stem in _STATE and f".{kind}" in READERS
