"""dvc.lock: the inputs and outputs of each stage's last run, with DVC's hashes."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

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
    cmd: str = ""


def stages() -> dict[str, Stage]:
    """The stages of dvc.lock by their names; none before the first `dvc repro`.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    if not layout.LOCK.exists():
        return {}
    return parse(yamltext.read(layout.LOCK))


def parse(text: str) -> dict[str, Stage]:
    """The stages of a dvc.lock that is not written yet.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    found = yamltext.mapping(text, layout.LOCK).get("stages")
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


def run_again(outputs: Collection[str]) -> None:
    """Takes outputs that are gone for good out of dvc.lock, with what their stages read; their other outputs stay.

    The next `silverprint repro` then runs these stages. Of an output whose hash is known it would think that
    `dvc pull` brings it, and `dvc push` would miss it.
    """
    if not layout.LOCK.exists():
        return
    text = yamltext.read(layout.LOCK)
    for name, stage in stages().items():
        gone = [place for place, path in enumerate(stage.outs) if path in outputs]
        for place in reversed(gone):
            text = yaml_edit.drop(text, ("stages", name, "outs", place))
        if gone and stage.deps:
            text = yaml_edit.drop(text, ("stages", name, "deps"))
    files.write_text(layout.LOCK, text)


def with_params(text: str, changes: Mapping[tuple[str, str], Any]) -> str:
    """dvc.lock's text with other values of params.yaml's knobs, as if its stages had run with them.

    Args:
        changes: (stage, knob) -> value.
    """
    yaml, out = YAML(), StringIO()  # as DVC reads and writes it
    yaml.default_flow_style = False
    document = yaml.load(text)
    for (stage, knob), value in changes.items():
        params = document["stages"][stage].setdefault("params", {})
        params.setdefault(str(layout.PARAMS), {})[knob] = deepcopy(value)  # else YAML writes an alias
    yaml.dump(document, out)
    return out.getvalue()


def _stage(where: str, found: object) -> Stage:
    body = _require(dict, where, found)
    params = _require(dict, f"{where}.params", body.get("params", {}))
    known = {str(file): dict(_require(dict, f"{where}.params.{file}", knobs)) for file, knobs in params.items()}
    deps, outs = (_hashes(f"{where}.{key}", body.get(key, [])) for key in ("deps", "outs"))
    cmd = body.get("cmd", "")
    return Stage(deps, outs, known, " && ".join(map(str, cmd)) if isinstance(cmd, list) else str(cmd))


def _hashes(where: str, found: object) -> dict[str, str]:
    entries = [_require(dict, where, entry) for entry in _require(list, where, found)]
    return {_require(str, f"{where} path", entry.get("path")): str(entry.get("md5", "")) for entry in entries}


def _require(kind: type, where: str, found: object) -> Any:
    if not isinstance(found, kind):
        value = f"{layout.LOCK} {where} = {found!r}"
        raise ConfigError(value, "not as DVC writes it", f"run: git checkout {layout.LOCK}")
    return found
