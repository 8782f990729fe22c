"""Pool of a round: the scored pictures, their features, what is known of them, and which people may be asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.adapters import activelab
from silverprint.campaign import gold_list, ledgers
from silverprint.config import START, Params
from silverprint.console import say
from silverprint.core.features import block_weights
from silverprint.core.features.projection import SAMPLE, Projection
from silverprint.core.queue import relabelling, roles
from silverprint.core.splits import TRAINABLE
from silverprint.core.votes import imported_labels
from silverprint.errors import DataError, restore_remedy
from silverprint.records import HELD_OUT, LABELS, MANIFEST, SCORES, VOTES
from silverprint.store import tables
from silverprint.store.features import Features

UNTOLD: Final = -1  # the class id of a picture that is none of the classes, or not known yet


@dataclass(frozen=True)
class PoolFeatures:
    rows: NDArray[np.float16]  # (N, k), in the order of the pictures asked for
    weights: block_weights.Weights


def read_pool(features: Features, image_ids: Sequence[str], examples: pl.DataFrame) -> PoolFeatures:
    """The pool in half precision, read a batch at a time: a million pictures of two blocks are half a gigabyte.

    Args:
        image_ids: sorted; as they are hashes, the first ones are a random sample.
        examples: row (of image_ids) and class_id of the labelled pictures, -1 where it is none of the classes.

    Raises:
        DataError: a picture has no features.
    """
    projection = Projection.of(features.matrix(image_ids[:SAMPLE]), features.blocks)
    columns = projection.columns
    rows = np.empty((len(image_ids), projection.width), dtype=np.float16)
    start = 0
    for batch in features.batches(image_ids):
        rows[start : start + len(batch)] = projection(batch)
        start += len(batch)
    known = examples.filter(pl.col("class_id") >= 0)
    weights = block_weights.choose_weights(rows[known["row"].to_numpy()], known["class_id"].to_numpy(), columns)
    rows *= block_weights.column_scales(weights, columns).astype(np.float16)  # exact: they are powers of two
    return PoolFeatures(rows, weights)


@dataclass(frozen=True)
class Pool:
    """What a queue is drawn from.

    Attributes:
        pictures: the N scored pictures, by image_id, with `row` in the scores, and `kept`, `group` and `personal` of
            the manifest.
        manifest: image_id, kept, group, personal of every picture.
        askable: those of `pictures` that people may be asked about.
        relabel: earlier labels that are asked about again, with `why`.
        labeled: the pictures that the model was trained on, with `class_id`.
        probabilities: (M, N, C) in the rows of the scores, in half precision; None where there was no model.
        features: what a strategy sees of the pictures.
        brought: (N,) class ids that sources brought, in the rows of the scores; None where none brought any.
    """

    pictures: pl.DataFrame
    manifest: pl.DataFrame
    askable: pl.DataFrame
    relabel: pl.DataFrame
    labeled: pl.DataFrame
    probabilities: NDArray[np.floating] | None
    features: PoolFeatures
    brought: NDArray[np.int64] | None


def read(params: Params, name: str) -> Pool:
    """The pool of round `name`."""
    manifest = tables.read(layout.MANIFEST, MANIFEST).select("image_id", "kept", "group", "personal")
    scores = tables.read(layout.score(name) / "scores.parquet", SCORES)
    labels = tables.read(layout.labels(params.rounds[name].prev) / "labels.parquet", LABELS)
    pictures = scores.with_row_index("row").join(manifest, on="image_id").sort("image_id")
    _say_unknown(name, manifest)
    trained_on = labels.filter(pl.col("role").is_in(TRAINABLE))  # no other picture covers anything for a strategy
    known = pictures.join(trained_on.select("image_id", "label"), on="image_id", maintain_order="left")
    labeled = known.with_columns(_class_ids(known["label"], params.dataset.classes))
    return Pool(
        pictures=pictures,
        manifest=manifest,
        askable=_askable(params, name, pictures, manifest, labels),
        probabilities=_probabilities(name, scores.height),
        relabel=_second_looks(params, name, pictures, labels),
        labeled=labeled,
        features=read_pool(Features(layout.EMBED), scores["image_id"].to_list(), labeled),
        brought=_brought(scores["image_id"], params.dataset.classes),
    )


def first_few(ids: set[str]) -> str:
    """The first few of `ids`, for a message."""
    return ", ".join(sorted(image_id[:8] for image_id in ids)[:5]) + (" …" if len(ids) > 5 else "")


def _say_unknown(name: str, manifest: pl.DataFrame) -> None:
    unknown = {*ledgers.excluded_images()["image_id"]} - {*manifest["image_id"]}
    if unknown:
        say(f"{name}: {len(unknown)} of {layout.EXCLUDE} are pictures of no source: {first_few(unknown)}")


def _askable(
    params: Params, name: str, pictures: pl.DataFrame, manifest: pl.DataFrame, labels: pl.DataFrame
) -> pl.DataFrame:
    """The kept pictures that nobody was asked about, in this chain of rounds or another, nor about a near-duplicate.

    Nor is anybody asked about an excluded picture, one whose label is known or that shows a person, or a near-duplicate
    of these.
    """
    asked = pl.concat([labels["image_id"], ledgers.other_queues(name)["image_id"]]).unique()
    barred = [*asked, *ledgers.excluded_images()["image_id"], *gold_list.read(params)["image_id"]]
    return roles.askable(pictures, manifest, barred, ledgers.withdrawn_images())


def _second_looks(params: Params, name: str, pictures: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """The earlier labels that are asked about again: at most `rounds.<name>.relabel` of the budget."""
    entry = params.rounds[name]
    most = round(entry.relabel * entry.budget) if entry.prev != START else 0
    barred = [*ledgers.withdrawn_images(), *ledgers.excluded_images()["image_id"]]
    free = pictures.filter(pl.col("kept") & ~pl.col("image_id").is_in(barred) & pl.col("personal").is_null())
    if most == 0:
        return free.head(0).with_columns(why=pl.lit(None, pl.String))
    held_out = tables.read(layout.model(entry.prev) / "held-out.parquet", HELD_OUT)
    votes = tables.read(layout.labels(entry.prev) / "votes.parquet", VOTES)
    known = relabelling.Labelled(held_out, votes, labels, params.dataset.classes)
    looks = relabelling.choose(known, free, most, activelab.vote_values)
    say(f"{name}: {looks.height} earlier labels in doubt get a second look (at most {most})")
    return looks


def _brought(image_ids: pl.Series, classes: Sequence[str]) -> NDArray[np.int64] | None:
    """Where sources differ about a picture, the first by name is heard: whichever it is, the label is in doubt."""
    said = imported_labels.latest_statements(ledgers.imports()).filter(pl.col("status") == "valid")
    said = said.unique("image_id", keep="first", maintain_order=True)
    known = image_ids.to_frame().join(said, on="image_id", how="left", maintain_order="left")["choice"]
    return None if known.null_count() == len(known) else _class_ids(known, classes).to_numpy()


def _probabilities(name: str, count: int) -> NDArray[np.floating] | None:
    """(M, N, C) in the rows of scores.parquet, as `score` stored them; None where there was no model."""
    path = layout.score(name) / "probabilities.npy"
    if not path.exists():
        return None
    try:
        rows: NDArray[np.floating] = np.load(path, mmap_mode="r")
        if rows.ndim != 3 or rows.shape[1] != count:
            raise ValueError(f"shape {rows.shape} where scores.parquet has {count} rows")
    except (OSError, ValueError) as error:
        raise DataError(str(path), f"not readable ({error})", restore_remedy(path.parent)) from None
    return rows


def _class_ids(labels: pl.Series, classes: Sequence[str]) -> pl.Series:
    """Places in `classes`; UNTOLD for "not one of these", and where every vote abstained."""
    places = {name: number for number, name in enumerate(classes)}
    return pl.Series("class_id", [places.get(label, UNTOLD) for label in labels], dtype=pl.Int64)
