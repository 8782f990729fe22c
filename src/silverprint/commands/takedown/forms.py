"""Forms in which the pipeline keeps or shows a picture, made again from its stored bytes: by these it is looked for."""

import base64
from collections.abc import Collection, Iterator

import polars as pl

from silverprint import layout
from silverprint.adapters.plots.thumbnails import data_uri, thumbnail
from silverprint.campaign import served_copies
from silverprint.config import Params
from silverprint.errors import DataError
from silverprint.imaging import measurement
from silverprint.imaging.blur import blurred_jpeg
from silverprint.imaging.decode import Undecodable, decode
from silverprint.records import RAW
from silverprint.store import ShardReader, features, shown_pictures, tables
from silverprint.store.traces import needles
from silverprint.store.traces.needles import Form

_SIDES = (112, 128)  # pixels of the thumbnails on pages: the report's, the queue's and the comparison of releases


def keep_needles(params: Params, image_ids: Collection[str]) -> None:
    """Keeps in var/purged by what the pictures can be looked for once they are gone.

    Of what is not stored here any more nothing is added; what is known of it stays.

    Raises:
        DiskError: no space.
    """
    boxes = shown_pictures.blurred_boxes(params) if layout.BLURRED.exists() else {}
    for source in params.sources:
        root = layout.raw(source)
        rows = tables.read_parts(root, RAW).filter(pl.col("outcome") == "stored")
        wanted = rows.filter(pl.col("image_id").is_in(sorted(image_ids)))["image_id"].unique().sort().to_list()
        for image_id, data in ShardReader(root).read(wanted):
            needles.save(layout.NEEDLES, needles.of(image_id, forms(image_id, data)))
            if image_id in boxes:
                blurred = blurred_jpeg(image_id, data, boxes[image_id])
                needles.save(layout.NEEDLES, needles.of(image_id, forms(image_id, blurred)))
    for image_id, row in features.rows_of(layout.EMBED, image_ids):
        needles.save(layout.NEEDLES, needles.of(image_id, [Form("features", row)]))


def forms(image_id: str, data: bytes) -> Iterator[Form]:
    """Each form; of a picture that does not decode, its stored bytes."""
    yield Form(needles.STORED, data)
    yield Form(needles.STORED, data, in_text=True)
    grey = measurement.measure(image_id, data).get("thumbnail")
    if isinstance(grey, bytes):
        yield Form(needles.THUMBNAIL, grey)
    try:
        for side in (None, served_copies.SHARED_SIDE):
            yield Form("served copy", served_copies.shown(image_id, data, side))
        for side in _SIDES:
            tile = data_uri(thumbnail(decode(data, shorter_side=side).pixels, side))
            yield Form("thumbnail on a page", base64.b64decode(tile.partition(",")[2]), in_text=True)
    except (DataError, Undecodable):
        return
