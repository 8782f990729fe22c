"""Changes of a source's settings since it was acquired: dvc.lock, in Git, has the settings of that time."""

import json
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from silverprint import layout, yamltext
from silverprint.config import Source
from silverprint.dvcfiles import lock
from silverprint.errors import ConfigError

# Knobs that change no byte of what is fetched, and no row but for what `store.shards.update_source_terms` puts there.
HARMLESS: Final = frozenset({"timeout_s", "user_agent", "per_host", "license", "contract", "consent"})


def last_settings(name: str) -> Source | None:
    """The settings with which `acquire@<name>` ended last; None where it never did, or by another version's rules.

    Raises:
        ConfigError: dvc.lock or versions.yaml is not readable.
    """
    stage = lock.stages().get(f"acquire@{name}")
    if stage is None:
        return None
    version = yamltext.mapping(yamltext.read(layout.VERSIONS), layout.VERSIONS).get("acquire")
    if stage.params.get(str(layout.VERSIONS), {}).get("acquire") != version:
        return None
    return _source(stage.params.get(str(layout.PARAMS), {}).get(f"sources.{name}"))


def changed_knobs(one: Source, other: Source) -> list[str]:
    """The knobs in which they differ; `kind` first where they are of two kinds."""
    if type(one) is not type(other):
        return ["kind"]
    return [name for name, value in vars(one).items() if value != getattr(other, name)]


def _source(document: Any) -> Source | None:
    """None where this version knows no such settings."""
    try:
        found: Source = TypeAdapter(Source).validate_json(json.dumps(document), strict=True)
    except (ValidationError, ConfigError, TypeError, ValueError):
        return None
    return found
