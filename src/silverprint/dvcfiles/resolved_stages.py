"""Stages of dvc.yaml as DVC resolves them: one for each item of a `foreach`, with names in place of `${...}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from silverprint import layout

_NAMED: Final = re.compile(r"\$\{\s*([\w.-]+)\s*\}")


@dataclass(frozen=True)
class Resolved:
    """
    Attributes:
        stage: its name in dvc.yaml; that of a foreach stage is `stage@item` in dvc.lock.
        params: file -> the knobs that it reads, as "clean" or "sources.web".
    """

    stage: str
    cmd: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    params: Mapping[str, tuple[str, ...]]


def resolve(pipeline: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Resolved]:
    """The stages by their names in dvc.lock. What DVC alone can resolve, as `vars`, stays as it is written.

    Args:
        pipeline: the document of dvc.yaml.
        params: that of params.yaml.
    """
    found = {}
    for stage, body in pipeline.get("stages", {}).items():
        if not isinstance(body, dict):
            continue
        for name, known in _items(stage, body, params):
            found[name] = _resolved(stage, body.get("do", body), known)
    return found


def _items(stage: str, body: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    over = body.get("foreach")
    if over is None:
        yield stage, dict(params)
        return
    if isinstance(over, str) and (named := _NAMED.fullmatch(over)):
        over = value_at(params, named[1])
    pairs = over.items() if isinstance(over, dict) else [(item, item) for item in over or []]
    for key, item in pairs:
        yield f"{stage}@{key}", {**params, "key": key, "item": item}


def _resolved(stage: str, body: Mapping[str, Any], known: Mapping[str, Any]) -> Resolved:
    def said(text: object) -> str:
        return _NAMED.sub(lambda found: str(value_at(known, found[1], found[0])), str(text))

    params: dict[str, tuple[str, ...]] = {}
    for entry in body.get("params") or []:
        of = entry if isinstance(entry, dict) else {str(layout.PARAMS): [entry]}
        for file, knobs in of.items():
            params[said(file)] = (*params.get(said(file), ()), *map(said, knobs or []))
    outs = [entry for kind in ("outs", "metrics", "plots") for entry in body.get(kind) or []]
    return Resolved(
        stage,
        " && ".join(map(said, cmd)) if isinstance(cmd := body.get("cmd", ""), list) else said(cmd),
        tuple(said(dep) for dep in body.get("deps") or []),
        tuple(said(next(iter(out)) if isinstance(out, dict) else out) for out in outs),
        params,
    )


def value_at(document: Any, knob: str, missing: Any = None) -> Any:
    """The value of `knob`, as "rounds.r01.prev"."""
    for name in knob.split("."):
        if not isinstance(document, dict) or name not in document:
            return missing
        document = document[name]
    return document
