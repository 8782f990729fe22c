"""silverprint source add | remove: edits params.yaml and dvc.yaml together, so that no stage misses a source."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from silverprint import config, layout, yamltext
from silverprint.adapters.crawl import site_entry
from silverprint.campaign import crowd_steps, known_names, ledgers
from silverprint.config import SOURCE_KINDS, CrowdSource
from silverprint.console import say
from silverprint.dvcfiles import stage_source_deps, yaml_edit
from silverprint.errors import ConfigError, UnavailableError, UsageError
from silverprint.records import RAW
from silverprint.store import files, tables


def add(
    name: str,
    license: str | None,  # noqa: A002 (the option's name)
    selectors: Mapping[str, Any] | None = None,
    *,
    force: bool = False,
    **places: Path | str | None,
) -> None:
    """Adds a site, an archive, a folder or a list; of a source that params.yaml already has, completes dvc.yaml.

    Args:
        selectors: knobs of a site that are known; the others are proposed from its pages.
        force: whether a site is added even if nothing was found there.
        places: kind of source -> where it is; one of them.

    Raises:
        UnavailableError: the place is not there, or the site does not let us in.
        NothingFoundError: no picture was found on the site.
    """
    text = yamltext.read(layout.PARAMS)
    given = {kind: place for kind, place in places.items() if place}
    known = {knob: value for knob, value in (selectors or {}).items() if value}
    if known and "web" not in given:
        raise UsageError(f"--{next(iter(known)).replace('_', '-')}", "is of a site", "give --site URL, too")
    if name not in _sources(text):
        entry = (
            _site(name, str(given["web"]), known, license, force=force)
            if set(given) == {"web"}
            else _place(name, given)
        )
        entry |= {} if license is None else {"license": license}
        text = yaml_edit.put(text, ("sources", name), entry)
    elif given or license is not None:
        raise ConfigError(f"sources.{name}", "params.yaml has it already", "change it there")
    params = config.parse(text)
    known_names.check(params)
    pipeline = yamltext.read(layout.PIPELINE)
    for above, need in stage_source_deps.NEED.items():
        for stage in stage_source_deps.parse(pipeline).values():
            named = stage.sources(above)
            if name not in named and (named or stage.way[1] in need):
                after = named or stage.sources(stage_source_deps.RAW)
                pipeline = yaml_edit.insert(pipeline, (*stage.way, max(after.values(), default=-1) + 1), above + name)
    files.write_text(layout.PIPELINE, pipeline)
    files.write_text(layout.PARAMS, text)
    following = "silverprint repro"
    if isinstance(params.sources[name], CrowdSource):
        following = f"{crowd_steps.first(params, name)}; once pictures came: {following}"
    for sentence in crowd_steps.hints(params):
        say(sentence)
    say(f"source {name} is in params.yaml and dvc.yaml; go on: {following}")


def add_from_options(
    name: str,
    license: str | None,  # noqa: A002
    allow_private: Sequence[str],
    force: bool,
    site: str | None = None,
    next: str | None = None,  # noqa: A002
    page: str | None = None,
    picture: str | None = None,
    **places: Path | str | None,
) -> None:
    """`add`, with the options as they were typed."""
    selectors = {"next": next, "page": page, "picture": picture, "allow_private": list(allow_private)}
    add(name, license, selectors, force=force, web=site, **places)


def _site(name: str, address: str, known: Mapping[str, Any], license_: str | None, *, force: bool) -> dict[str, Any]:
    """The settings of a site, with what is proposed after a look at it."""
    if license_ is not None:
        rule = "a site's pages state the licences of its pictures, and nothing else can"
        raise UsageError(
            "--license with --site", rule, "leave it out; see clean.unknown_license in silverprint docs params"
        )
    document = yamltext.mapping(yamltext.read(layout.PARAMS), layout.PARAMS)
    return site_entry.proposed(name, address, known, document, force=force)


def _place(name: str, given: dict[str, Path | str]) -> dict[str, Any]:
    """The kind of a new source, and where it is."""
    if len(given) != 1:
        rule = f"it cannot be {' and '.join(given)} at once" if given else "params.yaml has no such source"
        remedy = "give one of --archive, --folder, --urls, --site, or write it there first"
        raise UsageError(f"source {name!r}", rule, remedy)
    ((kind, place),) = given.items()
    if isinstance(place, str):
        return {"kind": kind, "revision": 1, "path": place}
    if not SOURCE_KINDS[kind].is_there(place):
        raise UnavailableError(str(place), f"there is no such {SOURCE_KINDS[kind].place}", "correct the path")
    return {"kind": kind, "revision": 1, "path": _from_here(place)}


def remove(name: str) -> None:
    """Takes a source out of both files; its pictures leave every table but the raw one.

    Raises:
        UsageError: neither file knows it.
        ConfigError: it is the only one, or a picture of it was asked about (people's work leaves by takedown only).
    """
    text, pipeline = yamltext.read(layout.PARAMS), yamltext.read(layout.PIPELINE)
    stages = stage_source_deps.parse(pipeline)
    in_pipeline = {
        source for stage in stages.values() for folder in stage_source_deps.NEED for source in stage.sources(folder)
    }
    known = _sources(text)
    if name not in known.keys() | in_pipeline:
        names = ", ".join(sorted(map(str, known.keys() | in_pipeline)))
        raise UsageError(f"source {name!r}", "neither params.yaml nor dvc.yaml has such a source", f"one of: {names}")
    if not known.keys() - {name}:
        rule = "it is the only source of params.yaml, and a dataset needs one"
        raise ConfigError(f"source {name!r}", rule, "first: silverprint source add NAME --archive PATH")
    if name in known:
        _require_unasked(name)
        text = yaml_edit.drop(text, ("sources", name))
    config.parse(text)
    for folder in stage_source_deps.NEED:
        for stage in stage_source_deps.parse(pipeline).values():
            if (place := stage.sources(folder).get(name)) is not None:
                pipeline = yaml_edit.drop(pipeline, (*stage.way, place))
    files.write_text(layout.PIPELINE, pipeline)
    files.write_text(layout.PARAMS, text)
    kept = f"; its shards stay in {layout.raw(name)}" if layout.raw(name).exists() else ""
    say(f"source {name} is removed from params.yaml and dvc.yaml{kept}")


def _sources(text: str) -> dict[str, Any]:
    """The sources as they stand there, unchecked: there may be none yet."""
    document = yamltext.mapping(text, layout.PARAMS)
    found = document.get("sources") or {}
    if "sources" not in document or not isinstance(found, dict):
        raise ConfigError("params.yaml sources", "must be a mapping of names to sources", "see silverprint docs params")
    return found


def _from_here(path: Path) -> str:
    """The path relative to the project if it lies there, so that a colleague's clone finds it; else in full."""
    root = Path.cwd()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _require_unasked(name: str) -> None:
    queues = sorted(layout.ROUNDS.glob("*/queue.csv"))
    if not queues:
        return
    if not layout.raw(name).is_dir():
        rule = "without them it is not known whether people were asked about its pictures"
        raise UnavailableError(str(layout.raw(name)), rule, f"run: dvc pull {layout.raw(name)}")
    here = set(tables.read_parts(layout.raw(name), RAW)["image_id"].drop_nulls())
    for path in queues:
        asked = here & set(ledgers.queue(path.parent.name)["image_id"])
        if asked:
            value = f"source {name!r} holds {len(asked)} pictures that {path.parent.name} asked about"
            raise ConfigError(value, "people's work is removed by withdrawal only", "use: silverprint takedown")
