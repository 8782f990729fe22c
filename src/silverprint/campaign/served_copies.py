"""Serving cache: the open round's images as a browser shows them. Disposable."""

import os
import shutil
from collections.abc import Collection, Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.config import Params
from silverprint.console import bar
from silverprint.imaging.decode import decode_stored, encode_jpeg
from silverprint.store import files, shown_pictures
from silverprint.store.executor import cores

_END: Final = b"\xff\xd9"
_BATCH: Final = 256  # pictures whose bytes are in memory at once
SHARED_SIDE: Final = 320  # pixels: twice the width of a place on a page, for screens with two pixels a point


def folder(campaign: str, round_name: str) -> Path:
    return layout.SERVING / campaign / round_name


def path(campaign: str, round_name: str, image_id: str) -> Path:
    return folder(campaign, round_name) / f"{image_id}.jpg"


def fill(
    params: Params, campaign: str, round_name: str, image_ids: Collection[str], shared: Container[str] = ()
) -> None:
    """Writes the pictures that are not there yet: upright, without metadata, RGB JPEG.

    Args:
        campaign: the round's own, for good (its state's): a renamed `dataset.campaign` moves no address.
        shared: image_ids of pictures that share a page; JPEGs among them are reduced, as long as their shorter side
            keeps SHARED_SIDE pixels.

    Raises:
        UnavailableError: a source's shards are not on this disk, or what is blurred.
        DataError: a picture does not decode any more.
    """
    absent = [image_id for image_id in image_ids if not _is_whole(path(campaign, round_name, image_id))]
    if not absent:
        return
    reader = shown_pictures.shown(params)

    def copy(picture: tuple[str, bytes]) -> None:
        image_id, data = picture
        made = shown(image_id, data, SHARED_SIDE if image_id in shared else None)
        # Thousands of waits for the disk: a copy that a power failure takes is noticed, and made again.
        files.write_bytes(path(campaign, round_name, image_id), made, lasting=False)

    with ThreadPoolExecutor(cores.available()) as threads, bar() as progress:
        row = progress.add_task(f"pictures for {round_name}", total=len(absent))
        pictures = reader.read(absent)
        while batch := list(islice(pictures, _BATCH)):
            for _ in threads.map(copy, batch):
                progress.advance(row)


def _is_whole(copy: Path) -> bool:
    """Whether it is there to its last byte, which a JPEG's end marker is."""
    try:
        with copy.open("rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:  # none, or shorter than that
        return False


def remove(campaign: str, round_name: str, image_ids: Iterable[str]) -> None:
    for image_id in image_ids:
        path(campaign, round_name, image_id).unlink(missing_ok=True)


def forget(image_ids: Collection[str]) -> list[Path]:
    """Removes every copy of the pictures, of whatever campaign and round; returns where they were."""
    found = [path for path in sorted(layout.SERVING.rglob("*.jpg")) if path.stem in image_ids]
    for path in found:
        path.unlink(missing_ok=True)
    return found


def empty(campaign: str, round_name: str) -> None:
    shutil.rmtree(folder(campaign, round_name), ignore_errors=True)


def shown(image_id: str, data: bytes, shorter_side: int | None) -> bytes:
    """The picture as a browser is given it.

    Raises:
        DataError: it does not decode.
    """
    return encode_jpeg(decode_stored(image_id, data, shorter_side), quality=95)
