"""silverprint votes import: labels that a source came with become votes by `import:<source>`, in Git."""

from collections.abc import Mapping

import polars as pl

from silverprint import layout
from silverprint.campaign import label_words, ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import unicode_names
from silverprint.core.votes import imported_labels
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import NONE_OF_THESE, RAW
from silverprint.store import tables

_SHOWN = 5  # unknown words named in one line
_LISTED = 12  # words of a source named where another one was meant
_READ_AGAIN = "then raise sources.{name}.revision in params.yaml: silverprint repro reads what is new"
_WAYS = {  # kind of source -> where its labels come from
    "folder": "name them in metadata.csv in its folder, with the columns file_name and label, or lay the pictures in "
    f"folders named after labels; {_READ_AGAIN}",
    "archive": "name them in manifest.csv in its top folder, with the columns path and label, or in metadata.csv, with "
    f"file_name and label; {_READ_AGAIN}",
    "urls": f"name them in its list's column label; {_READ_AGAIN}",
    "web": f"say where a page has them: sources.{{name}}.label, a CSS selector; {_READ_AGAIN}",
    "crowd": "say what a theme's pictures show: sources.{name}.themes.THEME.label",
}


def import_labels(params: Params, source: str, words: list[str] | None) -> None:
    """Appends what is new of the source's labels to data/imports.csv.

    Raises:
        UsageError: a --map is not WORD=CLASS, names no class, or a word that none of the labels is.
        UnavailableError: the source was not acquired here, or has no label.
    """
    answers = (*params.dataset.classes, NONE_OF_THESE)
    given = dict(_pair(word, answers) for word in words or [])
    before = label_words.read(source)
    lost = sorted(word for word, choice in before.items() if choice not in answers and word not in given)
    mapping = {word: choice for word, choice in before.items() if word not in lost} | given
    root = layout.raw(source)
    if not root.is_dir():
        remedy = f"run: silverprint repro acquire@{source}"
        raise UnavailableError(str(root), "the source was not acquired here", remedy)
    raw = tables.read_parts(root, RAW)
    said = imported_labels.statements(raw, source, answers, mapping)
    said = said.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
    if said.is_empty():
        remedy = _WAYS[params.sources[source].kind].format(name=source)
        raise UnavailableError(f"source {source!r}", "none of its pictures has a label", remedy)
    _require_words(source, given, before, raw)
    label_words.write(source, {word: choice for word, choice in given.items() if before.get(word) != choice})
    _tell_meanings(source, before, given, lost)
    kept = ledgers.imports()
    new = imported_labels.new_statements(kept, said)
    if not new.is_empty():
        ledgers.write_imports(pl.concat([kept, new]))
    counts = ", ".join(f"{n} {status}" for status, n in said["status"].value_counts().sort("status").iter_rows())
    annotator = imported_labels.annotator(source)
    say(f"{annotator}: {said.height} labels ({counts}), {new.height} of them new in {layout.IMPORTS}")
    _tell_unknown(said)


def _require_words(source: str, given: Mapping[str, str], before: Mapping[str, str], raw: pl.DataFrame) -> None:
    """What is mapped for the first time is a word of the source: another one is a slip."""
    there = raw["source_label"].drop_nulls().value_counts().sort(["count", "source_label"], descending=[True, False])
    words = there["source_label"].to_list()
    for word, choice in given.items():
        if word not in before and unicode_names.match_name(word, words) is None:
            more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
            remedy = f"its labels are {', '.join(map(repr, words[:_LISTED]))}{more}"
            raise UsageError(f"--map {word + '=' + choice!r}", f"no picture of {source} has the label {word!r}", remedy)


def _tell_meanings(source: str, before: Mapping[str, str], given: Mapping[str, str], lost: list[str]) -> None:
    for word, choice in given.items():
        if before.get(word, choice) != choice:
            say(f"{source}: {word!r} meant {before[word]!r} and means {choice!r} from now on")
    kept = [f"{word!r} is {choice!r}" for word, choice in sorted(before.items()) if word not in (*given, *lost)]
    if kept:
        more = f" and {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
        say(f"{source}: as was said with --map before, {', '.join(kept[:_SHOWN])}{more} ({layout.WORDS})")
    for word in lost[:_SHOWN]:
        say(f"{source}: {word!r} meant {before[word]!r}, which is no class any more; say which: --map {word!r}=CLASS")


def _pair(word: str, answers: tuple[str, ...]) -> tuple[str, str]:
    said, equals, choice = word.partition("=")
    if not equals or not said:
        raise UsageError(f"--map {word!r}", "must be WORD=CLASS", "for example: --map 'tee=t-shirt'")
    meant = unicode_names.match_name(choice, answers)
    if meant is None:
        raise UsageError(f"--map {word!r}", f"there is no class {choice!r}", f"one of: {', '.join(answers)}")
    return said, meant


def _tell_unknown(said: pl.DataFrame) -> None:
    unknown = (
        said.filter(status="unknown-class")["said"].value_counts().sort(["count", "said"], descending=[True, False])
    )
    if not unknown.is_empty():
        named = ", ".join(f"{word!r} ({n})" for word, n in unknown.head(_SHOWN).iter_rows())
        more = f" and {unknown.height - _SHOWN} more" if unknown.height > _SHOWN else ""
        say(f"no class of the dataset: {named}{more}; say which with --map WORD=CLASS")
