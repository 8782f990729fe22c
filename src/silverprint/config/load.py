"""Loading of params.yaml, checked."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from silverprint import layout, yamltext
from silverprint.config.cross_checks import require_agreement
from silverprint.config.error_message import UNKNOWN, config_error, knob
from silverprint.config.model import Params
from silverprint.errors import ConfigError


def load(path: Path = layout.PARAMS) -> Params:
    """The checked parameters.

    Raises:
        ConfigError: the file is missing, is not YAML, or breaks a rule; the message names the first offending value.
    """
    return check(yamltext.mapping(yamltext.read(path), path))


def parse(text: str) -> Params:
    """The checked parameters of a params.yaml that is not written yet."""
    return check(yamltext.mapping(text, layout.PARAMS))


def check(document: dict[Any, Any]) -> Params:
    try:
        as_json = json.dumps(document, default=str)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(str(layout.PARAMS), f"no plain values ({error})", "see silverprint docs params") from None
    _require_text_keys(document, ())
    try:
        params: Params = TypeAdapter(Params).validate_json(as_json, strict=True)
    except ValidationError as error:
        raise config_error(error) from None
    require_agreement(params)
    return params


def unknown_knobs(document: dict[Any, Any]) -> list[str]:
    """The knobs of `document` that this version does not know, as `clean.min_size`; values are not looked at."""
    try:
        TypeAdapter(Params).validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        return [knob(one["loc"]) for one in error.errors(include_url=False) if one["type"] == UNKNOWN]
    return []


def _require_text_keys(document: Any, way: tuple[str, ...]) -> None:
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        if not isinstance(key, str):
            where = " ".join([str(layout.PARAMS), ".".join([*way, str(key)])])
            rule = f"a name is text, and YAML reads this one as {type(key).__name__}"
            raise ConfigError(where, rule, f'write "{key}"')
        _require_text_keys(value, (*way, key))
