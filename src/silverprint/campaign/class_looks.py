"""Pictures that a change of classes concerns: those that nobody has looked at since with the present classes."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from silverprint.campaign import class_changes, class_list, ledgers, round_state
from silverprint.config import Params
from silverprint.core.queue.class_looks import Look
from silverprint.core.votes import class_changes as changing
from silverprint.core.votes.class_changes import Change
from silverprint.records import NONE_OF_THESE, OBSOLETE, VOTES
from silverprint.store import tables


def looks(params: Params, labels: pl.DataFrame, votes_path: Path) -> list[Look]:
    """The second looks that are due, each picture once; none in a campaign whose classes never changed.

    Args:
        labels: LABELS of the newest round that has any, by the classes of today.
        votes_path: VOTES beside them.
    """
    changes = class_changes.changes()
    if not changes:
        return []
    people, votes = labels.filter(pl.col("source") == "human"), tables.read(votes_path, VOTES)
    found = [*_of_splits(params, people, votes), *_of_new_classes(params, changes, people)]
    return list({look.image_id: look for look in reversed(found)}.values())[::-1]


def expected(params: Params, change: Change, labels: pl.DataFrame) -> int:
    """How many second looks come of `change`, which adds a class and is not made yet."""
    people, young = labels.filter(pl.col("source") == "human"), change.after[0]
    known = {name: class_list.asked_about(name) for name in params.chain}
    without = [name for name, classes in known.items() if classes is not None and young not in classes]
    return len({look.image_id for look in _hidden(params, young, {*change.before}, people, without)})


def _of_splits(params: Params, labels: pl.DataFrame, votes: pl.DataFrame) -> Iterator[Look]:
    """Pictures without a label whose last look was under a class that was split since."""
    gone = votes.filter(status=OBSOLETE).join(labels.filter(pl.col("label").is_null()), on="image_id", how="semi")
    for number, name in enumerate(params.chain):
        later = {i for after in params.chain[number + 1 :] for i in _asked(after)}
        here = gone.filter((pl.col("round") == name) & ~pl.col("image_id").is_in(sorted(later)))
        changes = class_changes.since_round(name)
        for (image_id,), rows in here.group_by("image_id", maintain_order=True):
            means = {choice: changing.meaning(choice, changes) for choice in rows["choice"].unique(maintain_order=True)}
            split = {choice: kinds for choice, kinds in means.items() if len(kinds) > 1}
            may_be = dict.fromkeys(kind for kinds in split.values() for kind in kinds if kind != NONE_OF_THESE)
            said = rows["choice"].is_in(list(split)).mean()
            why = f"It was {' or '.join(split)}, which was split into {' and '.join(may_be)} since."
            yield Look(str(image_id), None, tuple(may_be), float(said or 0.0), why)  # type: ignore[arg-type]


def _of_new_classes(params: Params, changes: tuple[Change, ...], labels: pl.DataFrame) -> Iterator[Look]:
    """Pictures of rounds that were asked without a class, of the labels that it may be hidden in."""
    for number, change in enumerate(changes):
        if change.kind == "add":
            later = changes[number + 1 :]
            among = {kind for name in change.before for kind in changing.meaning(name, later)}
            for young in changing.meaning(change.after[0], later):
                without = [name for name in params.chain if young in class_list.newer_classes(params, name)]
                yield from _hidden(params, young, among, labels, without)


def _hidden(params: Params, young: str, among: set[str], labels: pl.DataFrame, without: list[str]) -> Iterator[Look]:
    """
    Args:
        without: rounds that were asked without the class `young`.
    """
    doubtful = {i for name in without for i in class_list.doubtful_images(name)["image_id"]}
    seen = {i for name in params.chain if name not in without for i in _asked(name)}
    before = {i for name in without for i in _asked(name)} - seen
    rows = labels.filter(pl.col("image_id").is_in(sorted(before))).sort("image_id")
    for image_id, label in rows.select("image_id", "label").iter_rows():
        if label in among or (label == NONE_OF_THESE and image_id in doubtful):
            why = f"{young} is a class since people said {label}: it may be one."
            yield Look(image_id, label, (young,), 0.5, why)


def _asked(name: str) -> list[str]:
    return ledgers.asked(name)["image_id"].to_list() if round_state.is_opened(name) else []
