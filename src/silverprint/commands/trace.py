"""silverprint trace IMAGE_ID: an image's whole history, from its licence to the metrics it changed; or that of
an address or a file.
"""

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
from silverprint.console import say
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UsageError
from silverprint.records import MANIFEST, RAW
from silverprint.store import tables

_SHOWN = 12  # hex digits of an image_id, in a message
_SHORTEST = 8  # hex digits of an image_id by which it may be called


def run(params: Params, image_id: str, as_json: bool) -> None:
    """Prints every row that any table on this disk has about the picture, or what its address answered each time.

    Raises:
        UsageError: no table here knows the picture or the address, or several pictures begin with the digits given.
        DataError: a table is not readable.
    """
    given = image_id.strip()
    address = _address(params, given)
    name = address or _full(params, given.lower())
    events = image_history.answers(params, name) if address else image_history.events(params, name)
    if as_json:
        what = "address" if address else "image_id"
        sys.stdout.write(json.dumps({what: name, "events": [asdict(event) for event in events]}, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title=name, title_justify="left")
    table.add_column("stage", no_wrap=True)
    table.add_column("what it says", overflow="fold")
    for event in events:
        table.add_row(event.stage, _sentence(event))
    Console(highlight=False, markup=False).print(table)
    for picture in sorted({str(event.facts["picture"]) for event in events if address and "picture" in event.facts}):
        say(f"what became of its picture: silverprint trace {picture[:_SHOWN]}")


def _address(params: Params, given: str) -> str | None:
    """The address that is meant by it, or by a file's name at its end; None where it can be an image_id only.

    Raises:
        UsageError: no row has such an address, or several have.
    """
    if _is_digits(given.lower()) or not given:
        return None
    found = image_history.addresses(params, given)
    if len(found) > 1:
        raise UsageError(given, f"{len(found)} addresses end with it", f"one of: {', '.join(found[:3])}")
    if not found and any(sign in given for sign in ":/!"):
        rule = "no row on this disk has this address, or its page's"
        raise UsageError(given, rule, "give it as data/raw has it (column url or page_url), or the file's name")
    return found[0] if found else None


def _is_digits(text: str) -> bool:
    return len(text) >= _SHORTEST and not set(text) - set("0123456789abcdef")


def _full(params: Params, digits: str) -> str:
    if not _is_digits(digits):
        rule = f"neither a file's name here nor an image_id: 64 hex digits, or the first {_SHORTEST} or more"
        raise UsageError(digits or "''", rule, "silverprint source list SOURCE --rejected; data/rounds/*/queue.csv")
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
