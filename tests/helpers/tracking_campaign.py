"""Three trained rounds on real pictures: real shards, features and models; labels with a few mistakes."""

import hashlib

import polars as pl

from silverprint import layout
from silverprint.config import Params
from silverprint.records import MEASURED, conform
from silverprint.stages import embed, start, train
from silverprint.store import ShardWriter, tables
from tests.helpers import model_campaign as campaign
from tests.helpers.model_pictures import jpeg, label

PICTURES = 260


def build(params: Params, rounds: int = 3) -> None:
    """Fills data/ of the working directory up to the model of the `rounds`-th round."""
    truth = _pool(params)
    start.run(params)
    for name in params.chain[:rounds]:
        campaign.write_labels(params, truth, name, error=0.08)
        train.run(params, name)


def _pool(params: Params) -> dict[str, str]:
    bodies = {hashlib.sha256(jpeg(tile)).hexdigest(): tile for tile in range(PICTURES)}
    ids = list(bodies)
    for number, source in enumerate(params.sources):
        mine = ids[number :: len(params.sources)]
        with ShardWriter(layout.raw(source)) as writer:
            for name in mine:
                row = {"image_id": name, "outcome": "stored", "source": source, "format": "jpeg"}
                writer.add(row, jpeg(bodies[name]))
        rows = conform(pl.DataFrame({"image_id": mine, "decodable": [True] * len(mine)}), MEASURED)
        tables.write(rows, layout.measured(source) / "part-00000.parquet", MEASURED)
    campaign.write_manifest(ids)
    embed.run(params)
    return {name: label(tile) for name, tile in bodies.items()}
