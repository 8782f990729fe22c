"""release: the dataset for its users: Parquet with the images and perhaps an ImageFolder, splits, a dataset card.

And what this version of it is worth: data/metrics/qualities.json, in Git, for `dvc metrics diff`.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from silverprint import console, layout
from silverprint.adapters import tracking
from silverprint.adapters.huggingface import card, columns, imagefolder, parquet
from silverprint.campaign import class_list, ledgers
from silverprint.config import Params
from silverprint.core import splits
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.reporting import summary
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.records import EVALUATION, LABELS, MANIFEST, VOTES
from silverprint.stages.release import automatic, dataset_metrics
from silverprint.store import ShardReader, files, json_files, tables
from silverprint.store.files import replacing_folder

_MANY_FILES = 50_000


def run(given: Params, round_name: str | None = None) -> None:
    """Writes data/release from the last round's labels and model, and data/metrics/qualities.json.

    With `round_name`, from that round's: while the last one waits for people. What was taken down is never in it.

    Raises:
        UnavailableError: an input is not there.
        DataError: nothing was labelled that may be released.
    """
    params = given if round_name is None else _as_of(given, round_name)
    labels_dir, model_dir = layout.labels(params.last), layout.model(params.last)
    missing_outputs.require_pulled(layout.CLEAN, labels_dir, model_dir)
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    labels = tables.read(labels_dir / "labels.parquet", LABELS)
    votes = tables.read(labels_dir / "votes.parquet", VOTES)
    remedy = f"run: dvc pull {model_dir}, or dvc repro"
    model = json_files.read(model_dir / "card.json", "model_id", "features", "classes", remedy=remedy)
    silver = automatic.label(params, model, manifest, labels, votes)
    rows = splits.assign(manifest, labels, silver.labels, classes=params.dataset.classes, binding=BINDING)
    rows = rows.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))  # `clean` may not have run since
    if rows.filter(pl.col("split") != "silver").is_empty():
        value = f"{labels_dir}: {labels.height} labels"
        raise DataError(value, "none of them may be released", "label a round, or see the reasons in data/clean")
    figures = dataset_metrics.measure_dataset(params, manifest, labels, rows) | {"automatic": silver.figures}
    # What the manifest knows of a picture: its format, its rights, where it came from.
    rows = rows.join(manifest, on="image_id", how="left", maintain_order="left")
    with replacing_folder(layout.RELEASE) as folder:
        _write_pictures(rows, folder, params)
        facts = _card(params, rows, manifest, votes, model["model_id"], silver.figures)
        files.write_text(folder / "README.md", card.render(facts))
        if params.release.imagefolder:
            files.write_text(folder / "imagefolder" / "README.md", card.imagefolder(facts.splits))
    files.write_text(layout.QUALITIES, json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    tracking.after_round(given, params.last)
    counts = ", ".join(f"{n} {name}" for name, n in rows.group_by("split").len().sort("split").iter_rows())
    console.say(f"{layout.RELEASE}: {counts}")
    if params.release.imagefolder and rows.height > _MANY_FILES:
        console.say(f"{rows.height} files of their own are slow for DVC; Parquet alone: release.imagefolder: false")


def _as_of(params: Params, round_name: str) -> Params:
    """The parameters as they were while this round was the last."""
    until = params.chain[: params.chain.index(round_name) + 1]
    return replace(params, last=round_name, rounds={name: params.rounds[name] for name in until})  # type: ignore[type-var]


def _write_pictures(rows: pl.DataFrame, folder: Path, params: Params) -> None:
    reader = ShardReader([layout.raw(source) for source in params.sources])
    classes = class_list.classes(params)
    (folder / "parquet").mkdir()
    for split in splits.SPLITS:
        part = rows.filter(pl.col("split") == split).select(*columns.COLUMNS, "format")
        if part.is_empty():
            continue
        image_ids = part["image_id"].to_list()
        pictures = console.track(reader.read(image_ids), f"release {split}", total=part.height)
        parquet.write(folder / "parquet", split, part, pictures, classes)
        if params.release.imagefolder:
            imagefolder.write(
                folder / "imagefolder" / split, part, reader.read(image_ids), classes, raw_csv=params.release.csv_raw
            )


def _card(
    params: Params,
    rows: pl.DataFrame,
    manifest: pl.DataFrame,
    votes: pl.DataFrame,
    model_id: str,
    automatic_figures: dict[str, Any],
) -> card.Card:
    counts = {
        split: dict(rows.filter(pl.col("split") == split).group_by("label").len().sort("label").iter_rows())
        for split in splits.SPLITS
    }
    released = rows.group_by("source").agg(pl.len().alias("released"))
    sources = summary.provenance(manifest).join(released, on="source", how="left", maintain_order="left")
    evaluation = tables.read(layout.model(params.last) / "evaluation.parquet", EVALUATION)
    return card.Card(
        name=params.dataset.name,
        question=params.dataset.title,
        classes=class_list.classes(params),
        splits={split: found for split, found in counts.items() if found},
        licenses=summary.licenses(rows).to_dicts(),
        sources=sources.with_columns(pl.col("released").fill_null(0)).to_dicts(),
        rounds=summary.rounds(votes, params.chain, params.dataset.classes),
        evaluation=summary.accuracy(evaluation),
        model_id=model_id,
        automatic=automatic_figures,
        core_classes=params.release.core_classes,
        imagefolder=params.release.imagefolder,
    )
