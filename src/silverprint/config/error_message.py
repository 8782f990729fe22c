"""Error messages for params.yaml: pydantic's findings as one line of knob, rule and remedy."""

from collections.abc import Sequence
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from silverprint.config.classifiers import CLASSIFIER_KINDS
from silverprint.config.model import Params, PlannedRound, Round, SequentialOverlap
from silverprint.config.sources import SOURCE_KINDS
from silverprint.errors import ConfigError
from silverprint.userinfo import HIDDEN, without_userinfo

UNKNOWN: Final = "unexpected_keyword_argument"
_REMOVED: Final[dict[tuple[int | str, ...], str]] = {  # knobs of earlier versions -> what to write instead
    (
        "release",
        "imagefolder",
    ): "remove the line; for single files write formats: [parquet, imagefolder], else [parquet]",
    (
        "release",
        "silver_confidence",
    ): "write promise: {precision: 0.97, confidence: 0.95}, the share of automatic labels that must be right",
}
_SETTINGS: Final[dict[str, dict[str, type[Any]]]] = {  # sections whose entries have a kind -> its knobs
    "sources": {name: kind.settings for name, kind in SOURCE_KINDS.items()},
    "classifiers": CLASSIFIER_KINDS,
}
_ROUNDS: Final = ("rounds", "planned")  # sections whose entries are rounds
_SEE: Final = "see silverprint docs params for its type and range"


def config_error(error: ValidationError) -> ConfigError:
    """The first mistake; a misspelt knob before all others, for it also makes another one missing."""
    found = error.errors(include_url=False)
    first = next((one for one in found if one["type"] == UNKNOWN), found[0])
    where = f"params.yaml {knob(first['loc'])}".rstrip()
    match first["type"]:
        case "unexpected_keyword_argument":
            return _unknown(where, first["loc"])
        case "missing":
            return ConfigError(where, "is missing", _SEE)
        case "union_tag_not_found":
            return ConfigError(f"{where}.kind", "is missing", _kinds(first["loc"]))
        case "union_tag_invalid":
            value = f"{where}.kind = {first['ctx']['tag']!r}"
            return ConfigError(value, f"no such kind of {str(first['loc'][0])[:-1]}", _kinds(first["loc"]))
    return ConfigError(f"{where} = {_shown(first['input'])}", _rule(first), _SEE)


def knob(loc: Sequence[int | str]) -> str:
    """The knob at pydantic's `loc`, which has a kind behind a source's or classifier's name or an overlap, and marks of
    keys.
    """
    way = list(loc)
    if len(way) > 2 and way[2] in _SETTINGS.get(str(loc[0]), ()):
        del way[2]
    if _in_overlap(loc):
        del way[3]
    return ".".join(str(part) for part in way if part != "[key]")


def _in_overlap(loc: Sequence[int | str]) -> bool:
    """Whether `loc` is in a round's overlap, where its kind follows: a number or a section."""
    return len(loc) > 3 and loc[0] in _ROUNDS and loc[2] == "overlap"


def _kinds(loc: Sequence[int | str]) -> str:
    return f"use one of: {', '.join(_SETTINGS[str(loc[0])])}"


def _unknown(where: str, loc: Sequence[int | str]) -> ConfigError:
    if tuple(loc) in _REMOVED:
        return ConfigError(where, "is no knob any more", _REMOVED[tuple(loc)])
    known = list(get_type_hints(_holder(loc)))
    near = get_close_matches(str(loc[-1]), known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return ConfigError(where, "no such section" if len(loc) == 1 else "no such knob", remedy)


def _holder(loc: Sequence[int | str]) -> type[Any]:
    """The dataclass whose field is at `loc`."""
    if len(loc) == 1:
        return Params
    if loc[0] in _SETTINGS:
        return _below(_SETTINGS[str(loc[0])][str(loc[2])], loc[3:-1])
    if _in_overlap(loc):
        return SequentialOverlap
    if loc[0] in _ROUNDS:
        return Round if loc[0] == "rounds" else PlannedRound
    holder: type[Any] = Params
    for part in loc[:-1]:
        holder = get_type_hints(holder)[str(part)]
    return holder


def _below(holder: type[Any], way: Sequence[int | str]) -> type[Any]:
    """The type at `way` below a section: fields by their names, what dicts and tuples hold by key or place."""
    for part in way:
        if is_dataclass(holder):
            holder = get_type_hints(holder)[str(part)]
        else:
            holder = get_args(holder)[1 if get_origin(holder) is dict else 0]
    return holder


def _rule(found: ErrorDetails) -> str:
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if found["type"] == "too_short":
        return "must not be empty"
    message = found["msg"].replace("Input should", "must")
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    text = repr(without_userinfo(value, HIDDEN) if isinstance(value, str) else value)
    return text if len(text) <= 120 else f"{text[:119]}…"
