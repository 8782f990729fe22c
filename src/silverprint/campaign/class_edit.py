"""Edits of a campaign's files by a change of classes: params.yaml, known labels, labels of sources, numbers."""

import polars as pl

from silverprint import config, layout, yamltext
from silverprint.campaign import class_changes, class_list, gold_list, label_words, ledgers
from silverprint.config import ClassRule, Params
from silverprint.core.votes import class_changes as changing
from silverprint.core.votes import imported_labels
from silverprint.core.votes.class_changes import Change
from silverprint.dvcfiles import yaml_edit
from silverprint.records import CLASSES
from silverprint.store import files, tables

_CLASSES, _CORE = ("dataset", "classes"), ("release", "core_classes")


def params_text(params: Params, change: Change) -> str:
    """params.yaml with the change in its list of classes, in `classes` and in release.core_classes; the rest stays as
    it is written.

    Raises:
        ConfigError: the list breaks a rule.
    """
    text, listed = yamltext.read(layout.PARAMS), params.dataset.classes
    places = [] if change.kind == "add" else [number for number, name in enumerate(listed) if name in change.before]
    first = places[0] if places else len(listed)
    if change.kind == "rename":
        text = yaml_edit.put(text, (*_CLASSES, first), change.after[0])
    else:
        for place in reversed(places):
            text = yaml_edit.drop(text, (*_CLASSES, place)) if listed[place] in change.ended else text
        for number, name in enumerate(name for name in change.after if name not in listed):
            text = yaml_edit.insert(text, (*_CLASSES, first + number), name)
    for name, rule in _rules(params, change).items():
        if name not in params.classes:
            text = yaml_edit.put(text, ("classes", name), _as_written(rule))
    for name in params.classes:
        text = yaml_edit.drop(text, ("classes", name)) if name in change.ended else text
    core = _core(params, change)
    if core != params.release.core_classes:
        text = yaml_edit.put(text, _CORE, list(core))
    config.parse(text)
    return text


def write(params: Params, change: Change, why: str, by: str) -> None:
    """Writes the change down, and what follows of it; params.yaml last, by which one sees whether it was cut short.

    Raises:
        ConfigError: the list breaks a rule; then nothing is written.
    """
    text = params_text(params, change)
    one = {name: change.after[0] for name in change.ended if len(change.after) == 1}
    if one:  # what has no note of the changes that it has seen is written anew; the rest is mapped when it is read
        _write_gold(params, one)
        _write_imports(one)
        _write_words(params, one)
    class_changes.add(change, why, by)
    _write_numbers(config.parse(text), change)
    files.write_text(layout.PARAMS, text)


def _rules(params: Params, change: Change) -> dict[str, ClassRule]:
    """How classes are asked about: what comes of one that has a rule has that, too."""
    hit = [params.classes[name] for name in change.before if name in params.classes and change.kind != "add"]
    return dict.fromkeys(change.after, hit[0]) if hit else {}


def _as_written(rule: ClassRule) -> dict[str, str]:
    """Without what has its default."""
    return {knob: value for knob, value in vars(rule).items() if value != getattr(ClassRule, knob)}


def _core(params: Params, change: Change) -> tuple[str, ...]:
    """The classes that people alone give: what comes of one of them is one, too."""
    core = params.release.core_classes
    hit = [name for name in core if name in change.ended or (change.kind == "merge" and name in change.before)]
    if not hit:
        return core
    place = core.index(hit[0])
    found = [*core[:place], *change.after, *(name for name in core[place:] if name not in hit)]
    return tuple(dict.fromkeys(found))


def _write_gold(params: Params, names: dict[str, str]) -> None:
    gold = gold_list.whole(params)
    renamed = gold.with_columns(pl.col("label").replace(names))
    if not renamed.equals(gold):
        gold_list.write(renamed)


def _write_imports(names: dict[str, str]) -> None:
    """As the next batch of each source: what it said stays in the batches before."""
    kept = ledgers.imports()
    latest = imported_labels.latest_statements(kept).filter(pl.col("choice").is_in(list(names)), status="valid")
    if latest.is_empty():
        return
    said = latest.with_columns(pl.col("choice").replace(names))
    batches = [imported_labels.new_statements(kept, rows) for _, rows in said.group_by("annotator")]
    ledgers.write_imports(pl.concat([kept, *batches]))


def _write_words(params: Params, names: dict[str, str]) -> None:
    for source in params.sources:
        words = {said: names[choice] for said, choice in label_words.given(source).items() if choice in names}
        label_words.write(source, words)


def _write_numbers(params: Params, change: Change) -> None:
    """A number stays with its class, whatever that is called."""
    if layout.CLASSES.exists():
        kept = ledgers.read(layout.CLASSES)
        called = [changing.last_name(name, (change,)) for name in kept["name"]]
        renamed = kept.with_columns(name=pl.Series(called, dtype=pl.String))
        tables.write_ledger(renamed, layout.CLASSES, CLASSES, ["number"])
        class_list.write_numbers(params)
