"""silverprint classes add | rename | merge | split | retire: changes of the classes while people work.

Votes stay as they were cast. What a change means for earlier ones is a line in data/class_changes.csv.
"""

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from silverprint import config, layout, yamltext
from silverprint.adapters import git
from silverprint.campaign import (
    class_changes,
    class_edit,
    class_list,
    class_looks,
    confirm,
    gold_list,
    ledgers,
    round_state,
)
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import unicode_names
from silverprint.core.votes import class_changes as changing
from silverprint.core.votes import imported_labels
from silverprint.core.votes.class_changes import Change
from silverprint.errors import ConfigError, UsageError, restore_remedy
from silverprint.records import LABELS, NONE_OF_THESE, OBSOLETE, VOTES, empty
from silverprint.store import json_files, tables


def show(params: Params) -> None:
    """Lists the classes with their numbers, votes and labels, and what became of earlier ones."""
    table = Table("number", "class", "votes", "labels", "gold", box=None, pad_edge=False, header_style="bold")
    counts = _counts(params)
    for number, name in enumerate(class_list.classes(params)):
        if name in params.dataset.classes:
            table.add_row(str(number), name, *(str(counts[what].get(name, 0)) for what in ("votes", "labels", "gold")))
    console = Console(highlight=False, markup=False)
    console.print(table)
    for change in class_changes.lines().to_dicts():
        names = " -> ".join(change[part] for part in ("before", "after") if change[part])
        console.print(
            f"{change['at'][:10]} {change['change']}: {names} ({change['by']}: {change['why']})", soft_wrap=True
        )


def add(params: Params, name: str, among: list[str], why: str, yes: bool = False) -> None:
    """Adds a class, or one that was retired again; pictures that it may be hidden in get a second look.

    Raises:
        UsageError: there is no such class among the present ones, no reason, or nobody to confirm.
        ConfigError: a round is being answered, or the name cannot be a class.
    """
    _change(params, "add", _known(params, among), [name], why, yes)


def rename(params: Params, name: str, new: str, why: str, yes: bool = False) -> None:
    """Gives a class another name: the same class, with its number, its votes and its labels."""
    _change(params, "rename", _known(params, [name]), [new], why, yes)


def merge(params: Params, names: list[str], into: str, why: str, yes: bool = False) -> None:
    """Makes one class of several: their votes are votes for it."""
    known = _known(params, names)
    meant = unicode_names.match_name(into, params.dataset.classes)
    if meant is not None and meant not in known:
        raise UsageError(
            f"--into {into!r}", "it is a class of its own", f"name it among the classes to merge: {into!r}"
        )
    _change(params, "merge", known, [meant or into], why, yes)


def split(params: Params, name: str, new: list[str], why: str, yes: bool = False) -> None:
    """Makes several classes of one: its votes count for nothing, and its pictures get a second look."""
    _change(params, "split", _known(params, [name]), new, why, yes)


def retire(params: Params, name: str, why: str, yes: bool = False) -> None:
    """Takes a class off the page: its votes are "not one of these" as long as it is not added again."""
    _change(params, "retire", _known(params, [name]), [], why, yes)


def _change(params: Params, kind: str, before: list[str], after: list[str], why: str, yes: bool) -> None:
    if not why.strip():
        raise UsageError(f"--why {why!r}", "a change of classes has a reason", 'give it: --why "..."')
    _require_dependency()
    _require_nobody_asked(params)
    for name in after:
        if name in params.dataset.classes and not (kind == "merge" and name in before):
            remedy = "choose another name; to make one of two: silverprint classes merge A B --into A"
            raise UsageError(repr(name), "it is a class already", remedy)
    change = class_changes.planned(kind, before, after)
    new = config.parse(class_edit.params_text(params, change))
    for sentence in _foretold(params, change):
        say(sentence)
    confirm.require(_named(change), yes)
    class_edit.write(params, change, " ".join(why.split()), git.who(Path.cwd()))
    say(f"dataset.classes: {', '.join(new.dataset.classes)}")
    for name in change.ended:
        if name in f"{params.dataset.title} {params.dataset.instructions}":
            say(f"{name!r} may be named in dataset.title or dataset.instructions: change them by hand")
    say(f"{layout.CLASS_CHANGES} says so from now on; go on: silverprint repro")


def _named(change: Change) -> str:
    names = ", ".join(map(repr, change.before))
    after = ", ".join(map(repr, change.after))
    if change.kind == "add":
        return f"add {after}"
    return f"{change.kind} {names}" + (f" to {after}" if after else "")


def _foretold(params: Params, change: Change) -> list[str]:
    """What the change makes of what there is, a sentence each."""
    counts = _counts(params)
    votes, labels, gold, brought = (
        sum(counts[what].get(name, 0) for name in change.before) for what in ("votes", "labels", "gold", "brought")
    )
    about = f"{votes} votes, {labels} labels, {gold} gold pictures and {brought} labels of sources"
    if change.kind == "add":
        looks = class_looks.expected(params, change, _newest(params))
        return [f"no vote changes; {looks} pictures get a second look, those that may be {change.after[0]!r}"]
    if change.kind == "split":
        again = sum(_obsolete(params, name, change) for name in params.chain)
        return [
            f"{about} are for {change.before[0]!r}: they stay where they are written and count for nothing",
            f"{again} pictures have no label until people have looked at them again: the next rounds ask about them",
        ]
    if change.kind == "retire":
        return [f"{about} for {change.before[0]!r} count as {NONE_OF_THESE!r}"]
    return [f"{about} count as {change.after[0]!r}"]


def _obsolete(params: Params, name: str, change: Change) -> int:
    """How many pictures of the round lose the answers of their look."""
    votes = class_changes.as_they_count(name, ledgers.votes_so_far(name))
    now = changing.mapped(votes, (change,)).filter(status=OBSOLETE)
    return now.join(votes.filter(status=OBSOLETE), on="image_id", how="anti")["image_id"].n_unique()


def _counts(params: Params) -> dict[str, dict[str, int]]:
    """votes, labels, gold, brought (latest labels of sources) -> class -> how many, by the classes of today."""
    cast = [class_changes.as_they_count(name, ledgers.votes_so_far(name)) for name in params.chain]
    votes = pl.concat([empty(VOTES), *cast]).filter(status="valid")
    said = imported_labels.latest_statements(class_changes.present_imports(params))
    labels = _newest(params)
    return {
        "votes": _tally(votes["choice"]),
        "labels": _tally(labels.filter(pl.col("source") == "human")["label"]),
        "gold": _tally(gold_list.read(params)["label"]),
        "brought": _tally(said.filter(status="valid")["choice"]),
    }


def _newest(params: Params) -> pl.DataFrame:
    """The labels of the newest round that has any on this disk, by the classes of today even before dvc repro."""
    folders = [layout.labels(name) for name in reversed(params.chain)]
    folder = next((folder for folder in folders if (folder / "labels.parquet").exists()), None)
    if folder is None:
        return empty(LABELS)
    labels = tables.read(folder / "labels.parquet", LABELS)
    seen = json_files.read(folder / "quality.json", remedy=restore_remedy(folder)).get("class_changes", [])
    later = class_changes.since(seen)
    means = {name: changing.meaning(name, later) for name in labels["label"].drop_nulls().unique()}
    present = {name: found[0] if len(found) == 1 else None for name, found in means.items()}
    return labels.with_columns(pl.col("label").replace_strict(present, default=None, return_dtype=pl.String))


def _tally(names: pl.Series) -> dict[str, int]:
    return dict(names.drop_nulls().value_counts().iter_rows())


def _known(params: Params, names: list[str]) -> list[str]:
    """`names` as params.yaml writes them.

    Raises:
        UsageError: one of them is no class.
    """
    found = []
    for name in names:
        meant = unicode_names.match_name(name, params.dataset.classes)
        if meant is None:
            raise UsageError(repr(name[:80]), "there is no such class", f"one of: {', '.join(params.dataset.classes)}")
        found.append(meant)
    return found


def _require_nobody_asked(params: Params) -> None:
    """Refuses while people answer: an answer is stored by its name, and nobody could tell under which list it was cast.

    Raises:
        ConfigError: a round is pushed and not closed.
    """
    for name in params.chain:
        state = round_state.load(name)
        if state is not None and not state.is_closed:
            end = f'silverprint round close {name} --early --why "..."'
            remedy = f"let it end (silverprint wait, silverprint repro), or: {end}"
            raise ConfigError(f"{name} is being answered", "its people have the present classes before them", remedy)


def _require_dependency() -> None:
    if str(layout.CLASS_CHANGES) not in yamltext.read(layout.PIPELINE):
        value = f"dvc.yaml does not name {layout.CLASS_CHANGES}"
        rule = "the stages `labels` and `queue` depend on it, or labels would stay as they are"
        raise ConfigError(value, rule, "run: silverprint upgrade")
