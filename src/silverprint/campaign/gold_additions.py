"""Additions to the gold list: which images may become gold, and the lines of data/gold.csv that say so.

A gold picture is asked about in no other role, so it must be one that nobody was asked about yet.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from silverprint import layout
from silverprint.campaign import gold_list, ledgers
from silverprint.config import Params
from silverprint.core import unicode_names
from silverprint.errors import UsageError
from silverprint.records import GOLD, IMAGE_ID, MANIFEST
from silverprint.store import tables


class Refusal(NamedTuple):
    """Why a picture cannot be gold, and what to do instead."""

    rule: str
    remedy: str


class Wanted(NamedTuple):
    image_id: str
    label: str
    why: str

    @classmethod
    def typed(cls, params: Params, image_id: str | None, label: str | None, why: str | None) -> "Wanted":
        """As a person wrote it: spaces and capitals do not matter."""
        image_id, label, why = (" ".join((part or "").split()) for part in (image_id, label, why))
        return cls(image_id.lower(), unicode_names.match_name(label, gold_list.answers(params)) or label, why)


class GoldAdditions:
    """What is known, and what a picture must be to be added.

    Raises:
        UnavailableError: the manifest is not here.
        ConfigError: a line of data/gold.csv means nothing.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self.known = gold_list.whole(params)
        manifest = tables.read(layout.MANIFEST, MANIFEST).select("image_id", "kept", "reason", "group")
        self._pictures = {image_id: rest for image_id, *rest in manifest.iter_rows()}
        asked = ledgers.other_queues("").filter(pl.col("role") != "gold")
        self._asked = {image_id: (name, role) for image_id, role, name in asked.iter_rows()}
        self._groups = set(manifest.join(asked, on="image_id", how="semi")["group"])
        self._withdrawn = ledgers.withdrawn_images()
        self.labels: dict[str, str] = dict(self.known.select("image_id", "label").iter_rows())

    def refusal(self, wanted: Wanted) -> Refusal | None:
        """Why the picture cannot be gold with that label; None where it can."""
        return next((Refusal(rule, remedy) for wrong, rule, remedy in self._rules(wanted) if wrong), None)

    def lines(self, wanted: Sequence[Wanted]) -> pl.DataFrame:
        """GOLD of those that are not known yet, at this time."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        new = {one.image_id: {**one._asdict(), "at": at} for one in wanted if one.image_id not in self.labels}
        return pl.DataFrame(list(new.values()), schema=GOLD)

    def write(self, new: pl.DataFrame) -> int:
        """Adds GOLD rows to the ledger; how many it has by then.

        Raises:
            DiskError: no space.
        """
        rows = pl.concat([self.known, new])
        gold_list.write(rows)
        return rows.height

    def require(self, where: str, wanted: Wanted) -> None:
        """
        Raises:
            UsageError: the picture cannot be gold with that label.
        """
        if (found := self.refusal(wanted)) is not None:
            raise UsageError(f"{where}: {wanted.image_id[:12] or 'no picture'}", found.rule, found.remedy)

    def _rules(self, wanted: Wanted) -> Iterator[tuple[bool, str, str]]:
        image_id, label, why = wanted
        kept, reason, group = self._pictures.get(image_id, (None, None, None))
        name, role = self._asked.get(image_id, ("", ""))
        before = self.labels.get(image_id)
        choices, other = ", ".join(gold_list.answers(self.params)), "choose another picture"
        yield not re.fullmatch(IMAGE_ID, image_id), "a picture is named by its image_id: 64 hex digits", other
        yield label not in gold_list.answers(self.params), f"the label {label!r} is no class", f"one of: {choices}"
        yield not why, "gold says why its label is known", 'give a reason: --why "two experts agree"'
        yield image_id in self._withdrawn, "the picture was taken down", other
        yield image_id not in self._pictures, f"{layout.MANIFEST} has no such picture", other
        rule = f"cleaning rejected the picture ({reason}), so nobody can be asked about it"
        yield kept is False, rule, other
        yield bool(name), f"{name} asked about it as {role}, and a picture keeps its role", other
        yield group in self._groups, "people were asked about a near-duplicate of it", other
        rule = f"its label is known as {before!r}"
        yield before not in (None, label), rule, f"remove that line from {layout.GOLD}"
