"""measure@<source>: every image decoded once; its figures and hashes. No thresholds here."""

from collections.abc import Iterable
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.config import Params
from silverprint.console import bar, say
from silverprint.dvcfiles import missing_outputs
from silverprint.imaging import heif, measurement
from silverprint.imaging.open_image import MAX_PIXELS
from silverprint.records import MEASURED, RAW, THUMBNAILS, empty
from silverprint.store import ShardReader, Span, executor, files, read_span, tables, thumbnail_table
from silverprint.store.shards.names import index_name, index_numbers
from silverprint.store.shards.purge import PURGED

# As in versions.yaml: parts measured under another number are measured again.
VERSION: Final = 5

SPAN: Final = 2_048  # pictures that a worker measures before it hands them on

_PART = MEASURED | THUMBNAILS


def run(params: Params, source: str) -> None:
    """Measures the parts of data/raw/<source> that data/measured/<source> lacks.

    Raises:
        UnavailableError: the pictures, or earlier measurements, were not pulled.
    """
    raw, out = layout.raw(source), layout.measured(source)
    missing_outputs.require_pulled(raw, out)
    limit = int(params.measure.max_megapixels * 1_000_000)
    _forget_other_version(out, limit)
    parts = {raw / index_name(number): out / f"part-{number:05d}.parquet" for number in index_numbers(raw)}
    for stale in set(out.glob("part-*.parquet")) - set(parts.values()):
        stale.unlink()
    todo = [(index, part) for index, part in parts.items() if not _is_measured(index, part)]
    for index, part in parts.items():
        _forget_purged(index, part)
    new = [_stored(index) for index, _ in todo]
    with bar() as progress:
        task = progress.add_task(f"measure {source}", total=sum(new))
        spans = chain.from_iterable(ShardReader.of_part(index).stored.pieces(SPAN) for index, _ in todo)
        found = executor.run(params.executor, partial(measure_span, max_pixels=limit), spans)
        for (_, part), count in zip(todo, new, strict=True):
            frames = [empty(_PART), *islice(found, -(-count // SPAN))]
            progress.advance(task, count)
            tables.write(pl.concat(frames).sort("image_id"), part, _PART)
    for leftover in out.glob(".*.part"):  # left by a run that was killed
        leftover.unlink()
    _tell(source, sum(new))
    _tell_of_heic(source)


def _stored(index: Path) -> int:
    return tables.read(index, {"outcome": RAW["outcome"]}).filter(outcome="stored").height


def _tell(source: str, new: int) -> None:
    decodable = tables.read_parts(layout.measured(source), {"decodable": MEASURED["decodable"]})["decodable"]
    broken = f", of which {count:,} do not decode" if (count := int((~decodable).sum())) else ""
    say(f"measure {source}: {new:,} new, {len(decodable):,} pictures measured{broken}; next: embed, clean")


def _tell_of_heic(source: str) -> None:
    if heif.is_installed():
        return
    rows = tables.read_parts(layout.raw(source), RAW)
    count = rows.filter((pl.col("outcome") == "stored") & (pl.col("format") == "heic")).height
    if count:
        remedy = f"pip install 'silverprint[heic]', remove {layout.measured(source)}, silverprint repro"
        say(f"measure {source}: {count} pictures are HEIC, which needs a decoder of its own: {remedy}")


def measure_span(span: Span, max_pixels: int = MAX_PIXELS) -> pl.DataFrame:
    """`measure` of a span's pictures."""
    return measure(read_span(span), max_pixels)


def measure(pictures: Iterable[tuple[str, bytes]], max_pixels: int = MAX_PIXELS) -> pl.DataFrame:
    """Each (image_id, bytes) as a row of MEASURED and THUMBNAILS, sorted by image_id; what does not decode, too."""
    rows = [measurement.measure(image_id, data, max_pixels) for image_id, data in pictures]
    return pl.DataFrame(rows, schema=_PART).sort("image_id")


def _is_measured(index: Path, part: Path) -> bool:
    """What was measured before its bytes were purged stays: its hash names look-alikes."""
    if not part.exists():
        return False
    rows = tables.read(index, RAW)
    stored = set(rows.filter(pl.col("outcome") == "stored")["image_id"])
    purged = set(rows.filter(pl.col("outcome") == PURGED)["image_id"])
    return stored <= set(tables.read(part, MEASURED)["image_id"]) <= stored | purged


def _forget_purged(index: Path, part: Path) -> None:
    """What was measured before its bytes were purged stays, but for what shows it."""
    purged = tables.read(index, RAW).filter(pl.col("outcome") == PURGED)["image_id"].to_list()
    if part.exists() and purged:
        thumbnail_table.forget(part, purged)


def _forget_other_version(out: Path, max_pixels: int) -> None:
    mark = out / layout.MEASURED_BY
    text = f"{VERSION}\n" if max_pixels == MAX_PIXELS else f"{VERSION}, up to {max_pixels} pixels\n"
    if mark.exists() and mark.read_text(encoding="utf-8") == text:
        return
    for part in out.glob("part-*.parquet"):
        part.unlink()
    files.write_text(mark, text)
