"""silverprint source add | remove: params.yaml and dvc.yaml together, so that no stage misses a source."""

from pathlib import Path
from typing import Any

from silverprint import config, layout
from silverprint.campaign import ledgers, yamlfile
from silverprint.console import say
from silverprint.errors import ConfigError, UnavailableError, UsageError
from silverprint.records import RAW
from silverprint.store import tables

_FOLDERS = ("data/raw", "data/measured")


def add(name: str, archive: str | None, license: str | None) -> None:  # noqa: A002 (the option's name)
    """Adds an archive source; of a source that params.yaml already has, completes dvc.yaml."""
    params = yamlfile.read(layout.PARAMS)
    if name not in params["sources"]:
        if archive is None:
            value = f"source {name!r}"
            raise UsageError(value, "params.yaml has no such source", "give --archive PATH, or write it there first")
        if not Path(archive).exists():
            raise UnavailableError(archive, "there is no such folder or zip", "mend the path")
        entry: dict[str, Any] = {"kind": "archive", "revision": 1, "path": archive}
        params["sources"][name] = entry | ({"license": license} if license else {})
    elif archive is not None or license is not None:
        raise ConfigError(f"sources.{name}", "params.yaml has it already", "change it there")
    config.check(yamlfile.plain(params))
    pipeline = yamlfile.read(layout.PIPELINE)
    for deps in _dependencies(pipeline):
        for folder in _FOLDERS:
            named = [i for i, dep in enumerate(deps) if str(dep).startswith(f"{folder}/") and "${" not in str(dep)]
            if named and f"{folder}/{name}" not in deps:
                deps.insert(named[-1] + 1, f"{folder}/{name}")
    yamlfile.write(pipeline, layout.PIPELINE)
    yamlfile.write(params, layout.PARAMS)
    say(f"source {name} is in params.yaml and dvc.yaml; go on: dvc repro")


def remove(name: str) -> None:
    """Takes a source out of both files; its pictures leave every table but the raw one.

    Raises:
        ConfigError: it is the only one, or a picture of it was asked about (people's work leaves by takedown only).
    """
    params = yamlfile.read(layout.PARAMS)
    pipeline = yamlfile.read(layout.PIPELINE)
    if name in params["sources"]:
        _require_unasked(name)
        del params["sources"][name]
        config.check(yamlfile.plain(params))
    for deps in _dependencies(pipeline):
        for folder in _FOLDERS:
            if f"{folder}/{name}" in deps:
                deps.remove(f"{folder}/{name}")
    yamlfile.write(pipeline, layout.PIPELINE)
    yamlfile.write(params, layout.PARAMS)
    say(f"source {name} is out of params.yaml and dvc.yaml; its shards stay in data/raw/{name}")


def _dependencies(pipeline: Any) -> list[Any]:
    bodies = [body.get("do", body) for body in pipeline["stages"].values()]
    return [body["deps"] for body in bodies if "deps" in body]


def _require_unasked(name: str) -> None:
    queues = sorted(layout.ROUNDS.glob("*/queue.csv"))
    if not queues:
        return
    if not layout.raw(name).is_dir():
        rule = "whether people were asked about its pictures cannot be told without them"
        raise UnavailableError(str(layout.raw(name)), rule, f"run: dvc pull {layout.raw(name)}")
    here = set(tables.read_parts(layout.raw(name), RAW)["image_id"].drop_nulls())
    for path in queues:
        asked = here & set(ledgers.queue(path.parent.name)["image_id"])
        if asked:
            value = f"source {name!r} holds {len(asked)} pictures that {path.parent.name} asked about"
            raise ConfigError(value, "people's work leaves by withdrawal only", "use: silverprint takedown")
