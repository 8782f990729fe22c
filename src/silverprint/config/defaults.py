"""Defaults of params.yaml's knobs, as the model of it has them."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final, get_origin, get_type_hints

from silverprint.config.model import Params

REQUIRED: Final = object()  # the default of a knob that has none


def names_are_free(way: tuple[str, ...]) -> bool:
    """Whether the knobs at `way` are names that a team chooses, as those of sources and rounds."""
    holder: Any = Params
    for name in way:
        if not is_dataclass(holder):
            return True
        holder = get_type_hints(holder).get(name)
    return get_origin(holder) is dict


def default_of(way: tuple[str, ...]) -> Any:
    """What a params.yaml that does not name the knob at `way` means, as plain values; REQUIRED where it must."""
    holder: Any = Params
    for name in way[:-1]:
        holder = get_type_hints(holder)[name]
    (found,) = (one for one in fields(holder) if one.name == way[-1])
    if found.default is not MISSING:
        return _plain(found.default)
    return found.default_factory() if found.default_factory is not MISSING else REQUIRED


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return list(value) if isinstance(value, tuple) else value
