"""measure@<source>: every picture decoded once; its figures and hashes. No thresholds here."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import guard
from silverprint.config import Params
from silverprint.console import track
from silverprint.core import hashing, quality
from silverprint.records import MEASURED, RAW
from silverprint.store import ShardReader, files, tables
from silverprint.store.decode import Decoded, Undecodable, decode
from silverprint.store.purging import PURGED

# As in versions.yaml: parts measured under another number are measured again.
VERSION: Final = 1


def run(params: Params, source: str) -> None:
    """Measures the parts of data/raw/<source> that data/measured/<source> lacks.

    Raises:
        UnavailableError: the pictures, or earlier measurements, were not pulled.
    """
    raw, out = layout.raw(source), layout.measured(source)
    guard.require_pulled(raw, out)
    reader = ShardReader(raw)
    _forget_other_version(out)
    parts = {out / path.name.replace("index-", "part-"): path for path in sorted(raw.glob("index-*.parquet"))}
    for stale in set(out.glob("part-*.parquet")) - parts.keys():
        stale.unlink()
    for part, index in parts.items():
        rows = tables.read(index, RAW)
        stored = rows.filter(pl.col("outcome") == "stored").sort("offset")["image_id"].to_list()
        purged = set(rows.filter(pl.col("outcome") == PURGED)["image_id"])
        if not _is_measured(part, set(stored), purged):
            pictures = track(reader.read(stored), f"measure {source} {part.stem}", total=len(stored))
            tables.write(measure(pictures), part, MEASURED)


def measure(pictures: Iterable[tuple[str, bytes]]) -> pl.DataFrame:
    """One MEASURED row for each (image_id, bytes), sorted by image_id; what cannot be decoded is a row too."""
    rows = [_row(image_id, data) for image_id, data in pictures]
    return pl.DataFrame(rows, schema=MEASURED).sort("image_id")


def _row(image_id: str, data: bytes) -> dict[str, Any]:
    try:
        picture = decode(data)
    except Undecodable as error:
        return {"image_id": image_id, "decodable": False, "error": error.reason}
    return {"image_id": image_id, "decodable": True, **_figures(picture)}


def _figures(picture: Decoded) -> dict[str, Any]:
    height, width, _ = picture.pixels.shape
    gray = quality.gray(picture.pixels)
    figures = quality.figures(gray)
    (short,) = hashing.phash(gray, 64).tolist()
    return {
        "width": width,
        "height": height,
        "frames": picture.frames,
        "mode": picture.mode,
        "brightness": figures.brightness,
        "contrast": figures.contrast,
        "sharpness": figures.sharpness,
        "pixel_sha256": hashing.pixel_sha256(picture.pixels),
        "phash64": short,
        **{f"phash256_{word}": bits for word, bits in enumerate(hashing.phash(gray, 256).tolist())},
    }


def _is_measured(part: Path, stored: set[str], purged: set[str]) -> bool:
    """What was measured before its bytes were purged stays: its pixels' hash finds later copies."""
    return part.exists() and stored <= set(tables.read(part, MEASURED)["image_id"]) <= stored | purged


def _forget_other_version(out: Path) -> None:
    mark = out / "version.txt"
    text = f"{VERSION}\n"
    if mark.exists() and mark.read_text(encoding="utf-8") == text:
        return
    for part in out.glob("part-*.parquet"):
        part.unlink()
    files.write_text(mark, text)
