"""silverprint gold add | import: images whose label is known go to data/gold.csv, in Git.

A gold picture is asked about in no other role, so it must be one that nobody was asked about yet.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.campaign import gold_list, ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import unicode_names
from silverprint.errors import DataError, UsageError
from silverprint.records import GOLD, IMAGE_ID, MANIFEST, Schema
from silverprint.store import tables

_LINES: Final[Schema] = {name: GOLD[name] for name in ("image_id", "label", "why")}
_MAX_BYTES: Final = 20_000_000  # some 200,000 pictures


def add(params: Params, image_id: str, label: str, why: str) -> None:
    """Adds one picture.

    Raises:
        UsageError: it cannot be gold, or the label or the reason is none.
        UnavailableError: the manifest is not here.
    """
    _Gold(params).add([("gold add", image_id, label, why)])


def import_file(params: Params, path: Path) -> None:
    """Adds every line of a CSV file with the columns image_id, label, why; all of them, or none.

    Raises:
        UnavailableError: the file or the manifest is not here.
        DataError: it is no such file, or too long a one.
        UsageError: a line's picture cannot be gold.
    """
    if not path.exists():
        raise UsageError(str(path), "there is no such file", "name a CSV file with the columns image_id, label, why")
    size = path.stat().st_size
    if size > _MAX_BYTES:  # somebody else's file, and it is read as a whole
        rule = f"a file of gold has at most {_MAX_BYTES:,} bytes"
        raise DataError(f"{path}, {size:,} bytes", rule, "split it, and import each part")
    found = tables.read_ledger_lines(path, _LINES)
    rows = zip(found.lines, found.frame.rows(), strict=True)
    _Gold(params).add([(f"{path.name} line {number}", *row) for number, row in rows])


class _Gold:
    """What is known, and what a picture must be to be added."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.known = gold_list.whole(params)
        manifest = tables.read(layout.MANIFEST, MANIFEST).select("image_id", "kept", "reason", "group")
        self.pictures = {image_id: rest for image_id, *rest in manifest.iter_rows()}
        asked = ledgers.other_queues("").filter(pl.col("role") != "gold")
        self.asked = {image_id: (name, role) for image_id, role, name in asked.iter_rows()}
        self.groups = set(manifest.join(asked, on="image_id", how="semi")["group"])
        self.withdrawn = ledgers.withdrawn_images()

    def add(self, rows: list[tuple[str, str | None, str | None, str | None]]) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        labels = dict(self.known.select("image_id", "label").iter_rows())
        new = {}
        for where, *row in rows:
            image_id, label, why = (" ".join((part or "").split()) for part in row)
            image_id, label = image_id.lower(), unicode_names.match_name(label, gold_list.answers(self.params)) or label
            before = labels.get(image_id)
            self._require(where, image_id, label, why, before)
            labels[image_id] = label
            if before is None:
                new[image_id] = {"image_id": image_id, "label": label, "why": why, "at": at}
        gold_list.write(pl.concat([self.known, pl.DataFrame(list(new.values()), schema=GOLD)]))
        say(f"{layout.GOLD}: {len(new)} new, {len(labels)} in all; a round asks about rounds.<name>.gold of them")

    def _require(self, where: str, image_id: str, label: str, why: str, before: str | None) -> None:
        for wrong, rule, remedy in self._rules(image_id, label, why, before):
            if wrong:
                raise UsageError(f"{where}: {image_id[:12] or 'no picture'}", rule, remedy)

    def _rules(self, image_id: str, label: str, why: str, before: str | None) -> list[tuple[bool, str, str]]:
        kept, reason, group = self.pictures.get(image_id, (None, None, None))
        name, role = self.asked.get(image_id, ("", ""))
        choices, other = ", ".join(gold_list.answers(self.params)), "choose another picture"
        return [
            (not re.fullmatch(IMAGE_ID, image_id), "a picture is named by its image_id: 64 hex digits", other),
            (label not in gold_list.answers(self.params), f"the label {label!r} is no class", f"one of: {choices}"),
            (not why, "gold says why its label is known", 'give a reason: --why "two experts agree"'),
            (image_id in self.withdrawn, "the picture was taken down", other),
            (image_id not in self.pictures, f"{layout.MANIFEST} has no such picture", other),
            (kept is False, f"cleaning rejected the picture ({reason}), so nobody can be asked about it", other),
            (bool(name), f"{name} asked about it as {role}, and a picture keeps its role", other),
            (group in self.groups, "people were asked about a near-duplicate of it", other),
            (before not in (None, label), f"its label is known as {before!r}", f"remove that line from {layout.GOLD}"),
        ]
