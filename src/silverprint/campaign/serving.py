"""The serving cache: the open round's pictures as a browser shows them. Disposable."""

import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from silverprint import layout
from silverprint.config import Params
from silverprint.console import track
from silverprint.store import ShardReader, files
from silverprint.store.decode import decode, encode_jpeg


def folder(campaign: str, round_name: str) -> Path:
    return layout.SERVING / campaign / round_name


def path(campaign: str, round_name: str, image_id: str) -> Path:
    return folder(campaign, round_name) / f"{image_id}.jpg"


def fill(params: Params, campaign: str, round_name: str, image_ids: Collection[str]) -> None:
    """Writes the pictures that are not there yet: upright, without metadata, RGB JPEG.

    Args:
        campaign: the round's own, for good (its state's): a renamed `dataset.campaign` moves no address.

    Raises:
        UnavailableError: a source's shards are not on this disk.
    """
    absent = [image_id for image_id in image_ids if not path(campaign, round_name, image_id).exists()]
    if not absent:
        return
    reader = ShardReader([layout.raw(source) for source in params.sources])
    for image_id, data in track(reader.read(absent), f"pictures for {round_name}", total=len(absent)):
        files.write_bytes(path(campaign, round_name, image_id), encode_jpeg(decode(data).pixels, quality=95))


def remove(campaign: str, round_name: str, image_ids: Iterable[str]) -> None:
    for image_id in image_ids:
        path(campaign, round_name, image_id).unlink(missing_ok=True)


def empty(campaign: str, round_name: str) -> None:
    shutil.rmtree(folder(campaign, round_name), ignore_errors=True)
