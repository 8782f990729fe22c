"""Ledgers in Git, text files that hold what people decided: takedowns, waivers, imports, picks, asks, queues, votes."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import ledger_schemas, round_state
from silverprint.core.cleaning import known_bad
from silverprint.core.cleaning.takedowns import KINDS
from silverprint.core.votes import vote_ledger
from silverprint.errors import ConfigError, DataError
from silverprint.records import (
    ASKS,
    ASKS_OPTIONAL,
    BLOCKED,
    EXCLUDE,
    IMAGE_ID,
    IMPORTS,
    INCLUDE,
    PERSONAL,
    ROUND_DECISIONS,
    TAKEDOWNS,
    TEXT,
    VOTES,
    WAIVERS,
    Schema,
    empty,
)
from silverprint.store import files, ledger_csv, tables

MOST_EXTRA: Final = 50  # people asked on top, at one time


def takedowns() -> pl.DataFrame:
    """The takedowns, their image_ids in lower case.

    Raises:
        ConfigError: a line names neither a picture nor a rule, so it would withdraw nothing.
    """
    rows = [row | _meant(where, row) for where, row in lines(layout.TAKEDOWNS, TAKEDOWNS)]
    return pl.DataFrame(rows, schema=TAKEDOWNS)


def _meant(where: str, row: dict[str, Any]) -> dict[str, Any]:
    image_id, kind, target = row["image_id"], row["kind"] or "image", row["target"]
    remedy = "remove the line, or: silverprint takedown IMAGE_ID|URL|DOMAIN|SOURCE"
    if kind not in KINDS:
        raise ConfigError(f"{where} kind {kind[:100]!r}", f"must be one of: {', '.join(KINDS)}", remedy)
    if image_id is None and kind != "image":
        if not (target or "").strip():
            raise ConfigError(f"{where} target is empty", f"a takedown by {kind} names one", remedy)
        return {"kind": kind}
    if not re.fullmatch(IMAGE_ID, (image_id or "").lower()):
        raise ConfigError(f"{where} image_id {(image_id or '')[:100]!r}", "an image_id is 64 hex digits", remedy)
    return {"image_id": image_id.lower(), "kind": kind}


def withdrawn_images() -> frozenset[str]:
    """The image_ids that may no longer be used anywhere: those that takedowns name, and those that `clean` found."""
    named = takedowns()["image_id"].drop_nulls().to_list()
    found = read(layout.WITHDRAWN)["image_id"].to_list() if layout.WITHDRAWN.exists() else []
    return frozenset([*named, *found])


def waivers(rounds: Sequence[str]) -> pl.DataFrame:
    """The waivers, of any of `rounds`.

    Raises:
        ConfigError: a line is for another round, or does not say why or by whom.
    """
    rows = []
    for where, row in lines(layout.WAIVERS, WAIVERS):
        value = f"{where} {row['round']},{row['expectation']}"[:300]
        if row["round"] not in rounds:
            raise ConfigError(value, "params.yaml has no such round", f"one of: {', '.join(rounds)}")
        if not all((row[column] or "").strip() for column in ("expectation", "why", "by")):
            raise ConfigError(
                value, "a waiver names an expectation, and says why and by whom", "complete the line or remove it"
            )
        rows.append(row)
    return pl.DataFrame(rows, schema=WAIVERS)


def imports() -> pl.DataFrame:
    return read(layout.IMPORTS)


def round_decisions() -> pl.DataFrame:
    """What leads decided about rounds, the oldest first; none in a campaign that an earlier version began."""
    return read(layout.ROUND_DECISIONS) if layout.ROUND_DECISIONS.exists() else empty(ROUND_DECISIONS)


def decide(round_name: str, decision: str, why: str | None, by: str) -> None:
    """Writes down that `by` decided now."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    row = {"round": round_name, "decision": decision, "why": why, "by": by, "at": at}
    frame = pl.concat([round_decisions(), pl.DataFrame([row], schema=ROUND_DECISIONS)])
    order = ledger_schemas.kind_of(layout.ROUND_DECISIONS).order
    tables.write_ledger(frame, layout.ROUND_DECISIONS, ROUND_DECISIONS, list(order))


def write_imports(frame: pl.DataFrame) -> None:
    tables.write_ledger(frame, layout.IMPORTS, IMPORTS, ["image_id", "annotator", "batch"])


def included_images(rounds: Sequence[str]) -> pl.DataFrame:
    """The pictures that people want asked, in any of `rounds`; image_ids in lower case.

    Raises:
        ConfigError: a line is for another round, names no picture, or does not say why or by whom.
    """
    rows = []
    for where, row in lines(layout.INCLUDE, INCLUDE):
        if row["round"] not in rounds:
            rule = "params.yaml has no such round"
            raise ConfigError(f"{where} round {str(row['round'])[:80]!r}", rule, f"one of: {', '.join(rounds)}")
        rows.append(_picked(where, row))
    return pl.DataFrame(rows, schema=INCLUDE)


def excluded_images() -> pl.DataFrame:
    """The pictures that are never to be asked about; image_ids in lower case.

    Raises:
        ConfigError: a line names no picture, or does not say why or by whom.
    """
    return pl.DataFrame([_picked(where, row) for where, row in lines(layout.EXCLUDE, EXCLUDE)], schema=EXCLUDE)


def personal_findings() -> pl.DataFrame:
    """What detectors found in pictures; image_ids in lower case.

    Raises:
        ConfigError: a line names no picture, no kind or no detector, or its confidence is not 0 to 1.
    """
    ledger = tables.read_ledger_lines(layout.PERSONAL, PERSONAL)
    rows = ledger.frame.with_columns(pl.col("image_id").str.to_lowercase())
    rules = {
        "image_id": (pl.col("image_id").str.contains(f"^{IMAGE_ID}$"), "an image_id is 64 hex digits"),
        "kind": (pl.col("kind").str.contains("^[a-z0-9-]+$"), "a kind is of a-z 0-9 -, as in face"),
        "confidence": (pl.col("confidence").is_between(0, 1), "a confidence is 0 to 1"),
        "detector": (pl.col("detector").str.strip_chars() != "", "a finding names its detector"),
    }
    _require_lines(layout.PERSONAL, rows, ledger.lines, rules)
    return rows


def blocked_hashes() -> pl.DataFrame:
    """BLOCKED: hashes of pictures that nobody is to see, in lower case.

    Raises:
        ConfigError: a line is of an unknown kind, has no hash or says no reason.
    """
    ledger = tables.read_ledger_lines(layout.BLOCKED, BLOCKED)
    rows = ledger.frame.with_columns(pl.col("hash").str.to_lowercase())
    rules = {
        "kind": (pl.col("kind").is_in(known_bad.KINDS), f"a kind is one of: {', '.join(known_bad.KINDS)}"),
        "hash": (pl.col("hash").str.contains("^[0-9a-f]{64}$"), "a hash is 64 hex digits"),
        "why": (pl.col("why").str.strip_chars() != "", "a line says why"),
    }
    _require_lines(layout.BLOCKED, rows, ledger.lines, rules)
    return rows


def _require_lines(
    path: Path, rows: pl.DataFrame, lines: Sequence[int], rules: Mapping[str, tuple[pl.Expr, str]]
) -> None:
    """
    Args:
        lines: the number of each row's line.
        rules: column -> what holds of it, and that in words.

    Raises:
        ConfigError: it does not hold of a row.
    """
    numbered = rows.with_columns(line=pl.Series(lines, dtype=pl.Int64))
    for column, (holds, rule) in rules.items():
        wrong = numbered.filter(~holds.fill_null(False))
        if not wrong.is_empty():
            value = f"{path} line {wrong['line'][0]}: {column} {str(wrong[column][0])[:80]!r}"
            raise ConfigError(value, rule, "fix what wrote the line, or remove it")


def _picked(where: str, row: dict[str, Any]) -> dict[str, Any]:
    image_id = (row["image_id"] or "").lower()
    remedy = "complete the line or remove it"
    if not re.fullmatch(IMAGE_ID, image_id):
        raise ConfigError(f"{where} image_id {image_id[:100]!r}", "an image_id is 64 hex digits", remedy)
    if not all((row[column] or "").strip() for column in ("why", "by")):
        raise ConfigError(f"{where} {image_id[:8]}", "a picture picked by hand has a reason and a name", remedy)
    return row | {"image_id": image_id}


def asks(round_name: str) -> pl.DataFrame:
    """What is asked on top of the round's queue.

    Raises:
        DataError: a line is for no picture of the queue, or for nobody.
    """
    path = layout.asks(round_name)
    known = set(queue(round_name)["image_id"]) if layout.queue(round_name).exists() else set()
    for where, row in lines(path, ASKS, ASKS_OPTIONAL):
        if row["image_id"] not in known:
            value = f"{where} image_id {str(row['image_id'])[:80]!r}"
            raise DataError(value, f"{round_name}'s queue has no such picture", f"remove it, or: git checkout {path}")
        if row["extra"] is None or not 1 <= row["extra"] <= MOST_EXTRA:
            value = f"{where} extra {row['extra']}"
            raise DataError(value, f"must be 1 to {MOST_EXTRA} people", f"fix it, or: git checkout {path}")
    return read(path)


def write_asks(round_name: str, frame: pl.DataFrame) -> None:
    path = layout.asks(round_name)
    kind = ledger_schemas.kind_of(path)
    tables.write_ledger(frame, path, kind.written(frame), list(kind.order))


def queue(round_name: str) -> pl.DataFrame:
    """The round's queue, best rank first."""
    return read(layout.queue(round_name)).sort("rank")


def shared_pages(round_name: str) -> dict[str, int]:
    """The page of each picture of the round that shares one with others."""
    return pages(queue(round_name))


def pages(rows: pl.DataFrame) -> dict[str, int]:
    """The page of each picture of these rows of a queue that shares one with others."""
    return dict(rows.select("image_id", "page").drop_nulls().iter_rows())


def tiers(round_name: str) -> list[str]:
    """The tiers that the round asks: those of its queue first, whatever asks.csv says."""
    own = sorted(queue(round_name)["tier"].unique())
    return [*own, *sorted({*asks(round_name)["tier"].drop_nulls()} - {*own})]


def asked_of(rows: pl.DataFrame, asks: pl.DataFrame, tier: str) -> pl.DataFrame:
    """What one tier is asked, best rank first: its rows of a queue, and those that asks.csv brings before it, on pages
    of their own and without a pre-set answer.
    """
    further = asks.filter(tier=tier)["image_id"]
    brought = rows.filter((pl.col("tier") != tier) & pl.col("image_id").is_in(further.implode()))
    brought = brought.with_columns(page=pl.lit(None, pl.Int64), show_prediction=pl.lit(False))
    return pl.concat([rows.filter(tier=tier), brought]).sort("rank")


def queue_bytes(frame: pl.DataFrame) -> bytes:
    """`frame` as queue.csv has it."""
    kind = ledger_schemas.kind_of(Path("queue.csv"))
    return tables.ledger_bytes(frame, kind.written(frame), list(kind.order))


def asked(round_name: str) -> pl.DataFrame:
    """The rows of the round's queue, best rank first; of a round that a lead ended early those that were answered: the
    others are free for later rounds.
    """
    rows, state = queue(round_name), round_state.load(round_name)
    if state is None or not state.ended_early:
        return rows
    answered = vote_ledger.answered_images(votes_so_far(round_name))
    return rows.filter(pl.col("image_id").is_in(answered.implode()))


def other_queues(round_name: str) -> pl.DataFrame:
    """What every other queue on disk asked about, of this chain of rounds or another: image_id, role, round."""
    others = sorted(path.parent.name for path in layout.ROUNDS.glob("*/queue.csv") if path.parent.name != round_name)
    frames = [asked(name).select("image_id", "role", pl.lit(name).alias("round")) for name in others]
    return pl.concat([pl.DataFrame(schema={"image_id": TEXT, "role": TEXT, "round": TEXT}), *frames])


def votes(round_name: str) -> pl.DataFrame:
    return read(layout.votes(round_name))


def votes_so_far(round_name: str) -> pl.DataFrame:
    """The round's votes; none where none was pulled yet."""
    return votes(round_name) if layout.votes(round_name).exists() else empty(VOTES)


def write_votes(round_name: str, frame: pl.DataFrame) -> None:
    files.write_bytes(layout.votes(round_name), _votes_bytes(frame))


def votes_sha256(frame: pl.DataFrame) -> str:
    """The hash that `frame` has once it is written."""
    return hashlib.sha256(_votes_bytes(frame)).hexdigest()


def _votes_bytes(frame: pl.DataFrame) -> bytes:
    kind = ledger_schemas.kind_of(Path("votes.csv"))
    return tables.ledger_bytes(frame, kind.schema, list(kind.order))


def sha256(path: Path) -> str:
    """The hash that a round's state has of one of its ledgers, the same however its lines end."""
    return ledger_csv.sha256(path)


def read(path: Path) -> pl.DataFrame:
    """The ledger at `path`, of the kind that its name says.

    Raises:
        UnavailableError: the file is not there.
        DataError: a line of it is none of such a ledger.
    """
    kind = ledger_schemas.kind_of(path)
    ledger = tables.read_ledger_lines(path, kind.schema, kind.added)
    ledger_schemas.require(ledger, path)
    return ledger.frame


def lines(path: Path, schema: Schema, optional: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a ledger that people edit by hand, each with its place; empty lines say nothing.

    Args:
        optional: columns that it may lack.
    """
    ledger = tables.read_ledger_lines(path, schema, frozenset(optional))
    for number, row in zip(ledger.lines, ledger.frame.to_dicts(), strict=True):
        if any(value is not None for value in row.values()):
            yield f"{path} line {number}:", row
