"""Real photographs and what the web makes of them, stored in real shards."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from PIL import Image, ImageFilter
from sklearn.datasets import load_sample_image

from silverprint import config, layout
from silverprint.config import Params
from silverprint.core.measures.thumbnail_alignment import SIDE
from silverprint.imaging.sniff import sniff
from silverprint.records import MANIFEST, THUMBNAILS
from silverprint.stages import clean, measure
from silverprint.store import ShardWriter, features, tables

CHINA, FLOWER = (Image.fromarray(load_sample_image(name)) for name in ("china.jpg", "flower.jpg"))


def tile(number: int, side: int = 128) -> Image.Image:
    """One of many quite different crops of a photograph, sharpened: some lie out of focus."""
    photo = (CHINA, FLOWER)[number % 2]
    left, top = 35 * (number // 2 % 12), 45 * (number // 24 % 6)
    crop = photo.crop((left, top, left + 180, top + 180)).resize((side, side), Image.Resampling.LANCZOS)
    return crop.filter(ImageFilter.UnsharpMask(radius=1, percent=100, threshold=0))


def jpeg(picture: Image.Image, quality: int = 90, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def png(picture: Image.Image, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG", **options)
    return buffer.getvalue()


def gif(frames: Sequence[Image.Image]) -> bytes:
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@dataclass(frozen=True)
class Found:
    """A picture as a source brings it."""

    data: bytes
    url: str
    license: str | None = "CC-BY-4.0"
    fetched_at: str = "2024-05-01T00:00:00"

    @property
    def image_id(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def acquire(source: str, found: Sequence[Found]) -> None:
    """One more part of the source's shards; none of pictures makes the folder alone."""
    with ShardWriter(layout.raw(source)) as writer:
        for one in found:
            row = {
                "image_id": one.image_id, "outcome": "stored", "url": one.url, "source": source,
                "format": sniff(one.data), "license": one.license, "fetched_at": one.fetched_at, "robots": "allowed",
            }  # fmt: skip
            writer.add(row, one.data)


def embed(params: Params) -> None:
    """Writes features of every measured picture: its thumbnail, coarsely. A network is not needed here."""
    shutil.rmtree(layout.EMBED, ignore_errors=True)
    parts = pl.concat(tables.read_parts(layout.measured(source), THUMBNAILS) for source in params.sources)
    shown = parts.filter(pl.col("thumbnail").is_not_null()).unique("image_id").sort("image_id")
    pixels = np.frombuffer(b"".join(shown["thumbnail"]), dtype=np.uint8).reshape(-1, SIDE // 4, 4, SIDE // 4, 4)
    rows = pixels.mean(axis=(2, 4)).reshape(-1, (SIDE // 4) ** 2).astype(np.float16)
    features.write_description(layout.EMBED, {"blocks": {"pixels": (SIDE // 4) ** 2}})
    features.append(layout.EMBED, shown["image_id"].to_list(), [rows])


def manifest() -> dict[str, dict[str, Any]]:
    """Measures both sources, cleans, and gives the manifest's rows by address."""
    params = config.load()
    for source in params.sources:
        layout.raw(source).mkdir(parents=True, exist_ok=True)
        measure.run(params, source)
    embed(params)
    clean.run(params)
    rows = tables.read(layout.MANIFEST, MANIFEST)
    assert rows["image_id"].to_list() == sorted(rows["image_id"])
    return {row["url"]: row for row in rows.iter_rows(named=True)}
