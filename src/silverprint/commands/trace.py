"""silverprint trace IMAGE_ID: an image's whole history, from its licence to the metrics it changed; or an address's."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.campaign import image_history
from silverprint.campaign.image_history import Event
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UsageError
from silverprint.records import MANIFEST, RAW
from silverprint.store import tables

_SHORTEST = 8  # hex digits of an image_id by which it may be called


def run(params: Params, image_id: str, as_json: bool) -> None:
    """Prints every row that any table on this disk has about the picture, or what its address answered each time.

    Raises:
        UsageError: no table here knows the picture or the address, or several pictures begin with the digits given.
        DataError: a table is not readable.
    """
    is_address = any(sign in image_id for sign in ":/!")
    name = image_id.strip() if is_address else _full(params, image_id.strip().lower())
    events = image_history.answers(params, name) if is_address else image_history.events(params, name)
    if is_address and not any(event.facts for event in events):
        rule = "no row on this disk has this address, or its page's"
        raise UsageError(name, rule, "give it in full, as data/raw has it (column url or page_url)")
    if as_json:
        what = "address" if is_address else "image_id"
        sys.stdout.write(json.dumps({what: name, "events": [asdict(event) for event in events]}, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title=name, title_justify="left")
    table.add_column("stage", no_wrap=True)
    table.add_column("what it says", overflow="fold")
    for event in events:
        table.add_row(event.stage, _sentence(event))
    Console(highlight=False, markup=False).print(table)


def _full(params: Params, digits: str) -> str:
    if len(digits) < _SHORTEST or set(digits) - set("0123456789abcdef"):
        rule = f"a picture is named by its image_id: 64 hex digits, or the first {_SHORTEST} or more"
        raise UsageError(digits or "''", rule, "find one in data/rounds/*/queue.csv or data/clean/manifest.parquet")
    found = sorted({name for name in _names(params) if name.startswith(digits)})
    if not found:
        way = (
            "check it"
            if layout.CLEAN.exists()
            else f"check it, or run: {missing_outputs.recovery_command(layout.CLEAN)}"
        )
        raise UsageError(digits, "no table on this disk knows this picture", way)
    if len(found) > 1:
        raise UsageError(digits, f"{len(found)} pictures begin with it", f"one of: {', '.join(found[:3])}")
    return found[0]


def _names(params: Params) -> Iterator[str]:
    if layout.MANIFEST.exists():
        yield from tables.read(layout.MANIFEST, {"image_id": MANIFEST["image_id"]})["image_id"]
    for source in params.sources:
        if layout.raw(source).exists():
            yield from tables.read_parts(layout.raw(source), {"image_id": RAW["image_id"]})["image_id"].drop_nulls()


def _sentence(event: Event) -> str:
    if event.absent is not None:
        return f"{event.absent} is not on this disk: {missing_outputs.recovery_command(Path(event.absent))}"
    return " · ".join(f"{name} {_shown(value)}" for name, value in event.facts.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(item[:12] for item in value[:5]) + (f" and {len(value) - 5} more" if len(value) > 5 else "")
    return str(value)
