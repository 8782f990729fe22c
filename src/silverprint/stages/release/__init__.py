"""release: the dataset for its users: splits, a dataset card, and the pictures in each format that was asked for.

And what this version of it is worth: data/metrics/qualities.json, in Git, for `dvc metrics diff`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from silverprint import console, layout
from silverprint.adapters.exporters import EXPORTERS
from silverprint.adapters.exporters.exporter import Dataset
from silverprint.adapters.huggingface import card
from silverprint.campaign import class_list, ledgers, release_versions
from silverprint.config import Params
from silverprint.core import splits
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.reporting import release_changes, summary
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.records import EVALUATION, LABELS, MANIFEST, VOTES
from silverprint.stages.release import dataset_metrics, provenance
from silverprint.store import ShardReader, files, json_files, tables
from silverprint.store.features import Features
from silverprint.store.files import replacing_folder

_MANY_FILES = 50_000
_LARGE_FILES = ("parquet", "webdataset")  # formats that hold many pictures in a file


def run(params: Params, round_name: str | None = None) -> None:
    """Writes data/release from the last round's labels and model, and data/metrics/qualities.json.

    With `round_name`, from that round's: while the last one waits for people. What was taken down is never in it.

    Raises:
        UnavailableError: an input is not there.
        DataError: nothing was labelled that may be released.
    """
    if round_name is not None:
        params = _as_of(params, round_name)
    labels_dir, model_dir = layout.labels(params.last), layout.model(params.last)
    missing_outputs.require_pulled(layout.CLEAN, labels_dir, model_dir, layout.RELEASE_TABLES)
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    labels = tables.read(labels_dir / "labels.parquet", LABELS)
    votes = tables.read(labels_dir / "votes.parquet", VOTES)
    remedy = f"run: dvc pull {model_dir}, or dvc repro"
    model = json_files.read(model_dir / "card.json", "model_id", "features", "classes", remedy=remedy)
    silver = _silver(params, model, splits.unasked_images(manifest, labels, votes))
    rows = splits.assign(manifest, labels, silver, classes=params.dataset.classes, binding=BINDING)
    rows = rows.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))  # `clean` may not have run since
    if rows.filter(pl.col("split") != "silver").is_empty():
        value = f"{labels_dir}: {labels.height} labels"
        raise DataError(value, "none of them may be released", "label a round, or see the reasons in data/clean")
    figures = dataset_metrics.measure_dataset(params, manifest, labels, rows)
    version = release_versions.of(rows, params.last)
    rows = provenance.add(rows, manifest, votes, params.dataset.classes)
    with replacing_folder(layout.RELEASE) as folder:
        _write_formats(rows, folder, params)
        files.write_text(
            folder / "README.md", card.render(_card(params, rows, manifest, votes, model["model_id"], version))
        )
    release_versions.record(version)
    files.write_text(layout.QUALITIES, json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    counts = ", ".join(f"{n} {name}" for name, n in rows.group_by("split").len().sort("split").iter_rows())
    console.say(f"{layout.RELEASE} v{version.number}: {counts}")
    single = [name for name in params.release.formats if name not in _LARGE_FILES]
    if single and rows.height > _MANY_FILES:
        remedy = f"release.formats without {', '.join(single)}"
        console.say(f"{rows.height} files of their own are slow for DVC; without them: {remedy}")


def _as_of(params: Params, round_name: str) -> Params:
    """The parameters as they were while this round was the last."""
    until = params.chain[: params.chain.index(round_name) + 1]
    return replace(params, last=round_name, rounds={name: params.rounds[name] for name in until})  # type: ignore[type-var]


def _silver(params: Params, model: dict[str, Any], image_ids: list[str]) -> pl.DataFrame:
    """The model's labels for pictures that nobody was asked about, where it is sure enough."""
    folder, classes = layout.model(params.last), tuple(model["classes"])
    mean = np.zeros((0, len(classes)), dtype=np.float32)
    if image_ids:
        from silverprint.model.head import Head, require_same_features

        features = Features(layout.EMBED)
        require_same_features(model, features.description, folder)
        head = Head.load(folder)
        batches = [head.predict(batch).mean(axis=0) for batch in features.batches(image_ids)]
        mean = np.concatenate(batches)
    sure = np.flatnonzero(mean.max(axis=1) >= params.release.silver_confidence)
    return pl.DataFrame(
        [
            {
                "image_id": image_ids[i],
                "label": classes[int(mean[i].argmax())],
                "confidence": round(float(mean[i].max()), 4),
                "distribution": _distribution(classes, mean[i]),
                "n_votes": 0,
                "agreement": None,
                "role": None,
                "round": params.last,
                "label_source": "auto",
            }
            for i in sure
        ],
        schema={name: dtype for name, dtype in splits.SPLIT.items() if name != "split"},
    )


def _distribution(classes: tuple[str, ...], probabilities: np.ndarray[Any, np.dtype[np.float32]]) -> str:
    shares = {name: round(float(p), 4) for name, p in zip(classes, probabilities, strict=True) if round(float(p), 4)}
    return json.dumps(shares, sort_keys=True)


def _write_formats(rows: pl.DataFrame, folder: Path, params: Params) -> None:
    reader = ShardReader([layout.raw(source) for source in params.sources])

    def read(image_ids: Sequence[str]) -> Iterable[tuple[str, bytes]]:
        return console.track(reader.read(image_ids), "release", total=len(image_ids))

    classes = class_list.classes(params)
    dataset = Dataset(params.dataset.name, rows, classes, read, raw_csv=params.release.csv_raw)
    for name in params.release.formats:
        (folder / name).mkdir()
        EXPORTERS[name](dataset, folder / name)


def _card(
    params: Params,
    rows: pl.DataFrame,
    manifest: pl.DataFrame,
    votes: pl.DataFrame,
    model_id: str,
    version: release_versions.Version,
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
        silver_confidence=params.release.silver_confidence,
        formats=params.release.formats,
        version=version.line,
        compared=version.changes is not None,
        relabelled=[] if version.changes is None else release_changes.relabelled(version.changes).to_dicts(),
    )
