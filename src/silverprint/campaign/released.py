"""Rows of the release on this disk, read from its Parquet files without the images."""

import json
from collections.abc import Collection
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from silverprint import layout
from silverprint.campaign import round_state
from silverprint.config import Params
from silverprint.console import say
from silverprint.records import VERSION, conform, empty


def released_rows(image_ids: Collection[str]) -> pl.DataFrame:
    """The released rows of these pictures: image_id, split, label (its number), label_source, confidence."""
    columns = ("image_id", "label", "label_source", "confidence")
    schema = {"image_id": pl.String, "label": pl.Int64, "label_source": pl.String, "confidence": pl.Float64}
    parts = [pl.DataFrame(schema={**schema, "split": pl.String})]
    for path in sorted((layout.RELEASE / "parquet").glob("*.parquet")):
        found = pl.scan_parquet(path).select(*columns).filter(pl.col("image_id").is_in(sorted(image_ids))).collect()
        parts.append(found.with_columns(split=pl.lit(_split(path))))
    return pl.concat(parts)


def version_rows(folder: Path) -> pl.DataFrame:
    """What the Parquet files of the release in `folder` hold, a VERSION: augmented copies are no pictures."""
    parts = [empty(VERSION)]
    for path in sorted((folder / "parquet").glob("*.parquet")):
        features = json.loads(pq.read_schema(path).metadata[b"huggingface"])["info"]["features"]
        names = dict(enumerate(features["label"]["names"]))
        found = pl.scan_parquet(path).filter(pl.col("parent").is_null()).select("image_id", "label", "label_source")
        label = pl.col("label").replace_strict(names, default=None, return_dtype=pl.String)
        parts.append(conform(found.collect().with_columns(label, split=pl.lit(_split(path))), VERSION))
    return pl.concat(parts)


def tell_held(params: Params, image_ids: Collection[str]) -> None:
    """Says how many of the pictures, which are withdrawn, the release holds still, and what to type."""
    held = released_rows(image_ids).height
    if held:
        say(
            f"{layout.RELEASE} holds {held} of them until it is made again: give it to nobody before; "
            f"{remake_command(params)}"
        )


def remake_command(params: Params) -> str:
    """What a person types so that the release holds what is withdrawn no longer."""
    done = [name for name in params.chain if layout.metrics(name).exists() and _is_closed(name)]
    if not done or done[-1] == params.last:
        return "silverprint repro"
    return f"silverprint repro, and while {params.last} waits: silverprint release --round {done[-1]}"


def _is_closed(round_name: str) -> bool:
    current = round_state.load(round_name)
    return current is not None and current.status == "closed"


def _split(path: Path) -> str:
    return path.name.partition("-")[0]
