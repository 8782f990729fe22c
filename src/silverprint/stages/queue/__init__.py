"""queue@r: which images people are asked about, in which order, in which role, and why.

The pool is read, the queue drawn from it, each picture explained: `pool`, `draw`, `explain`.
"""

import hashlib

import polars as pl

from silverprint import layout
from silverprint.adapters.expectations import check, critical_failures
from silverprint.campaign import gold_list, ledgers, round_state
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.gates import leakage
from silverprint.core.queue import class_looks
from silverprint.core.splits import TRAINABLE
from silverprint.errors import DataError
from silverprint.records import LABELS
from silverprint.stages.queue import draw, explain, pool
from silverprint.store import executor, files, tables


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
    drawn = ledgers.queue_bytes(queue)
    if opened is not None:
        _require_final(opened, hashlib.sha256(drawn).hexdigest())
        say(f"{round_name} is open and its queue was lost here; drawn again, it is the same")
    files.write_bytes(path, drawn)


def _draw(params: Params, round_name: str) -> pl.DataFrame:
    with executor.opened(params.executor) as work:
        there = pool.read(params, round_name, work)
    picked = ledgers.included_images(params.round_names).filter(pl.col("round") == round_name)
    included = picked["image_id"].to_list()
    how = draw.plan(params, round_name, included)
    queue = draw.draw(params, round_name, there, how)
    explain.say_left_out(round_name, included, queue, there)
    queue = explain.explain(queue, there, how, picked, params.dataset.classes)
    _require_suite(params, round_name, _as_judged(params, round_name, queue, there))
    return queue


def _as_judged(params: Params, name: str, queue: pl.DataFrame, there: pool.Pool) -> pl.DataFrame:
    """The queue as its suite sees it."""
    labels = tables.read(layout.labels(params.rounds[name].prev) / "labels.parquet", LABELS)
    judging = labels.filter(~pl.col("role").is_in(TRAINABLE))["image_id"]
    known = pl.concat([judging, gold_list.read(params)["image_id"]]).unique()
    rows = queue.join(there.manifest, on="image_id", how="left", maintain_order="left")
    rows = rows.with_columns(withdrawn=pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
    return leakage.with_judging(rows, known, there.manifest)


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


def _require_suite(params: Params, name: str, queue: pl.DataFrame) -> None:
    entry = params.rounds[name]
    judges = name == params.chain[0] or params.evaluation.draw == "random"
    looks = entry.relabel > 0 or class_looks.STRATEGY in queue["strategy"]
    also = {"evaluation": judges, "gold": entry.gold > 0, "relabel": looks, "audit": entry.audit > 0}
    allowed = ["train", "control", *(role for role, may in also.items() if may)]
    suite = layout.SUITES / "queue.json"
    failed = critical_failures(check(queue, suite, {"roles": allowed, "classes": list(params.dataset.classes)}))
    if failed:
        value = f"{name}: {failed[0]}"
        remedy = "nobody was asked; fix the stage or the suite"
        raise DataError(value, f"{len(failed)} critical expectations of {suite} failed", remedy)
