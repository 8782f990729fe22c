"""Remedies for traces of a picture that are left: what each is, and what takes it away from there."""

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Final

from silverprint.store.traces import contents
from silverprint.store.traces.finder import Label

PURGE: Final = "run: silverprint takedown IMAGE_ID --why ... --purge"
HISTORY: Final = (
    "a purge does not rewrite Git: write the blobs into a file, a line each, run git filter-repo "
    "--strip-blobs-with-ids FILE (from PyPI), and push by force; other clones are made anew"
)
DATABASE: Final = (
    "never remove a server's database or its log: delete the task or run that shows it there, then run: "
    "silverprint studio down, silverprint track down, and for what is left in freed pages: sqlite3 DATABASE VACUUM"
)
NOT_OURS: Final = "Silverprint did not write it: remove it yourself"

_DATABASE: Final = re.compile(r"\.(sqlite3?|db)(-wal|-shm|-journal)?$")
_NAMES: Final = frozenset({contents.NAMED, contents.SHOWN, contents.LISTED})


def of_file(path: str) -> str:
    """What to do about a file of var/ that a purge does not remove."""
    return DATABASE if _DATABASE.search(path) else NOT_OURS


def verb(found: Collection[Label]) -> str:
    """`names` where nothing of the picture itself is there, else `holds`."""
    return "names" if {label.form for label in found} <= _NAMES else "holds"


def forms(found: Collection[Label]) -> str:
    """What was found, and of which pictures: `its thumbnail, stored bytes (picture 0364b989)`."""
    by_picture: dict[str, list[str]] = defaultdict(list)
    for label in sorted(found):
        by_picture[label.image_id].append(label.form)
    said = [", ".join(of) + (f" (picture {image_id[:8]})" if image_id else "") for image_id, of in by_picture.items()]
    return "; ".join(said)
