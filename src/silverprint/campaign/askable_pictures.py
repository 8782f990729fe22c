"""Pictures that people may still be asked about, as far as this machine's files tell; where there are none, the end."""

import polars as pl

from silverprint import layout
from silverprint.campaign import class_looks, gold_list, ledgers
from silverprint.config import Params, PlannedRound
from silverprint.core.queue import roles
from silverprint.dvcfiles import missing_outputs
from silverprint.records import LABELS, MANIFEST
from silverprint.store import tables

_COLUMNS = {name: MANIFEST[name] for name in ("image_id", "kept", "group", "shown_to")}


def unasked(params: Params) -> pl.DataFrame | None:
    """image_id, kept, group and shown_to of the pictures that a new queue may ask about for the first time; null before
    `clean` has run here.
    """
    if not layout.MANIFEST.exists():
        return None
    manifest = tables.read(layout.MANIFEST, _COLUMNS)
    barred = [
        *ledgers.other_queues("")["image_id"],
        *ledgers.excluded_images()["image_id"],
        *gold_list.read(params)["image_id"],
    ]
    return roles.askable(manifest, manifest, barred, ledgers.withdrawn_images())


def may_look_again(params: Params, entry: PlannedRound) -> bool:
    """Whether a round after the first, with these knobs, may find earlier labels to ask about again."""
    if entry.relabel:
        return True
    path = layout.labels(params.last) / "labels.parquet"
    return path.exists() and bool(class_looks.looks(params, tables.read(path, LABELS), path.with_name("votes.parquet")))


def is_enough(params: Params, entry: PlannedRound, left: int) -> bool:
    """Whether a round with these knobs, opened next, finds anything to ask.

    Args:
        left: groups of `unasked`.
    """
    first = not params.chain
    return left >= roles.least(first=first) or (not first and may_look_again(params, entry))


def the_end(params: Params) -> str | None:
    """What there is to say where no further round would find anything to ask; null where one would, or nobody knows."""
    following = next(iter(params.planned.values()), None) or params.rounds.get(params.last)
    if following is None or (left := unasked(params)) is None:
        return None
    if is_enough(params, following, left["group"].n_unique()):
        return None
    there = layout.RELEASE.is_dir() or str(layout.RELEASE) in missing_outputs.known_outputs()
    release = f"; the release is in {layout.RELEASE}" if there else ""
    name = next(iter(params.planned), "NAME")
    end = "the campaign is done" if params.chain else "no round can be asked"
    return f"{end}: {none_left()}{release}; to go on, {ways_on(name, first=not params.chain)}"


def none_left() -> str:
    kept = tables.read(layout.MANIFEST, _COLUMNS)["kept"].sum()
    return f"of its {kept:,} kept pictures none is left to ask about"


def ways_on(name: str, *, first: bool) -> str:
    """What a lead can do where none is left, who would open the round `name`."""
    more = "add pictures: silverprint source add, or raise the revision of a source that has more by now in params.yaml"
    again = f"; or have people look again at labels in doubt: silverprint round open {name} --relabel 0.5"
    return more if first else more + again
