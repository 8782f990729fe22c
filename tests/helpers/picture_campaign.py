"""A small campaign of real pictures up to training: shards, features, a manifest and the labels of rounds."""

import hashlib

import polars as pl

from silverprint import layout
from silverprint.config import Params
from silverprint.records import MEASURED, conform
from silverprint.stages import embed
from silverprint.store import ShardWriter, tables
from tests.helpers import model_campaign
from tests.helpers.model_pictures import jpeg, label


def write_pool(params: Params, count: int) -> dict[str, str]:
    """Tiles 0..count-1 in the shards of `web`, with features; returns the truth, image_id -> class.

    `params` has no other source.
    """
    bodies = {hashlib.sha256(body).hexdigest(): body for body in map(jpeg, range(count))}
    with ShardWriter(layout.raw("web")) as writer:
        for name, body in bodies.items():
            writer.add({"image_id": name, "outcome": "stored", "source": "web", "format": "jpeg"}, body)
    rows = pl.DataFrame({"image_id": list(bodies), "decodable": True})
    tables.write(conform(rows, MEASURED), layout.measured("web") / "part-00000.parquet", MEASURED)
    embed.run(params)
    model_campaign.write_manifest(list(bodies))
    return {name: label(tile) for tile, name in enumerate(bodies)}
