"""persons: faces in every decodable image, found before anybody is shown it, each image looked at once."""

import json
import shutil
from itertools import chain
from typing import Any, Final

import polars as pl

from silverprint import console, layout
from silverprint.campaign.decodable_images import decodable_images
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.records import FACES
from silverprint.store import ShardReader, executor, files, json_files, tables

PART: Final = 8_192  # pictures a file; a kill loses at most about this much work
_BATCH: Final = 4  # pictures that a core looks at before it hands them on
_MARK: Final = layout.PERSONS / "detector.json"


def run(params: Params) -> None:
    """Adds to data/persons what `persons.detector` finds in the pictures that are not there yet; another one starts
    over, and `none` looks at nothing.

    Raises:
        UnavailableError: the output or an input was not pulled.
        ConfigError: the detector's package is not installed.
        DataError: a picture does not decode any more.
    """
    missing_outputs.require_pulled(layout.PERSONS)
    detector = params.persons.detector
    _begin({"detector": _name(detector)})
    if detector == "none":
        return
    done = set(tables.read_parts(layout.PERSONS, FACES)["image_id"])
    todo = [image_id for image_id in decodable_images(params.sources) if image_id not in done]
    if todo:
        _look(params, todo)
    known = tables.read_parts(layout.PERSONS, FACES)
    shown = known.filter(pl.col("faces") > 0).height
    console.say(f"persons: {len(todo)} new, faces in {shown} of {known.height} pictures; next: clean")


def _name(detector: str) -> str | None:
    if detector == "none":
        return None
    from silverprint.model import faces

    return f"{faces.NAME}, side {faces.SIDE}, least {faces.LEAST}, with boxes"


def _begin(mark: dict[str, Any]) -> None:
    """Removes what another detector found, and what a kill left half-written."""
    if not _MARK.exists() or json_files.read(_MARK, "detector", remedy="run: silverprint repro persons") != mark:
        shutil.rmtree(layout.PERSONS, ignore_errors=True)
        files.write_text(_MARK, json.dumps(mark) + "\n")
    for leftover in layout.PERSONS.glob(".*.part"):
        leftover.unlink()


def _look(params: Params, todo: list[str]) -> None:
    from silverprint.model.faces import find_in_span

    reader = ShardReader([layout.raw(source) for source in params.sources])
    spans = reader.span(todo).pieces(_BATCH)
    rows: list[dict[str, Any]] = []
    try:
        with console.bar() as progress:
            task = progress.add_task("persons", total=len(todo))
            found = chain.from_iterable(executor.run(params.executor, find_in_span, spans, kind=executor.MACHINE))
            for image_id, faces in zip(todo, found, strict=True):
                rows.append({"image_id": image_id, **faces._asdict()})
                progress.advance(task)
                if len(rows) == PART:
                    _append(rows)
                    rows = []
    finally:  # Ctrl-C costs nothing
        if rows:
            _append(rows)


def _append(rows: list[dict[str, Any]]) -> None:
    number = len(list(layout.PERSONS.glob("part-*.parquet")))
    tables.write(pl.DataFrame(rows, schema=FACES), layout.PERSONS / f"part-{number:05d}.parquet", FACES)
