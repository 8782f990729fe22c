"""Kinds of ledgers in Git: their columns, keys, row checks, and how the rows of two branches join."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import polars as pl

from silverprint import records
from silverprint.core.votes import vote_ledger
from silverprint.errors import DataError
from silverprint.records import Schema
from silverprint.store.ledger_csv import Ledger

Row: TypeAlias = Mapping[str, Any]
# What two rows of one key mean together; None where only a person can tell.
Settle: TypeAlias = Callable[[Row, Row], Row | None]


@dataclass(frozen=True)
class Kind:
    """
    Attributes:
        key: the columns that name a row; merges join by them.
        order: the rows' order in the file.
        words: column -> what it may say, where a program wrote the ledger.
        settle: what two branches' different rows of one key mean together.
        finish: what the joined rows say of one another.
        added: columns that earlier versions did not write.
        optional: those of them that it lacks where no row has a value: then it is the same, byte for byte, as one of a
            version that did not know the column.
        whole: it is final as a whole, so rows of two versions never join.
    """

    schema: Schema
    key: tuple[str, ...]
    order: tuple[str, ...]
    required: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settle: Settle = lambda _ours, _theirs: None
    finish: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
    added: frozenset[str] = frozenset()
    optional: tuple[str, ...] = ()
    whole: bool = False

    def written(self, frame: pl.DataFrame) -> Schema:
        """The columns that a ledger of these rows has."""
        idle = {name for name in self.optional if frame[name].is_null().all()}
        return {name: dtype for name, dtype in self.schema.items() if name not in idle}


_LATER: Final = (
    "wrong-tier",
    "in-another-name",
    "deleted",
    "superseded",
    "withdrawn",
)  # a vote that stands may become one of these, in this order


def _later_vote(ours: Row, theirs: Row) -> Row | None:
    """One vote as two pulls saw it: whoever saw more of what became of it is right."""
    one, other = (_LATER.index(row["status"]) if row["status"] in _LATER else -1 for row in (ours, theirs))
    same = all(ours[name] == theirs[name] for name in ours if name not in ("status", "lead_time_s"))
    return None if one == other or not same else max((one, ours), (other, theirs), key=lambda seen: seen[0])[1]


def _said_first(ours: Row, theirs: Row) -> Row:
    """Two people who wrote down the same: the earlier one has said it."""
    return min(ours, theirs, key=lambda row: (row["at"] or "", row["why"] or ""))


def _same_label(ours: Row, theirs: Row) -> Row | None:
    return _said_first(ours, theirs) if ours["label"] == theirs["label"] else None


def _same_choice(ours: Row, theirs: Row) -> Row | None:
    return min(ours, theirs, key=lambda row: row["at"] or "") if ours["choice"] == theirs["choice"] else None


def _same_release(ours: Row, theirs: Row) -> Row | None:
    """A version that two clones made alike; two different ones of a number are for a person."""
    return min(ours, theirs, key=lambda row: row["at"] or "") if ours["digest"] == theirs["digest"] else None


def _further_study(ours: Row, theirs: Row) -> Row | None:
    """A study as two clones know it: whoever opened or closed it knows more."""
    joined = {name: ours[name] if ours[name] is not None else theirs[name] for name in ours}
    return joined if all(joined[name] == (theirs[name] or joined[name]) for name in joined) else None


def _ours(ours: Row, _theirs: Row) -> Row:
    return ours  # `clean` writes it anew


def _purged_first(ours: Row, theirs: Row) -> Row:
    """Two clones that purged the same version."""
    return min(ours, theirs, key=lambda row: row["at"] or "")


KINDS: Final[dict[str, Kind]] = {
    "takedowns.csv": Kind(
        records.TAKEDOWNS, ("image_id", "kind", "target"), ("at", "target", "image_id"), settle=_said_first
    ),
    "withdrawn.csv": Kind(records.WITHDRAWN, ("image_id",), ("image_id",), required=("image_id",), settle=_ours),
    "purged.csv": Kind(records.PURGED, ("md5",), ("md5",), required=("md5",), settle=_purged_first),
    "imports.csv": Kind(
        records.IMPORTS,
        ("image_id", "annotator", "batch"),
        ("image_id", "annotator", "batch"),
        required=("image_id", "annotator", "status", "batch"),
        words={"status": records.IMPORT_STATUSES},
    ),
    "classes.csv": Kind(records.CLASSES, ("number",), ("number",), required=("number", "name")),
    "class_changes.csv": Kind(
        records.CLASS_CHANGES,
        ("at", "change", "before"),
        ("at", "change", "before"),
        required=("at", "change", "why"),
        words={"change": records.CLASS_CHANGE_KINDS},
    ),
    "releases.csv": Kind(
        records.RELEASES,
        ("version",),
        ("version",),
        required=("version", "digest"),
        settle=_same_release,
        added=records.RELEASES_ADDED,
    ),
    "words.csv": Kind(
        records.WORDS,
        ("source", "said"),
        ("source", "said"),
        required=("source", "said", "choice"),
        settle=_same_choice,
    ),
    "waivers.csv": Kind(records.WAIVERS, ("round", "expectation", "by"), ("round", "expectation", "by")),
    "rounds.csv": Kind(
        records.ROUND_DECISIONS,
        ("round", "decision", "by", "at"),
        ("at", "round", "decision", "by"),
        required=("round", "decision", "at"),
        words={"decision": records.DECISIONS},
    ),
    "include.csv": Kind(records.INCLUDE, ("round", "image_id"), ("round", "image_id")),
    "exclude.csv": Kind(records.EXCLUDE, ("image_id",), ("image_id",)),
    "gold.csv": Kind(records.GOLD, ("image_id",), ("image_id",), settle=_same_label),
    "blocked.csv": Kind(records.BLOCKED, ("kind", "hash"), ("kind", "hash")),
    "personal.csv": Kind(records.PERSONAL, tuple(records.PERSONAL), ("image_id", "detector", "kind", "confidence")),
    "annotators.csv": Kind(
        records.ANNOTATOR_LEDGER,
        ("annotator", "since", "state"),
        ("since", "annotator"),
        required=("annotator", "state", "since", "why"),
        words={"state": records.ANNOTATOR_STATES},
        added=frozenset(records.ANNOTATOR_LEDGER_OPTIONAL),
        optional=records.ANNOTATOR_LEDGER_OPTIONAL,
    ),
    "contributors.csv": Kind(
        records.CONTRIBUTORS,
        ("contributor", "at", "decision"),
        ("at", "contributor"),
        required=("contributor", "decision", "at"),
        words={"decision": records.CONTRIBUTOR_DECISIONS},
    ),
    "studies.csv": Kind(
        records.STUDIES,
        ("study",),
        ("planned_at", "study"),
        required=("study", "recruiter", "places", "pay", "currency", "planned_at"),
        settle=_further_study,
        added=frozenset(records.STUDIES_OPTIONAL),
        optional=records.STUDIES_OPTIONAL,
    ),
    "payments.csv": Kind(
        records.PAYMENTS,
        ("study", "participant", "payment", "step", "at"),
        ("at", "study", "participant", "payment"),
        required=("study", "participant", "payment", "step", "amount", "at"),
        words={"step": records.PAYMENT_STEPS},
    ),
    "asks.csv": Kind(
        records.ASKS,
        ("image_id", "asked_at"),
        ("asked_at", "image_id"),
        required=("image_id", "extra", "asked_at"),
        added=frozenset(records.ASKS_OPTIONAL),
        optional=records.ASKS_OPTIONAL,
    ),
    "queue.csv": Kind(
        records.QUEUE,
        ("image_id",),
        ("rank",),
        required=("image_id", "rank", "role", "overlap", "tier"),
        words={"role": records.ROLES},
        added=records.QUEUE_ADDED,
        optional=records.QUEUE_OPTIONAL,
        whole=True,
    ),
    "votes.csv": Kind(
        records.VOTES,
        ("annotation_id", "annotator", "image_id", "choice"),
        ("image_id", "annotator", "created_at", "annotation_id", "choice"),
        required=("image_id", "round", "annotator", "status"),
        words={"status": records.VOTE_STATUSES},
        settle=_later_vote,
        finish=vote_ledger.mark_superseded,
    ),
}


def kind_of(path: Path) -> Kind:
    """The kind of the ledger at `path`, by its name.

    Raises:
        KeyError: it is no ledger.
    """
    return KINDS[path.name]


def require(ledger: Ledger, path: Path) -> None:
    """
    Raises:
        DataError: a row lacks what names it, or says what no version wrote; with its line.
    """
    kind = kind_of(path)
    remedy = f"fix the line, or compare it with Git: git diff {path}"
    lacking = {name: (pl.col(name).is_null() | (pl.col(name).cast(pl.String) == "")) for name in kind.required}
    unknown = {name: ~pl.col(name).is_in(list(words)).fill_null(False) for name, words in kind.words.items()}
    for name, row in _first_rows(ledger.frame, lacking):
        raise DataError(f"{path} line {ledger.lines[row]}", f"has no {name}", remedy)
    for name, row in _first_rows(ledger.frame, unknown):
        value = f"{path} line {ledger.lines[row]}: {name} {str(ledger.frame[name][row])[:80]!r}"
        raise DataError(value, f"must be one of: {', '.join(kind.words[name])}", remedy)
    if kind.whole:
        twice = ledger.frame.select(kind.key).is_duplicated().arg_true()
        if len(twice):
            raise DataError(f"{path} line {ledger.lines[twice[1]]}", f"its {kind.key[0]} is there twice", remedy)


def _first_rows(frame: pl.DataFrame, wrong: dict[str, pl.Expr]) -> list[tuple[str, int]]:
    """Each column in which a row is wrong, with the first such row."""
    if not wrong:
        return []
    firsts = frame.select(expression.arg_true().first().alias(name) for name, expression in wrong.items())
    return [(name, row) for name, row in firsts.row(0, named=True).items() if row is not None]
