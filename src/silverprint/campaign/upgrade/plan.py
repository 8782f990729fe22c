"""Plan of an upgrade: every file as it becomes, what cannot be merged, what would run again. Nothing is written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from silverprint import config, layout, yamltext
from silverprint.campaign.upgrade import history, knobs, ledgers, pipeline, reruns
from silverprint.campaign.upgrade.reruns import Rerun
from silverprint.campaign.upgrade.text_merge import Merge, Merged, Refused, merge
from silverprint.dvcfiles import lock, pipeline_blocks, resolved_stages, stage_source_deps, yaml_edit
from silverprint.errors import ConfigError

# The text of a file; None where it is not there.
Read = Callable[[Path], str | None]
_SOURCE_CODE: Final = Path("src/silverprint")


@dataclass(frozen=True)
class Plan:
    """
    Attributes:
        files: those that change -> their new texts.
        refused: edits that cannot be merged; their files are as they were.
        notes: what a lead should know, a sentence each.
        reruns: what would run again.
    """

    files: Mapping[Path, str]
    refused: tuple[Refused, ...]
    notes: tuple[str, ...]
    reruns: tuple[Rerun, ...]


def make(read: Read, git: Merge) -> Plan:
    """
    Args:
        read: of the campaign's files.
        git: merges texts by lines.

    Raises:
        ConfigError: a file is missing, or none that any version wrote; a knob that nobody knows; a later version.
    """
    before = {path: _required(read, path) for path in (layout.PARAMS, layout.PIPELINE, layout.VERSIONS)}
    _require_no_newer(before[layout.VERSIONS])
    params = knobs.upgrade(before[layout.PARAMS], lambda name: _was_asked(name, read))
    meant = config.parse(params.text)
    known = {*meant.sources, *_named_sources(before[layout.PIPELINE])}
    merged = {layout.PIPELINE: pipeline.upgrade(before[layout.PIPELINE], known, list(meant.sources), git)}
    merged |= {path: _merged(path, read(path), git) for path in _other_files()}
    after = {layout.PARAMS: params.text, layout.VERSIONS: _versions(before[layout.VERSIONS])}
    after |= {path: piece.text for path, piece in merged.items()} | ledgers.upgrade(meant.rounds, read)
    files = {path: text for path, text in after.items() if text != read(path)}
    edited = [f"{path}: what you changed in it stays" for path, one in merged.items() if one.edited and path in files]
    was = yamltext.mapping(before[layout.PARAMS], layout.PARAMS)
    again, locked = _reruns(after, was, params.as_before, files, read)
    refused = tuple(one for piece in merged.values() for one in piece.refused)
    return Plan(files | locked, refused, (*params.notes, *edited), tuple(again))


def _required(read: Read, path: Path) -> str:
    text = read(path)
    if text is None:
        raise ConfigError(str(path), "the file is missing, so this is no campaign", "change to the campaign's folder")
    return text


def _was_asked(name: str, read: Read) -> bool:
    """Whether the round was pushed; a queue that never was is a draft, and drawn again once the round is opened."""
    return any(read(path) is not None for path in (layout.state(name), layout.votes(name)))


def _require_no_newer(text: str) -> None:
    installed = yamltext.mapping(history.template(str(layout.VERSIONS)), layout.VERSIONS)
    for stage, number in yamltext.mapping(text, layout.VERSIONS).items():
        if isinstance(number, int) and number > installed.get(stage, number):
            value = f"{layout.VERSIONS} {stage} = {number}"
            rule = (
                f"the installed version has {installed[stage]}: a later one made this campaign, or the number was set"
            )
            raise ConfigError(value, rule, "install that version; a number that was set by hand is set back")


def _named_sources(text: str) -> set[str]:
    stages = stage_source_deps.parse(text).values()
    return {name for stage in stages for folder in stage_source_deps.NEED for name in stage.sources(folder)}


def _other_files() -> list[Path]:
    """The files that are merged as texts; in a clone of the source Git merges its settings with the source's."""
    pieces = [Path(name) for name in history.templates() if history.known(name) and Path(name) != layout.PIPELINE]
    return [path for path in pieces if path.parent == layout.SUITES or not _SOURCE_CODE.is_dir()]


def _merged(path: Path, ours: str | None, git: Merge) -> Merged:
    new = history.template(str(path))
    return Merged(new, edited=False) if ours is None else merge(ours, history.known(str(path)), new, git, str(path))


def _versions(ours: str) -> str:
    """The installed version's, and behind them what the team counts in that file for stages of its own."""
    text = history.template(str(layout.VERSIONS))
    tools = {*yamltext.mapping(text, layout.VERSIONS), *history.stages()}
    for name, value in yamltext.mapping(ours, layout.VERSIONS).items():
        if name not in tools:
            text = yaml_edit.put(text, (name,), value)
    return text


def _reruns(
    after: Mapping[Path, str],
    was: Mapping[str, Any],
    as_before: Mapping[str, Any],
    changed: Iterable[Path],
    read: Read,
) -> tuple[list[Rerun], dict[Path, str]]:
    """What would run again, and dvc.lock where it has to say that something means what it did."""
    text = read(layout.LOCK)
    if text is None:
        return [], {}
    documents = {
        path: yamltext.mapping(after[path], path) for path in (layout.PARAMS, layout.VERSIONS, layout.PIPELINE)
    }
    stages = resolved_stages.resolve(documents[layout.PIPELINE], documents[layout.PARAMS])
    tools = pipeline_blocks.split(history.template(str(layout.PIPELINE))).stages
    stages = {name: stage for name, stage in stages.items() if stage.stage in tools}
    kept = reruns.kept_valid(lock.parse(text), stages, was, as_before)
    locked = {layout.LOCK: lock.with_params(text, kept)} if kept else {}
    known = lock.parse(locked.get(layout.LOCK, text))
    values = {str(path): document for path, document in documents.items()}
    return reruns.plan(known, stages, values, changed), locked
