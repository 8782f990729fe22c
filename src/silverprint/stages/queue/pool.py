"""Pool of a round: the scored pictures, their features, what is known of them, and which people may be asked about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.adapters import activelab
from silverprint.campaign import class_changes, class_looks, gold_list, ledgers
from silverprint.config import START, Params
from silverprint.console import say
from silverprint.core import half_precision
from silverprint.core.features import block_weights
from silverprint.core.features.projection import SAMPLE, Projection
from silverprint.core.jobs import Run
from silverprint.core.queue import relabelling, roles
from silverprint.core.queue.class_looks import choose as choose_looks
from silverprint.core.selection import first_pass
from silverprint.core.splits import TRAINABLE
from silverprint.core.votes import imported_labels
from silverprint.records import HELD_OUT, LABELS, MANIFEST, SCORES, VOTES
from silverprint.store import tables
from silverprint.store.features import BATCH, FEW, Features
from silverprint.store.scores import PROBABILITIES, read_probabilities

UNTOLD: Final = -1  # the class id of a picture that is none of the classes, or not known yet


@dataclass(frozen=True)
class PoolFeatures:
    rows: NDArray[np.float16]  # (N, k), in the order of the pictures asked for
    weights: block_weights.Weights
    hashes: NDArray[np.uint64]  # (N,) of the rows
    unsure: NDArray[np.float64] | None  # (N,) margin uncertainty; None where there was no model


def read_pool(
    features: Features,
    image_ids: Sequence[str],
    examples: pl.DataFrame,
    thought: NDArray[np.floating] | None = None,
    seed: int = 0,
    work: Run = map,
) -> PoolFeatures:
    """The pool in half precision, read a batch at a time: a million pictures of two blocks are half a gigabyte.

    Args:
        image_ids: sorted; as they are hashes, the first ones are a random sample.
        examples: row (of image_ids) and class_id of the labelled pictures, -1 where it is none of the classes.
        thought: (M, N, C) probabilities as they are stored.
        seed: of the selection.
        work: does the jobs, a batch each, where there are many pictures.

    Raises:
        DataError: a picture has no features.
    """
    projection = Projection.of(features.matrix(image_ids[:SAMPLE]), features.blocks)
    columns = projection.columns
    known = examples.filter(pl.col("class_id") >= 0)
    seen = projection(features.matrix([image_ids[row] for row in known["row"]]))
    weights = block_weights.choose_weights(seen, known["class_id"].to_numpy(), columns)
    scales = block_weights.column_scales(weights, columns).astype(np.float16)  # exact: they are powers of two
    look = partial(first_pass.look, projection=projection, scales=scales, seed=seed)
    rows, hashes = np.empty((len(image_ids), projection.width), np.float16), np.empty(len(image_ids), np.uint64)
    unsure, start = None if thought is None else np.empty(len(image_ids)), 0
    for looked in (work if len(image_ids) >= FEW else map)(look, _batches(features, image_ids, thought)):
        part = slice(start, start + len(looked.rows))
        rows[part], hashes[part], start = looked.rows, looked.hashes, part.stop
        if unsure is not None:
            unsure[part] = looked.unsure
    return PoolFeatures(rows, weights, hashes, unsure)


def _batches(
    features: Features, image_ids: Sequence[str], thought: NDArray[np.floating] | None
) -> Iterator[first_pass.Batch]:
    for number, rows in enumerate(features.half_batches(image_ids)):
        of = slice(number * BATCH, number * BATCH + len(rows))
        yield rows, None if thought is None else np.array(thought[:, of])


@dataclass(frozen=True)
class Pool:
    """What a queue is drawn from.

    Attributes:
        pictures: the N scored pictures, by image_id, with `row` in the scores, and `kept`, `group` and `shown_to` of
            the manifest.
        manifest: image_id, kept, group, shown_to of every picture.
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


def read(params: Params, name: str, work: Run) -> Pool:
    """The pool of round `name`; `work` does the jobs of the pass over it."""
    manifest = tables.read(layout.MANIFEST, MANIFEST).select("image_id", "kept", "group", "shown_to")
    scores = tables.read(layout.score(name) / "scores.parquet", SCORES)
    labels = tables.read(layout.labels(params.rounds[name].prev) / "labels.parquet", LABELS)
    pictures = scores.with_row_index("row").join(manifest, on="image_id").sort("image_id")
    _say_unknown(name, manifest)
    trained_on = labels.filter(pl.col("role").is_in(TRAINABLE))  # no other picture covers anything for a strategy
    known = pictures.join(trained_on.select("image_id", "label"), on="image_id", maintain_order="left")
    labeled = known.with_columns(_class_ids(known["label"], params.dataset.classes))
    probabilities = _probabilities(name, scores.height)
    return Pool(
        pictures=pictures,
        manifest=manifest,
        askable=_askable(params, name, pictures, manifest, labels),
        probabilities=probabilities,
        relabel=_second_looks(params, name, pictures, labels, probabilities),
        labeled=labeled,
        features=read_pool(
            Features(layout.EMBED),
            scores["image_id"].to_list(),
            labeled,
            probabilities,
            roles.round_seed(params.seed, name, params.rounds[name].draw),
            work,
        ),
        brought=_brought(params, scores["image_id"]),
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

    Nor is anybody asked about an excluded picture, one whose label is known, one that nobody may see for the person in
    it, or a near-duplicate of these.
    """
    asked = pl.concat([labels["image_id"], ledgers.other_queues(name)["image_id"]]).unique()
    barred = [*asked, *ledgers.excluded_images()["image_id"], *gold_list.read(params)["image_id"]]
    return roles.askable(pictures, manifest, barred, ledgers.withdrawn_images())


def _second_looks(
    params: Params, name: str, pictures: pl.DataFrame, labels: pl.DataFrame, thought: NDArray[np.floating] | None
) -> pl.DataFrame:
    """The earlier labels that are asked about again: those that a change of classes concerns, with all that the budget
    has for chosen pictures, and then those in doubt, at most `rounds.<name>.relabel` of the budget.
    """
    entry = params.rounds[name]
    barred = [*ledgers.withdrawn_images(), *ledgers.excluded_images()["image_id"]]
    free = pictures.filter(pl.col("kept") & ~pl.col("image_id").is_in(barred) & roles.may_be_seen())
    if entry.prev == START:
        return free.head(0).with_columns(why=pl.lit(None, pl.String))
    changed = _changed_classes(params, name, free, labels, thought)
    most = max(0, round(entry.relabel * entry.budget) - changed.height)
    if most == 0:
        return changed if changed.height else free.head(0).with_columns(why=pl.lit(None, pl.String))
    held_out = tables.read(layout.model(entry.prev) / "held-out.parquet", HELD_OUT)
    votes = tables.read(layout.labels(entry.prev) / "votes.parquet", VOTES)
    known = relabelling.Labelled(held_out, votes, labels, params.dataset.classes)
    looks = relabelling.choose(known, roles.drop_groups(free, changed), most, activelab.vote_values)
    say(f"{name}: {looks.height} earlier labels in doubt get a second look (at most {most})")
    return pl.concat([changed, looks], how="diagonal") if changed.height else looks


def _changed_classes(
    params: Params,
    name: str,
    free: pl.DataFrame,
    labels: pl.DataFrame,
    thought: NDArray[np.floating] | None,
) -> pl.DataFrame:
    """The pictures to look at again because of data/class_changes.csv, the likeliest first; what the budget has no
    place for, later rounds ask.
    """
    entry, classes = params.rounds[name], params.dataset.classes
    due = class_looks.looks(params, labels, layout.labels(entry.prev) / "votes.parquet")
    if not due:
        return free.head(0)
    mine = free.filter(pl.col("image_id").is_in([look.image_id for look in due]))
    chances: dict[str, NDArray[np.floating]] = {}
    if thought is not None:
        mean = half_precision.from_half(thought[:, mine["row"].to_numpy()]).mean(axis=0)
        chances = dict(zip(mine["image_id"], mean, strict=True))
    known = frozenset(labels["label"].drop_nulls()) & {*classes}
    roles_before = mine.join(labels.select("image_id", "role"), on="image_id", maintain_order="left")
    looks = choose_looks(due, roles_before, chances, classes, known, params.evaluation.overlap)
    most = round(max(entry.relabel, 1 - entry.control - entry.audit) * entry.budget)
    left = f"; {looks.height - most} more wait for the next round" if looks.height > most else ""
    say(f"{name}: {min(looks.height, most)} pictures are looked at again, for classes changed since{left}")
    return looks.head(most)


def _brought(params: Params, image_ids: pl.Series) -> NDArray[np.int64] | None:
    """Where sources differ about a picture, the first by name is heard: whichever it is, the label is in doubt."""
    said = imported_labels.latest_statements(class_changes.present_imports(params)).filter(pl.col("status") == "valid")
    said = said.unique("image_id", keep="first", maintain_order=True)
    known = image_ids.to_frame().join(said, on="image_id", how="left", maintain_order="left")["choice"]
    return None if known.null_count() == len(known) else _class_ids(known, params.dataset.classes).to_numpy()


def _probabilities(name: str, count: int) -> NDArray[np.floating] | None:
    """(M, N, C) in the rows of scores.parquet, as `score` stored them; None where there was no model."""
    folder = layout.score(name)
    return read_probabilities(folder, count) if (folder / PROBABILITIES).exists() else None


def _class_ids(labels: pl.Series, classes: Sequence[str]) -> pl.Series:
    """Places in `classes`; UNTOLD for "not one of these", and where every vote abstained."""
    places = {name: number for number, name in enumerate(classes)}
    return pl.Series("class_id", [places.get(label, UNTOLD) for label in labels], dtype=pl.Int64)
