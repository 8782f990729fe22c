"""silverprint source list: the sources with their counts; or what of one is no picture of the dataset, and why."""

import json
import sys
from collections import Counter
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.campaign import rejections
from silverprint.config import Params
from silverprint.console import say
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import MANIFEST, RAW
from silverprint.store import tables

_OUTCOMES = ("stored", "duplicate", "refused", "failed", "purged")
_SHOWN = 12  # hex digits of an image_id, by which `trace` knows it


def run(params: Params, source: str | None, rejected: bool, as_json: bool) -> None:
    """Prints a line for each source, or with `rejected` one for each address of `source` without a kept picture.

    Raises:
        UsageError: `rejected` without a source.
        UnavailableError: the source was not acquired on this disk.
        DataError: a table is not readable.
    """
    if not rejected:
        _print_counts(params, [source] if source else list(params.sources), as_json)
        return
    if source is None:
        raise UsageError("--rejected", "is of one source", f"name it, one of: {', '.join(params.sources)}")
    if not layout.raw(source).is_dir():
        remedy = missing_outputs.recovery_command(layout.raw(source))
        raise UnavailableError(str(layout.raw(source)), "nothing of the source is on this disk", f"run: {remedy}")
    rows = rejections.of(params, source)
    if as_json:
        sys.stdout.write(json.dumps(rows.to_dicts(), indent=2) + "\n")
        return
    for name, reason, evidence, image_id in rows.iter_rows():
        why = f"{reason} ({evidence})" if evidence else reason
        sys.stdout.write(f"{why}\t{name}\t{(image_id or '')[:_SHOWN]}".rstrip("\t") + "\n")
    judged = "" if layout.MANIFEST.exists() else "; what clean rejects is not known on this disk"
    say(f"{source}: {rows.height} addresses gave no picture of the dataset{judged}")
    if not rows.is_empty():
        say("more about one: silverprint trace NAME")


def _print_counts(params: Params, names: list[str], as_json: bool) -> None:
    kept = _kept()
    found = {name: _counts(name, kept) | {"kind": params.sources[name].kind} for name in names}
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("source", "kind", *_OUTCOMES, "kept"):
        table.add_column(heading, justify="left" if heading in ("source", "kind") else "right")
    for name, one in found.items():
        table.add_row(name, one["kind"], *(str(one.get(key, "-")) for key in (*_OUTCOMES, "kept")))
    Console(highlight=False).print(table)
    say("which gave no picture, and why: silverprint source list NAME --rejected")


def _counts(name: str, kept: pl.Series | None) -> dict[str, Any]:
    """Rows by their outcome, and pictures that `clean` keeps; without those that are not on this disk."""
    if not layout.raw(name).is_dir():
        return {}
    rows = tables.read_parts(layout.raw(name), {column: RAW[column] for column in ("outcome", "image_id")})
    seen = Counter(rows["outcome"].to_list())
    found = {outcome: seen[outcome] for outcome in _OUTCOMES}
    return found if kept is None else found | {"kept": int(rows["image_id"].unique().is_in(kept.implode()).sum())}


def _kept() -> pl.Series | None:
    if not layout.MANIFEST.exists():
        return None
    manifest = tables.read(layout.MANIFEST, {column: MANIFEST[column] for column in ("kept", "image_id")})
    return manifest.filter("kept")["image_id"]
