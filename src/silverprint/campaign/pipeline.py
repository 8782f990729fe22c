"""params.yaml and dvc.yaml agree, and rounds that people have seen stay as they are: checked before every stage."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from silverprint import layout
from silverprint.campaign import state
from silverprint.config import Params
from silverprint.errors import ConfigError

_FOLDERS = ("data/raw/", "data/measured/")


def lint(params: Params) -> None:
    """Refuses a pipeline that would lose pictures or rewrite rounds.

    Raises:
        ConfigError: the first disagreement, with the command that mends it.
    """
    _sources_in_pipeline(params)
    _opened_rounds_stay(params)
    for name in params.chain:
        if not layout.asks(name).exists():
            value = f"rounds.{name} without {layout.asks(name)}"
            raise ConfigError(value, "a round needs its file of asks", f"run: silverprint round open {name}")


def load() -> Any:
    try:
        return YAML(typ="safe").load(layout.PIPELINE.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(layout.PIPELINE), f"not readable ({error})", "run: git checkout dvc.yaml") from None


def source_dependencies(body: dict[str, Any], folder: str) -> set[str]:
    """The sources whose `folder` a stage, or each item of a foreach stage, names as dependencies."""
    deps = [str(dep) for dep in body.get("do", body).get("deps", [])]
    return {dep.removeprefix(folder) for dep in deps if dep.startswith(folder) and "${" not in dep}


def _sources_in_pipeline(params: Params) -> None:
    for stage, body in load().get("stages", {}).items():
        for folder in _FOLDERS:
            named = source_dependencies(body, folder)
            if not named:
                continue
            for missing in sorted(params.sources.keys() - named):
                value = f"dvc.yaml stage {stage!r} lacks {folder}{missing}"
                raise ConfigError(value, "its pictures would be lost", f"run: silverprint source add {missing}")
            for extra in sorted(named - params.sources.keys()):
                value = f"dvc.yaml stage {stage!r} names {folder}{extra}"
                raise ConfigError(value, "params.yaml has no such source", f"run: silverprint source remove {extra}")


def _opened_rounds_stay(params: Params) -> None:
    for path in sorted(layout.ROUNDS.glob("*/state.json")):
        name = path.parent.name
        seen = state.load(name)
        if seen is None:
            continue
        entry = params.rounds.get(name)
        if entry is None:
            rule = "people have been asked in this round, so it may not be renamed or removed"
            raise ConfigError(f"rounds.{name} is missing", rule, f"put it back with prev: {seen.prev}")
        if entry.prev != seen.prev:
            value = f"rounds.{name}.prev = {entry.prev!r}"
            raise ConfigError(value, f"the round was opened after {seen.prev!r}", f"set prev: {seen.prev}")
