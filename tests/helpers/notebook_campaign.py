"""A finished campaign with real features of its pictures, and a model in each round."""

import numpy as np

from silverprint import layout
from silverprint.config import Params
from silverprint.records import MANIFEST
from silverprint.store import ShardReader, features, json_files, tables
from tests.helpers import report_campaign


def build(params: Params) -> None:
    """In the working directory; the models' weights are made up, the same in each round."""
    from silverprint.model import embedder
    from silverprint.model.head import Head

    report_campaign.build(params, pictures=160)
    kept = tables.read(layout.MANIFEST, MANIFEST).filter("kept")["image_id"].to_list()
    description = embedder.describe(params.embed, None)
    features.write_description(layout.EMBED, description)
    pictures = ShardReader([layout.raw(source) for source in params.sources]).read(kept)
    for image_ids, rows in embedder.Embedder(params.embed.backbone, params.embed.size).stream(pictures, 64):
        features.append(layout.EMBED, image_ids, [rows])
    width, classes = sum(description["blocks"].values()), len(params.dataset.classes)
    rng = np.random.default_rng(0)
    head = Head.of(
        centre=np.zeros(width),
        scale=np.ones(width),
        weight=rng.normal(size=(2, width, classes)) / np.sqrt(width),
        bias=np.zeros((2, classes)),
        temperature=np.array(1.0),
    )
    for name in params.chain:
        card = json_files.read(layout.model(name) / "card.json", "model_id", remedy="")
        head.save(layout.model(name), card | {"features": description})
