"""Three trained rounds on real pictures: real shards, features and models; labels with a few mistakes."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.config import Embed, Model, Params
from silverprint.records import MEASURED, VOTES, conform
from silverprint.stages import embed, start, train
from silverprint.store import ShardWriter, files, tables
from tests.conftest import ROOT
from tests.helpers import model_campaign as campaign
from tests.helpers.model_pictures import jpeg, label
from tests.helpers.opened_rounds import all_opened

PICTURES = 260


def make(folder: Path, rounds: int = 3) -> None:
    """A project in `folder` with so many trained rounds, which no MLflow was told of."""
    for name in ("dvc.yaml", "versions.yaml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "params.yaml").write_text(all_opened())
    shutil.copytree(ROOT / "data", folder / "data", ignore=lambda *_: ["raw", "measured", "embed", "rounds"])
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("MLFLOW_TRACKING_URI", raising=False)
        patched.chdir(folder)
        build(small(config.load()), rounds)


def small(params: Params) -> Params:
    """With a backbone and a head that take seconds."""
    return replace(params, embed=Embed(backbone="efficientnet_lite0", size=64, batch=16), model=Model(members=3))


def build(params: Params, rounds: int = 3) -> None:
    """Fills data/ of the working directory up to the model of the `rounds`-th round."""
    truth = _pool(params)
    start.run(params)
    for name in params.chain[:rounds]:
        labels = campaign.write_labels(params, truth, name, error=0.08)
        _write_votes(labels, name)
        train.run(params, name)


def _write_votes(labels: pl.DataFrame, name: str) -> None:
    """Two votes of 18 s for each label so far; the second person is unsure of every tenth picture."""
    rows = [
        (row["image_id"], row["round"], f"s-{who}", row["label"] if who + number % 10 else "unsure", 18.0)
        for number, row in enumerate(labels.iter_rows(named=True))
        for who in (0, 1)
    ]
    votes = pl.DataFrame(rows, schema=["image_id", "round", "annotator", "choice", "lead_time_s"], orient="row")
    status = pl.when(pl.col("choice") == "unsure").then(pl.lit("unsure")).otherwise(pl.lit("valid")).alias("status")
    tables.write(conform(votes.with_columns(status), VOTES), layout.labels(name) / "votes.parquet", VOTES)
    quality = {"votes_total": 2 * labels.height, "alpha_round": 0.9, "unresolved_share": 0.02}
    gold = {"gold": {"round": {"accuracy": 0.8, "low": 0.5, "high": 0.95}}}
    files.write_text(layout.labels(name) / "quality.json", json.dumps(quality | gold))


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
