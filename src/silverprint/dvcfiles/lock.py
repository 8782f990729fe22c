"""dvc.lock: the inputs and outputs of each stage's last run, with DVC's hashes."""

from dataclasses import dataclass, field
from typing import Any, Final

from silverprint import layout, yamltext
from silverprint.dvcfiles import yaml_edit
from silverprint.errors import ConfigError
from silverprint.store import files

_OF_ROUND: Final = ("score", "queue", "preview", "annotate", "labels", "gate", "train")


@dataclass(frozen=True)
class Stage:
    deps: dict[str, str]  # path -> MD5; empty where none is recorded
    outs: dict[str, str]
    params: dict[str, dict[str, Any]] = field(default_factory=dict)  # file -> knob -> value


def stages() -> dict[str, Stage]:
    """The stages of dvc.lock by their names; none before the first `dvc repro`.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    if not layout.LOCK.exists():
        return {}
    found = yamltext.mapping(yamltext.read(layout.LOCK), layout.LOCK).get("stages")
    bodies = _require(dict, "stages", found)
    return {str(name): _stage(f"stages.{name}", body) for name, body in bodies.items()}


def forget_round(name: str) -> None:
    """Takes the stages of a round out of dvc.lock, as if they had never run."""
    if not layout.LOCK.exists():
        return
    text = yamltext.read(layout.LOCK)
    for stage in stages():
        if stage in {f"{of_round}@{name}" for of_round in _OF_ROUND}:
            text = yaml_edit.drop(text, ("stages", stage))
    files.write_text(layout.LOCK, text)


def _stage(where: str, found: object) -> Stage:
    body = _require(dict, where, found)
    params = _require(dict, f"{where}.params", body.get("params", {}))
    known = {str(file): dict(_require(dict, f"{where}.params.{file}", knobs)) for file, knobs in params.items()}
    deps, outs = (_hashes(f"{where}.{key}", body.get(key, [])) for key in ("deps", "outs"))
    return Stage(deps, outs, known)


def _hashes(where: str, found: object) -> dict[str, str]:
    entries = [_require(dict, where, entry) for entry in _require(list, where, found)]
    return {_require(str, f"{where} path", entry.get("path")): str(entry.get("md5", "")) for entry in entries}


def _require(kind: type, where: str, found: object) -> Any:
    if not isinstance(found, kind):
        value = f"{layout.LOCK} {where} = {found!r}"
        raise ConfigError(value, "not as DVC writes it", f"run: git checkout {layout.LOCK}")
    return found
