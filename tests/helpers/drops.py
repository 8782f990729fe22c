"""Drops as partners make them, and what became of each entry."""

import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from silverprint.store import ShardReader
from tests.helpers.web_pictures import encoded, exif

MANIFEST = (
    "path,license,label,page_url\n"
    "pictures/a.jpg,https://creativecommons.org/publicdomain/zero/1.0/,bag,https://example.org/a\n"
    "pictures/b.png,,dress,\n"
    "pictures/gone.jpg,MIT,,\n"
)
FILES = {
    "manifest.csv": MANIFEST.encode(),
    "pictures/a.jpg": encoded(1),
    "pictures/b.png": encoded(2, "PNG", exif=exif()),
    "pictures/c.jpg": encoded(1),
    "README.txt": b"Dear colleague",
    "empty.jpg": b"",
    "large.jpg": encoded(3) + bytes(30_000),
}


def zipped(path: Path, files: dict[str | ZipInfo, bytes], method: int = ZIP_DEFLATED) -> Path:
    with ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data, method)
    return path


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def rows(path: Path) -> dict[str, dict[str, object]]:
    """The source's rows, by the names inside the drop at `path` or its copy on S3."""
    before = re.compile(rf"\A(s3://bucket/)?{re.escape(path.name)}[!/]")
    frame = ShardReader(Path("data/raw/partner")).index()
    return {before.sub("", row["url"], 1): row for row in frame.iter_rows(named=True)}


def reasons(path: Path) -> dict[str, tuple[object, object]]:
    return {name: (row["outcome"], row["reason"]) for name, row in rows(path).items()}


def memory(taken: Callable[[Path], None], path: Path) -> int:
    """The most bytes that were held while the drop was read."""
    tracemalloc.start()
    try:
        taken(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
