"""YAML as plain values. Whatever is wrong with a file is one line that says where."""

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

from silverprint import git_conflicts, layout
from silverprint.errors import ConfigError

_DEEPEST: Final = 64
_MOST: Final = 1_000_000
_REMEMBERED: Final = 16  # texts: a command reads the same few files again and again


def read(path: Path) -> str:
    """The text of `path`.

    Raises:
        ConfigError: it is missing, or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "the file is missing", f"run: git checkout {path}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"not readable ({str(error)[:200]})", "save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(str(path), f"not readable ({str(error)[:200]})", f"look at it: ls -l {path}") from None


def mapping(text: str, name: Path) -> dict[Any, Any]:
    """The mapping that `text`, of the file `name`, holds.

    Raises:
        ConfigError: it is not YAML, with line and column, or it holds something else, or the marks of a conflict.
    """
    if line := git_conflicts.first_mark_line(text):
        raise ConfigError(f"{name} line {line}", git_conflicts.RULE, _one_side(name))
    try:
        _require_flat(text, name)
        document = plain(text)
        values = _values(document)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name} line {mark.line + 1} column {mark.column + 1}" if mark else str(name)
        raise ConfigError(where, _problem(error), "fix that line") from None
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ConfigError(str(name), f"not readable as YAML ({str(error)[:200]})", "fix it") from None
    if values > _MOST:
        rule = f"holds at most {_MOST:,} values, with what its aliases (*name) repeat"
        raise ConfigError(str(name), rule, "write out what is needed, without aliases")
    if not isinstance(document, dict):
        found = "is empty" if document is None else f"holds {_short(document)}"
        raise ConfigError(f"{name} {found}", "must be a mapping", f"correct it; as it was: git show HEAD:./{name}")
    return document


def plain(text: str) -> Any:
    """The document `text` as plain values, the caller's own to change. A text read before is not parsed again.

    Raises:
        YAMLError: it is not YAML.
    """
    return pickle.loads(_pickled(text))  # noqa: S301 - bytes of this process


@lru_cache(_REMEMBERED)
def _pickled(text: str) -> bytes:
    return pickle.dumps(YAML(typ="safe").load(text))


def _require_flat(text: str, name: Path) -> None:
    """Refuses what is nested so deep that reading it would break the parser or the stack."""
    if place := _too_deep(text):
        where = f"{name} line {place[0] + 1} column {place[1] + 1}"
        raise ConfigError(where, f"nested more than {_DEEPEST} deep", "write it flatter")


@lru_cache(_REMEMBERED)
def _too_deep(text: str) -> tuple[int, int] | None:
    """Line and column, from 0, of the first collection that is nested too deep."""
    depth = 0
    for event in YAML(typ="safe").parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST:
            return event.start_mark.line, event.start_mark.column
    return None


def _values(document: object) -> int:
    """Values in it, each as often as aliases repeat it."""
    sizes: dict[int, int] = {}

    def size(value: object) -> int:
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in sizes:
            sizes[id(value)] = 1  # while it is being counted: one may hold itself
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            sizes[id(value)] = 1 + sum(map(size, inner))
        return sizes[id(value)]

    return size(document)


def _one_side(name: Path) -> str:
    if name != layout.LOCK:
        return f"keep the right lines, remove the marks, then: git add {name}"
    way = f"git checkout --ours {name} (or --theirs; after the merge: git checkout COMMIT -- {name})"
    whole = f"take it whole from the side whose pictures and models are to stand: {way}"
    return f"{whole}; then: dvc pull, silverprint repro"


def _problem(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    if isinstance(error, DuplicateKeyError):
        return f"{problem.split(' with value ')[0].removeprefix('found ')}: a key may be there only once in its mapping"
    return f"not readable as YAML ({problem[:200]})"


def _short(document: object) -> str:
    return "a list" if isinstance(document, list) else repr(document)[:60]
