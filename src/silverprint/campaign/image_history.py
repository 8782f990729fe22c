"""History of an image, read from the tables: its origin, its licence, its votes, and what was made of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from silverprint import layout
from silverprint.campaign import class_list, gold_list, ledgers, release_versions, released
from silverprint.config import Params
from silverprint.errors import UnavailableError
from silverprint.records import EVALUATION, LABELS, MANIFEST, MEASURED, RAW, Schema
from silverprint.store import model_card, tables

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One thing that the tables say about a picture."""

    stage: str  # acquire@web, clean, queue@r01, ...
    facts: Row = field(default_factory=dict)  # the table's row, without null fields
    absent: str | None = None  # the output that is not on this disk and could say more


def events(params: Params, image_id: str) -> list[Event]:
    """Everything that is known here about the picture, in the order of the stages.

    Raises:
        DataError: a table is not readable.
    """
    return list(_events(params, image_id))


def answers(params: Params, address: str) -> list[Event]:
    """What `address`, a picture's or the page's that shows it, answered in each source, the oldest first: the one
    history that pictures have which were not stored.

    Raises:
        DataError: a table is not readable.
    """
    found: list[Event] = []
    for source in params.sources:
        read = partial(_answers, layout.raw(source), address)
        found += _rows(f"acquire@{source}", layout.raw(source), read)
    return found


def addresses(params: Params, name: str) -> list[str]:
    """The addresses of pictures and pages on this disk that are `name`, or end with it as a file's name; sorted."""
    found: set[str] = set()
    for source in params.sources:
        if layout.raw(source).is_dir():
            rows = tables.read_parts(layout.raw(source), {column: RAW[column] for column in ("url", "page_url")})
            for known in (rows["url"].drop_nulls(), rows["page_url"].drop_nulls()):
                ends = (known == name) | known.str.ends_with(f"/{name}") | known.str.ends_with(f"!{name}")
                found.update(known.filter(ends))
    return [name] if name in found else sorted(found)


def _answers(folder: Path, address: str) -> pl.DataFrame:
    rows = tables.read_parts(folder, RAW).filter((pl.col("url") == address) | (pl.col("page_url") == address))
    return rows.rename({"image_id": "picture"})


def _events(params: Params, image_id: str) -> Iterator[Event]:
    for source in params.sources:
        yield from _rows(f"acquire@{source}", layout.raw(source), partial(_parts, layout.raw(source), RAW, image_id))
    for source in params.sources:
        folder = layout.measured(source)
        yield from _rows(f"measure@{source}", folder, partial(_parts, folder, MEASURED, image_id))
    yield from _rows("clean", layout.CLEAN, lambda: _verdict(image_id))
    yield from _rows("votes import", layout.IMPORTS, lambda: _of(ledgers.imports(), image_id))
    yield from _rows("gold add", layout.GOLD, lambda: _of(gold_list.read(params), image_id))
    for name in params.chain:
        yield from _round(name, image_id)
    yield from _rows("takedown", layout.TAKEDOWNS, lambda: _of(ledgers.takedowns(), image_id))
    for line in release_versions.ledger().iter_rows(named=True):
        number = int(line["version"])
        yield from _rows(f"release@v{number}", layout.RELEASE_TABLES, partial(_in_version, line, image_id))
    yield from _rows("release", layout.RELEASE, lambda: _released(params, image_id))


def _rows(stage: str, output: Path, read: Callable[[], pl.DataFrame]) -> Iterator[Event]:
    """An event per row; where the output is not here, one that says so."""
    try:
        rows = read().to_dicts()
    except UnavailableError:
        yield Event(stage, absent=str(output))
        return
    for row in rows:
        yield Event(stage, {name: value for name, value in row.items() if value is not None and name != "image_id"})


def _parts(folder: Path, schema: Schema, image_id: str) -> pl.DataFrame:
    return _of(tables.read_parts(folder, schema), image_id)


def _ledger(read: Callable[[str], pl.DataFrame], round_name: str, image_id: str) -> pl.DataFrame:
    return _of(read(round_name), image_id)


def _of(rows: pl.DataFrame, image_id: str) -> pl.DataFrame:
    return rows.filter(pl.col("image_id") == image_id)


def _verdict(image_id: str) -> pl.DataFrame:
    """The manifest's row, with the names of the others in its near-duplicate group."""
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    columns = ("image_id", "kept", "reason", "evidence", "flags", "personal", "shown_to", "group")
    mine = _of(manifest, image_id).select(columns)
    others = manifest.filter(pl.col("group").is_in(mine["group"].implode()) & (pl.col("image_id") != image_id))
    return mine.with_columns(group_others=pl.lit(others["image_id"].sort().to_list() or None))


def _round(name: str, image_id: str) -> Iterator[Event]:
    ledgers_of_round: dict[str, tuple[Path, Callable[[str], pl.DataFrame]]] = {
        "queue": (layout.queue(name), ledgers.queue),
        "asks": (layout.asks(name), ledgers.asks),
        "annotate": (layout.votes(name), ledgers.votes),
    }
    for stage, (path, read) in ledgers_of_round.items():
        if path.exists():
            yield from _rows(f"{stage}@{name}", path, partial(_ledger, read, name, image_id))
    labels, model = layout.labels(name), layout.model(name)
    if layout.metrics(name).exists():
        yield from _rows(
            f"labels@{name}", labels, lambda: _of(tables.read(labels / "labels.parquet", LABELS), image_id)
        )
        yield from _rows(f"train@{name}", model, lambda: _trained(model, image_id))


def _trained(model: Path, image_id: str) -> pl.DataFrame:
    """What the round's model has to do with the picture: it was trained on it, or judged by it, or neither."""
    if not model.exists():
        raise UnavailableError(str(model), "the model is not there", f"run: dvc pull {model}")
    card = model_card.read(model)
    judged = _of(tables.read(model / "evaluation.parquet", EVALUATION), image_id)
    rows = [{"model_id": card["model_id"], "use": "trained on it"}] if image_id in card["trained_on"] else []
    if image_id in card.get("brought_trained_on", []):
        rows.append({"model_id": card["model_id"], "use": "trained on its brought label"})
    if image_id in card.get("none_trained_on", []):
        rows.append({"model_id": card["model_id"], "use": "trained on it as none of the classes"})
    rows += [
        {"model_id": card["model_id"], "use": "judged by it", "predicted": row["predicted"], "label": row["label"]}
        for row in judged.to_dicts()
    ]
    schema = {"model_id": pl.String, "use": pl.String, "predicted": pl.String, "label": pl.String}
    return pl.DataFrame(rows, schema=schema)


def _in_version(line: Row, image_id: str) -> pl.DataFrame:
    """Its row in an earlier or the present version of the release, and when that was made."""
    made = {name: pl.lit(line[name]) for name in ("at", "round")}
    return release_versions.row_of(int(line["version"]), image_id).with_columns(**made)


def _released(params: Params, image_id: str) -> pl.DataFrame:
    if not layout.RELEASE.exists():
        raise UnavailableError(str(layout.RELEASE), "the release is not there", f"run: dvc pull {layout.RELEASE}")
    found = released.released_rows([image_id])
    return found.with_columns(label=pl.col("label").replace_strict(dict(enumerate(class_list.classes(params)))))
