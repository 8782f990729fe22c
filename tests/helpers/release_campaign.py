"""A finished campaign that can be released: features and a model beside what the report's fixture writes."""

from dataclasses import replace

import numpy as np
import polars as pl

from silverprint import layout
from silverprint.config import Params, Promise
from silverprint.records import HELD_OUT, LABELS, MANIFEST, empty
from silverprint.store import features, tables
from tests.helpers import report_campaign as fixture


def build(found: Params) -> None:
    """Its model is sure that every second picture is a coat, and knows nothing of the others.

    People agree about the evaluation pictures among these, so that the promise of `asking_less` is kept.
    """
    from silverprint.model.head import Head

    fixture.build(found)
    ids = sorted(tables.read(layout.MANIFEST, MANIFEST)["image_id"])
    description = {"backbone": "none", "size": 1, "weights_sha256": "", "blocks": {"all": 2}}
    features.write_description(layout.EMBED, description)
    rows = np.array([[number % 2, 0] for number in range(len(ids))], dtype=np.float16)
    features.append(layout.EMBED, ids, [rows])
    weight = np.zeros((2, 2, 10))
    weight[:, 0, found.dataset.classes.index("coat")] = 20
    head = Head.of(
        centre=np.zeros(2), scale=np.ones(2), weight=weight, bias=np.zeros((2, 10)), temperature=np.array(1.0)
    )
    head.save(
        layout.model("r03"),
        {
            "model_id": "r03-0123456789",
            "features": description,
            "trained_on": [],
            "classes": list(found.dataset.classes),
        },
    )
    tables.write(empty(HELD_OUT), layout.model("r03") / "held-out.parquet", HELD_OUT)
    path = layout.labels("r03") / "labels.parquet"
    labels = tables.read(path, LABELS)
    sure = pl.col("image_id").is_in(ids[1::2]) & (pl.col("role") == "evaluation")
    said = pl.when(sure).then(pl.lit("coat")).otherwise("label").alias("label")
    tables.write(labels.with_columns(said), path, LABELS)


def asking_less(params: Params) -> Params:
    """With a promise that so small an audit can keep."""
    return replace(params, release=replace(params.release, promise=Promise(precision=0.8, confidence=0.9)))


def split(name: str) -> pl.DataFrame:
    return pl.read_parquet(layout.RELEASE / "parquet" / f"{name}-00000-of-00001.parquet")
