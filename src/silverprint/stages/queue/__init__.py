"""queue@r: which images people are asked about, in which order, in which role, and why."""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.adapters import activelab
from silverprint.adapters.expectations import check, critical_failures
from silverprint.campaign import gold_list, ledgers, round_state
from silverprint.config import START, Params
from silverprint.console import say
from silverprint.core import half_precision, uncertainty
from silverprint.core.duplicates import groups
from silverprint.core.features import block_weights
from silverprint.core.queue import relabelling, roles
from silverprint.core.queue.compose import Plan, compose
from silverprint.core.queue.reasons import prediction_sentences, reasons
from silverprint.core.selection import select_with_scores
from silverprint.core.selection.pool import Picks
from silverprint.errors import DataError, restore_remedy
from silverprint.records import HELD_OUT, LABELS, MANIFEST, QUEUE, SCORES, VOTES
from silverprint.stages.queue.pool_features import PoolFeatures, read_pool
from silverprint.store import files, tables
from silverprint.store.features import Features

# No model trains on pictures of these roles, so they cover nothing for a strategy.
NOT_TRAINED_ON = ("evaluation", "gold")

_UNTOLD = -1  # the class id of a picture that is none of the classes, or not known yet


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/queue.csv; once the round is opened it only checks that the file is still the same.

    An opened round's queue that this disk has lost is drawn again, and written if it comes out the same.

    Raises:
        DataError: nothing is left to ask about, the queue breaks its suite, an opened round's queue was changed, or it
            has votes and is lost, with the round's state.
        ConfigError: no such strategy, or one that needs a model before there is any; a line of data/include.csv or
            data/exclude.csv means nothing.
    """
    opened = round_state.load(round_name)
    path = layout.queue(round_name)
    if opened is None and not ledgers.votes_so_far(round_name).is_empty():
        _require_there(round_name)
        say(f"{round_name} has votes, and {layout.state(round_name)} is lost: its queue stays as it is")
        return
    if opened is not None and path.exists():
        _require_final(opened, ledgers.sha256(path))
        say(f"{round_name} is open: its queue stays as it is")
        return
    queue = _draw(params, round_name)
    drawn = tables.ledger_bytes(queue, QUEUE, order=["rank"])
    if opened is not None:
        _require_final(opened, hashlib.sha256(drawn).hexdigest())
        say(f"{round_name} is open and its queue was lost here; drawn again, it is the same")
    files.write_bytes(path, drawn)


def _draw(params: Params, round_name: str) -> pl.DataFrame:
    manifest = tables.read(layout.MANIFEST, MANIFEST).select("image_id", "kept", "group", "personal")
    scores = tables.read(layout.score(round_name) / "scores.parquet", SCORES)
    labels = tables.read(layout.labels(params.rounds[round_name].prev) / "labels.parquet", LABELS)
    pictures = scores.with_row_index("row").join(manifest, on="image_id").sort("image_id")

    _say_unknown(round_name, manifest)
    askable = _askable(params, round_name, pictures, manifest, labels)
    picked = ledgers.included_images(params.chain).filter(pl.col("round") == round_name)
    included = picked["image_id"].to_list()
    probabilities = _probabilities(round_name, scores.height)
    looks = _second_looks(params, round_name, pictures, labels)
    shares = _shares(params, round_name, askable, looks.height)
    plan = _plan(params, round_name, included)
    trained_on = labels.filter(~pl.col("role").is_in(NOT_TRAINED_ON))
    labeled = pictures.join(trained_on.select("image_id", "label"), on="image_id", maintain_order="left")
    known = labeled.with_columns(_class_ids(labeled["label"], params.dataset.classes))
    seen = read_pool(Features(layout.EMBED), scores["image_id"].to_list(), known)

    def choose(left: pl.DataFrame, count: int, taken: pl.DataFrame) -> Picks:
        asked = taken.with_columns(pl.lit(_UNTOLD, pl.Int64).alias("class_id"))
        return _choose(plan, left, count, pl.concat([known, asked], how="diagonal"), seen, probabilities)

    gold = gold_list.draw(params, round_name, pictures, manifest, plan.seed)
    queue = compose(askable, shares, plan, choose, pl.concat([gold, looks], how="diagonal"))
    _say_left_out(round_name, included, queue, pictures, askable)
    sentences = {row["image_id"]: f"Picked by {row['by']}: {row['why']}" for row in picked.to_dicts()}
    sentences |= dict(looks.select("image_id", "why").iter_rows())
    why = reasons(queue, _leading(queue, pictures, probabilities, params), sentences)
    queue = queue.with_columns(_features(plan, seen), why)
    _require_suite(params, round_name, queue.join(manifest, on="image_id", how="left"))
    return queue


def _require_there(name: str) -> None:
    path, lost = layout.queue(name), layout.state(name)
    if not path.exists():
        rule = f"people have answered it, and neither it nor {lost} is here: another queue would not be theirs"
        raise DataError(str(path), rule, f"run: git checkout {path} {lost}; or restore them from a backup")


def _require_final(opened: round_state.State, found: str) -> None:
    path = layout.queue(opened.round)
    if found != opened.queue_sha256:
        value = f"{path} has hash {found[:8]}" if path.exists() else f"{path} is lost; drawn again it is {found[:8]}"
        rule = f"people are asked by the queue {opened.queue_sha256[:8]}, final since {opened.round} was opened"
        raise DataError(value, rule, f"run: git checkout {path}; if it was never committed, restore it from a backup")


def _say_left_out(
    name: str, included: Sequence[str], queue: pl.DataFrame, pictures: pl.DataFrame, askable: pl.DataFrame
) -> None:
    """One line for each reason why a picture that a person picked is not asked about."""
    left = set(included) - set(queue["image_id"])
    kept = set(pictures.filter("kept")["image_id"])
    free = set(askable["image_id"])
    for why, ids in {
        "not in the pool": left - kept,
        "asked before, excluded, withdrawn, gold or personal, or a near-duplicate is": left & kept - free,
        "a near-duplicate is in the queue, or the budget is spent": left & free,
    }.items():
        if ids:
            say(f"{name}: {len(ids)} of {layout.INCLUDE} left out ({why}): {_some(ids)}")


def _some(ids: set[str]) -> str:
    return ", ".join(sorted(image_id[:8] for image_id in ids)[:5]) + (" …" if len(ids) > 5 else "")


def _say_unknown(name: str, manifest: pl.DataFrame) -> None:
    unknown = {*ledgers.excluded_images()["image_id"]} - {*manifest["image_id"]}
    if unknown:
        say(f"{name}: {len(unknown)} of {layout.EXCLUDE} are pictures of no source: {_some(unknown)}")


def _askable(
    params: Params, name: str, pictures: pl.DataFrame, manifest: pl.DataFrame, labels: pl.DataFrame
) -> pl.DataFrame:
    """The kept pictures that nobody was asked about, in this chain of rounds or another, nor about a near-duplicate.

    Nor is anybody asked about an excluded picture, one whose label is known or that shows a person, or a near-duplicate
    of these.
    """
    asked = pl.concat([labels["image_id"], ledgers.other_queues(name)["image_id"]]).unique()
    barred = [*asked, *ledgers.excluded_images()["image_id"], *gold_list.read(params)["image_id"]]
    free = pictures.filter(pl.col("kept") & ~pl.col("image_id").is_in([*barred, *ledgers.withdrawn_images()]))
    is_barred = pl.col("image_id").is_in(barred) | pl.col("personal").is_not_null()
    return roles.drop_groups(free, manifest.filter(is_barred))


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


def _shares(params: Params, name: str, askable: pl.DataFrame, relabel: int) -> roles.Shares:
    available = askable["group"].n_unique()
    first = name == params.chain[0]
    needed = 2 if first else 1
    if available < needed:
        left = "no picture is" if not available else "one picture is"
        rule = "the first queue needs two, one to train on and one to judge by" if first else "a queue needs one"
        remedy = "relax `clean`, add a source (silverprint source add), or stop with the rounds you have"
        if available < askable.height:
            remedy = f"{groups.describe(askable)}; or {remedy}"
        raise DataError(f"{name}: {left} left to ask about", rule, remedy)
    entry = params.rounds[name]
    evaluation = params.evaluation.size if first else 0
    shares = roles.shares(available, evaluation=evaluation, budget=entry.budget, control=entry.control, relabel=relabel)
    wanted = evaluation + entry.budget - relabel
    if shares.total < wanted:
        say(
            f"{name}: {available} pictures are left of {wanted} wanted; the queue takes "
            f"{shares.evaluation} for evaluation, {shares.control} for control, {shares.train} by strategy"
        )
        if available < askable.height:
            say(f"{name}: {groups.describe(askable)}")
    return shares


def _plan(params: Params, name: str, included: Sequence[str]) -> Plan:
    entry = params.rounds[name]
    return Plan(
        strategy=entry.strategy,
        overlap=entry.overlap,
        evaluation_overlap=params.evaluation.overlap,
        show_predictions=entry.show_predictions,
        seed=roles.round_seed(params.seed, name, entry.draw),
        floor=entry.floor,
        included=tuple(included),
    )


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


def _leading(
    queue: pl.DataFrame, pictures: pl.DataFrame, probabilities: NDArray[np.floating] | None, params: Params
) -> dict[str, str]:
    """What the model hesitates between, for each picture of the queue."""
    if probabilities is None:
        return {}
    asked = pictures.join(queue.select("image_id"), on="image_id", how="semi", maintain_order="left")
    mean = uncertainty.mean(half_precision.from_half(probabilities[:, asked["row"].to_numpy()]))
    return dict(zip(asked["image_id"], prediction_sentences(mean, params.dataset.classes), strict=True))


def _class_ids(labels: pl.Series, classes: Sequence[str]) -> pl.Series:
    """Places in `classes`; _UNTOLD for "not one of these", and where every vote abstained."""
    places = {name: number for number, name in enumerate(classes)}
    return pl.Series("class_id", [places.get(label, _UNTOLD) for label in labels], dtype=pl.Int64)


def _choose(
    plan: Plan,
    left: pl.DataFrame,
    count: int,
    labeled: pl.DataFrame,
    seen: PoolFeatures,
    probabilities: NDArray[np.floating] | None,
) -> Picks:
    known = pl.concat([left, labeled], how="diagonal")
    rows = known["row"].to_numpy()
    return select_with_scores(
        plan.strategy,
        embeddings=seen.rows[rows],
        probabilities=None if probabilities is None else half_precision.from_half(probabilities[:, rows]),
        labeled=np.arange(left.height, known.height),
        labels=labeled["class_id"].to_numpy(),
        budget=count,
        seed=plan.seed,
    )


def _features(plan: Plan, seen: PoolFeatures) -> pl.Expr:
    """`features` of each row that the strategy picked."""
    by_strategy = (pl.col("role") == "train") & (pl.col("strategy") == plan.strategy)
    return pl.when(by_strategy).then(pl.lit(block_weights.describe(seen.weights))).alias("features")


def _require_suite(params: Params, name: str, queue: pl.DataFrame) -> None:
    first, entry = name == params.chain[0], params.rounds[name]
    also = {"evaluation": first, "gold": entry.gold > 0, "relabel": entry.relabel > 0}
    allowed = ["train", "control", *(role for role, may in also.items() if may)]
    suite = layout.SUITES / "queue.json"
    failed = critical_failures(check(queue, suite, {"roles": allowed, "classes": list(params.dataset.classes)}))
    if failed:
        value = f"{name}: {failed[0]}"
        remedy = "nobody was asked; fix the stage or the suite"
        raise DataError(value, f"{len(failed)} critical expectations of {suite} failed", remedy)
