"""Names in a drawing of many pictures: a text in the PNG, so that a purge knows which drawings show a picture."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from silverprint.imaging.metadata.strip_png import chunk
from silverprint.store import files

KEY: Final = "silverprint-pictures"  # key of the text

_BEGIN: Final = 33  # bytes: the signature and the chunk IHDR, behind which texts may stand


def say(path: Path, image_ids: Iterable[str]) -> None:
    """Adds to a PNG which pictures it may show.

    Raises:
        DiskError: no space.
    """
    data = path.read_bytes()
    text = f"{KEY}\0{text_of(image_ids)}".encode("latin-1")
    files.write_bytes(path, data[:_BEGIN] + chunk(b"tEXt", text) + data[_BEGIN:])


def text_of(image_ids: Iterable[str]) -> str:
    return " ".join(sorted(set(image_ids)))
